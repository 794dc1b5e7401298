"""What follows a durable result: those actions of its route that are not noted as done in the object's metadata.

At least once: an action is noted after it was done, so whoever dies between the two does it again, under the same id.
Each is tried on its own; what fails makes the job unsettled, and then only that is missing. docs/guarantees.md.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from ci_callback.cloud.deadline import Deadline, within
from ci_callback.errors import ActionError, ActionUnavailable, StoreError, Unavailable
from ci_callback.results import record
from ci_callback.results import write as protocol

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.cloud.cos import Store
    from ci_callback.config.settings import Settings
    from ci_callback.config.then import Action
    from ci_callback.decode.job import Job
    from ci_callback.delivery import Outcome
    from ci_callback.results.record import Record

_TRIES = 3
_PAUSE_S = 0.1  # and twice that before the third
# With less, nothing is begun: noting what was done, or a dead letter, must still be possible then.
_SHORTEST_WAIT_S = 0.15


class FollowUp(NamedTuple):
    """The actions of a route, over the settings and buckets of one invocation."""

    settings: Settings
    store: Store
    then: Sequence[Action]

    def run(self, job: Job, theirs: Record, outcome: Outcome) -> Outcome:
        """Return what became of a job whose object lies there, as `theirs` says; `retry` while an action is missing."""
        missing = [action for action in self.then if action.id not in theirs.done]
        if not missing:
            return outcome
        done: list[Action] = []
        failures: list[ActionError] = []
        try:
            message = self._message(job, theirs, outcome)
            for action in missing:
                try:
                    self._do(action, message)
                    done.append(action)
                except ActionError as error:  # noqa: PERF203 - each has its own chance
                    failures.append(error)
            if done:
                protocol.note(self.store, outcome.bucket, outcome.key, theirs, [action.id for action in done])
        except StoreError as error:
            return _told(outcome, done)._replace(outcome="retry", reason=error.reason, detail=str(error))
        outcome = _told(outcome, done)
        if not failures:
            return outcome
        detail = " ".join(str(failure) for failure in failures)
        return outcome._replace(outcome="retry", reason=failures[0].reason, detail=detail)

    def _message(self, job: Job, theirs: Record, outcome: Outcome) -> Message:
        """Return what is told: what lies there, which is not always what came, byte for byte."""
        document = job.document
        if theirs.digest != job.digest:
            found = self.store.get(outcome.bucket, outcome.key)
            lying = record.read(found[0]) if found else None
            if found is None or lying is None or lying.digest != theirs.digest:
                raise Unavailable("The object changed while its actions were looked at.")
            document = found[1]
        return Message(outcome.bucket, self.settings.BUCKETS[outcome.bucket], outcome.key, theirs, document)

    def _do(self, action: Action, message: Message, at: int = 1) -> None:
        """Do an action, repeatedly while its receiver cannot; raise ActionUnavailable or ActionRefused."""
        share = self.store.deadline.share(_TRIES)
        if share < _SHORTEST_WAIT_S:
            raise ActionUnavailable(f"The function's time is nearly over; {action.name} was not begun again.")
        try:
            # once to connect and once for the answer, however slowly it drips
            within(Deadline(time.monotonic() + 2 * share), lambda: self._send(action, message, share))
        except (ActionUnavailable, Unavailable) as error:
            if at == _TRIES:
                raise ActionUnavailable(_sentence(action, error)) from None
        else:
            return
        time.sleep(_PAUSE_S * at)
        self._do(action, message, at + 1)

    def _send(self, action: Action, message: Message, timeout_s: float) -> None:
        if action.kind == "post":
            from . import webhook  # noqa: PLC0415 - only where a route posts

            webhook.send(
                action.target, message, self.settings.WEBHOOK_SECRET, timeout_s, stand_in=self.settings.COS_ENDPOINT
            )
            return
        from ci_callback.cloud import tencent_api  # noqa: PLC0415 - only where a route has such an action

        from . import services as cloud_api  # noqa: PLC0415 - only where a route has such an action

        caller = tencent_api.Caller(self.store.credentials, self.settings.region, self.settings.COS_ENDPOINT)
        cloud_api.send(action, message, caller, timeout_s)


def _told(outcome: Outcome, done: Sequence[Action]) -> Outcome:
    return outcome._replace(then=",".join(action.name for action in done))


def _sentence(action: Action, error: ActionError | Unavailable) -> str:
    """Return what is said of the last try: `within` does not know what took too long."""
    return str(error) if isinstance(error, ActionError) else f"{action.name} did not answer in time."
