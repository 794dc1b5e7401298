"""Notices: the actions of ON_DEAD_LETTER, about a new dead letter or a sweep that falls behind. docs/operation.md.

They are sent at the end of an invocation, once all is durable. A failure is logged, and changes nothing else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.cloud.deadline import Deadline
from ci_callback.errors import ActionError, ActionUnavailable, CallbackError, defect

from .message import as_json, event_id, standard_form
from .run import ActionRunner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.config.settings import Settings
    from ci_callback.config.then import Action
    from ci_callback.results.dead_letter import DeadLetter, Kept

DEAD_LETTER = "ci-callback.dead-letter"
SWEEP_BEHIND = "ci-callback.sweep-behind"

# All notices of an invocation together, since its caller waits for them.
_LONGEST_S = 5.0
_MOST_JOBS = 20
_MOST_TEXT = 200


class Notice(NamedTuple):
    """An event of the function itself; `fields` are its data, far smaller than any action allows."""

    id: str
    type: str
    time: datetime
    subject: str
    region: str
    fields: dict[str, Any]

    def data(self, most: int) -> str:  # noqa: ARG002 - it is always shorter
        """Return the event's data as JSON."""
        return as_json(self.fields)

    def text(self, most: int) -> str:  # noqa: ARG002 - it is always shorter
        """Return the event as JSON in the form of the Standard Webhooks."""
        return standard_form(self, self.fields)


def of_dead_letter(kept: Kept, region: str, dead_letter: DeadLetter) -> Notice:
    """Return the notice about a dead letter that was stored."""
    jobs = [
        {"JobId": job.job_id, "Tag": job.tag, "State": job.state, "reason": job.reason}
        for job in dead_letter.jobs[:_MOST_JOBS]
    ]
    fields = {
        "reason": dead_letter.reason,
        "passing": dead_letter.passing,
        "bucket": kept.bucket,
        "region": region,
        "key": kept.key,
        "received": dead_letter.received.isoformat(timespec="microseconds"),
        "attempt": kept.attempt,
        "jobs": [{name: text[:_MOST_TEXT] for name, text in job.items()} for job in jobs],
        "more_jobs": max(0, len(dead_letter.jobs) - _MOST_JOBS),
    }
    own = event_id(DEAD_LETTER, kept.bucket, kept.key, str(kept.attempt))
    return Notice(own, DEAD_LETTER, dead_letter.received, f"{kept.bucket}/{kept.key}", region, fields)


def of_sweep(settings: Settings, now: datetime, report: dict[str, Any]) -> Notice:
    """Return the notice about a sweep that is behind, with the counts of its report."""
    bucket = settings.first_bucket
    counts = {name: report[name] for name in ("behind_s", "found", "recovered", "failed")}
    own = event_id(SWEEP_BEHIND, bucket, settings.DEAD_LETTER, now.isoformat())
    return Notice(own, SWEEP_BEHIND, now, f"{bucket}/{settings.DEAD_LETTER}", settings.BUCKETS[bucket], counts)


def send(settings: Settings, store: Store, notices: Sequence[Notice]) -> Iterator[dict[str, str]]:
    """Send notices in the time that is left, and yield the log fields of each; never raise.

    A receiver that did not answer gets none of the others.
    """
    deadline = Deadline(min(store.deadline.at, time.monotonic() + _LONGEST_S))
    runner = ActionRunner(settings, store.within(deadline), settings.ON_DEAD_LETTER)
    silent: set[Action] = set()
    for notice in notices:
        done, failures = [], []
        for action in settings.ON_DEAD_LETTER:
            failure = _failure(runner, action, notice, silent)
            if failure is None:
                done.append(action.name)
            else:
                failures.append(failure)
        bucket, _, key = notice.subject.partition("/")
        fields = {"level": "INFO", "notice": notice.type, "bucket": bucket, "key": key, "then": ",".join(done)}
        if failures:
            detail = " ".join(detail for _, detail in failures)
            fields |= {"level": "WARNING", "reason": failures[0][0], "detail": detail}
        yield fields


def _failure(runner: ActionRunner, action: Action, notice: Notice, silent: set[Action]) -> tuple[str, str] | None:
    """Do an action for a notice; return the reason and detail of its failure, None if it was done."""
    if action in silent:
        return ActionUnavailable.reason, f"{action.name} did not take an earlier notice."
    try:
        runner.attempt(action, notice)
    except ActionError as error:
        if not error.permanent:
            silent.add(action)
        return error.reason, str(error)
    except Exception as error:  # noqa: BLE001 - no notice may change the reply
        return CallbackError.reason, defect(error)
    return None
