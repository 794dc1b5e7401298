"""Run the actions of a route after a durable result: those that the object's metadata does not list as done.

At least once: an action is noted after it was done, so an instance that dies between the two does it again, under the
same id. Each is tried on its own; one that fails leaves the job unsettled, and only that one is missing then.
docs/guarantees.md, 7.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ci_callback.errors import ActionError, ActionUnavailable, Foreign, StoreError, Unavailable
from ci_callback.results.record import read
from ci_callback.results.write import note_done

from .message import MOST_RESULT, Message, is_result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ci_callback.cloud.cos import Store
    from ci_callback.cloud.deadline import Patience
    from ci_callback.config.settings import Settings
    from ci_callback.config.then import Action
    from ci_callback.decode.job import Job
    from ci_callback.delivery import Outcome
    from ci_callback.results.record import Record

    from .message import Event

# Bytes: more than the result of a body that SCF lets through.
_LARGEST = 12_000_000

_objects = threading.Semaphore(2)  # of that size in memory, in all threads

_ATTEMPTS = 3
_PAUSE_S = 0.1  # and twice that before the third
# With less, no attempt is begun: noting what was done, or a dead letter, must still be possible then.
_SHORTEST_WAIT_S = 0.15


class ActionRunner:
    """Runs the actions of a route, with the settings and buckets of one invocation."""

    def __init__(self, settings: Settings, store: Store, then: Sequence[Action]) -> None:
        self._settings = settings
        self._store = store
        self._then = then

    def run(self, job: Job, stored: Record, outcome: Outcome) -> Outcome:
        """Run the actions that the stored record of a job lacks; `retry` while one of them is missing."""
        missing = [action for action in self._then if action.id not in stored.done]
        if not missing:
            return outcome
        done: list[Action] = []
        failures: list[ActionError] = []
        try:
            with self._room(stored.digest != job.digest):
                message = self._message(job, stored, outcome)
                for action in missing:
                    try:
                        self.attempt(action, message)
                        done.append(action)
                    except ActionError as error:  # noqa: PERF203 - each has its own chance
                        failures.append(error)
            if done:
                note_done(self._store, outcome.bucket, outcome.key, stored, [action.id for action in done])
        except StoreError as error:
            return _failed(_with_done(outcome, done), error, str(error))
        outcome = _with_done(outcome, done)
        if not failures:
            return outcome
        # a reason that may pass by itself decides: the job is worth another try
        failures.sort(key=lambda failure: failure.permanent)
        return _failed(outcome, failures[0], " ".join(map(str, failures)))

    @contextmanager
    def _room(self, needs_object: bool) -> Iterator[None]:  # noqa: FBT001 - the block needs it or not
        """Wait for room for a stored object, which few jobs of a batch may hold at once; raise Unavailable."""
        if not needs_object:
            yield
            return
        if not _objects.acquire(timeout=max(self._store.deadline.patience(1).wait_s, 0)):
            raise Unavailable("Other jobs of the batch took the time for their actions.")
        try:
            yield
        finally:
            _objects.release()

    def _message(self, job: Job, stored: Record, outcome: Outcome) -> Message:
        """Return the message about the stored object, which may differ from the incoming one byte for byte."""
        document = job.document
        if stored.digest != job.digest:
            found = self._store.get(outcome.bucket, outcome.key, _LARGEST)
            current = read(found[0]) if found else None
            if found is None or current is None or current.digest != stored.digest:
                raise Unavailable("The object changed while its actions were looked at.")
            document = found[1]
            is_odd = len(document) <= MOST_RESULT and not is_result(document)
            if is_odd or hashlib.sha256(document).hexdigest() != stored.digest:
                raise Foreign(f"The object {outcome.key[:200]!a} is not the one that its record describes.")
        names = {"JobId": job.job_id, "Tag": job.tag, "State": job.state}
        region = self._settings.BUCKETS[outcome.bucket]
        return Message(outcome.bucket, region, outcome.key, stored, names, document)

    def attempt(self, action: Action, message: Event) -> None:
        """Do an action, again while its receiver is unavailable; raise ActionUnavailable or ActionRefused."""
        problem = ""
        for attempt in range(_ATTEMPTS):
            time.sleep(_PAUSE_S * attempt)
            patience = self._store.deadline.patience(_ATTEMPTS)
            if patience.wait_s < _SHORTEST_WAIT_S:
                problem = f"The function's time is nearly over; {action.name} was not begun again."
                break
            try:
                self._send(action, message, patience)
            except ActionUnavailable as error:
                problem = str(error)
            else:
                return
        raise ActionUnavailable(problem)

    def _send(self, action: Action, message: Event, patience: Patience) -> None:
        """Send an action, however slowly the answer arrives; raise ActionUnavailable or ActionRefused."""
        transport = self._store.transport
        if action.kind == "post":
            from . import webhook  # noqa: PLC0415 - only where a route posts

            webhook.send(transport, action.target, message, self._settings.WEBHOOK_SECRET, patience)
            return
        from ci_callback.cloud import tencent_api  # noqa: PLC0415 - only where a route has such an action

        from . import services  # noqa: PLC0415 - only where a route has such an action

        caller = tencent_api.Caller(transport, self._store.credentials, self._settings.region)
        services.send(action, message, caller, patience)


def _with_done(outcome: Outcome, done: Sequence[Action]) -> Outcome:
    return outcome._replace(then=",".join(action.name for action in done))


def _failed(outcome: Outcome, error: ActionError | StoreError, detail: str) -> Outcome:
    return outcome._replace(outcome="retry", reason=error.reason, detail=detail, permanent=error.permanent)
