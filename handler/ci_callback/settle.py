"""Settle one job: match its route, find its key, write its result, then run the route's actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.config.routes import match
from ci_callback.config.template import PATH_FIELDS, Fields, key_problem
from ci_callback.results.location import Unlocated, locate
from ci_callback.results.write import is_own, write

from .delivery import Outcome
from .errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.config.routes import Route
    from ci_callback.config.settings import Settings
    from ci_callback.config.template import Template
    from ci_callback.decode.job import Job
    from ci_callback.results.location import Location
    from ci_callback.results.record import Record


class Settler:
    """Settles jobs with the settings and buckets of one invocation."""

    def __init__(self, settings: Settings, store: Store, received: datetime, *, look_first: bool = False) -> None:
        """With `look_first`, expect that most results are present already."""
        self._settings = settings
        self._store = store
        self._received = received
        self._look_first = look_first

    def settle(self, job: Job, home: str = "") -> Outcome:
        """Settle a job; never raise. `retry` means that nothing durable holds the job yet.

        `home` is the bucket whose CI knows the job, where CI was asked.
        """
        route = match(self._settings.ROUTES, job)
        outcome = Outcome(
            job.job_id,
            job.tag,
            job.state,
            outcome="ignored",
            route=route.row,
            late_s=job.late_s(self._received),
            repaired=job.repaired or None,
        )
        if not route.write:
            return outcome if job.has_known_state else outcome._replace(reason="unknown-state")
        location = locate(job, self._settings.BUCKETS, home)
        if isinstance(location, Unlocated):
            return _impossible(outcome._replace(bucket=location.bucket), location.reason, location.detail)
        outcome = outcome._replace(bucket=location.bucket)
        if location.other_region:
            outcome = outcome._replace(detail=f"The body names region {location.other_region[:40]!a}; BUCKETS decides.")
        try:
            return self._write(job, location, route, outcome)
        except StoreError as error:
            return outcome._replace(outcome="retry", reason=error.reason, detail=str(error), permanent=error.permanent)

    def _write(self, job: Job, location: Location, route: Route, outcome: Outcome) -> Outcome:
        """Write the result under the first key that can have it, then run the route's actions."""
        if self._is_own_result(location):
            detail = "The job's input is itself a result or a dead letter; check what starts jobs on it."
            return outcome._replace(reason="loop", detail=detail)
        fields = Fields(job, location.bucket, location.key)
        failed = outcome
        for template in route.write:
            key = template.render(fields)
            if problem := self._problem(template, fields, key):
                failed = _impossible(outcome, *problem)
                continue
            written = write(self._store, location.bucket, key, job, look_first=self._look_first)
            if written.outcome == "conflict":
                failed = _impossible(outcome, "conflict", f"A foreign object has the key {key[:200]!a}.")
                continue
            outcome = outcome._replace(outcome=written.outcome, key=key)
            return self._act(job, route, written.record, outcome) if written.record else outcome
        return failed

    def _act(self, job: Job, route: Route, stored: Record, outcome: Outcome) -> Outcome:
        if not route.then:
            return outcome
        from ci_callback.actions.run import ActionRunner  # noqa: PLC0415 - only where a route has actions

        return ActionRunner(self._settings, self._store, route.then).run(job, stored, outcome)

    def _problem(self, template: Template, fields: Fields, key: str) -> tuple[str, str] | None:
        """Return the reason and detail why a template gives a job no key, if any."""
        missing = template.missing_field(fields)
        if missing in PATH_FIELDS:
            return "no-object", "The job names no object to store its result next to."
        if missing:
            return "no-field", f"The job has nothing for the field {{{missing}}} of its key."
        problem = key_problem(key) or ("is the key of the job's own input" if key == fields["object"] else "")
        if not problem and key.startswith(self._settings.DEAD_LETTER):
            problem = "is below DEAD_LETTER"
        return ("bad-key", f"The key of the result {problem}.") if problem else None

    def _is_own_result(self, location: Location) -> bool:
        """Return whether the input is itself an object of this function: the guard against loops.

        Only a key that a route could have produced costs a request; the object's metadata decides.
        """
        if not location.key:
            return False
        could_be = location.key.startswith(self._settings.DEAD_LETTER) or any(
            template.could_produce(location.key) for route in self._settings.ROUTES for template in route.write
        )
        return could_be and is_own(self._store, location.bucket, location.key)


def _impossible(outcome: Outcome, reason: str, detail: str) -> Outcome:
    """Return the outcome of a job that no retry can settle."""
    return outcome._replace(outcome="retry", reason=reason, detail=detail, permanent=True)
