"""Settle one job: match its route, find its key, write its result, then run the route's actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.config.routes import match
from ci_callback.config.template import PATH_FIELDS, Fields, key_problem
from ci_callback.results.location import Location, Unlocated, locate
from ci_callback.results.record import Record
from ci_callback.results.write import Taken, is_own, look, write

from .delivery import Outcome
from .errors import Refused, StoreError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.config.routes import Route
    from ci_callback.config.settings import Settings
    from ci_callback.config.template import Template
    from ci_callback.decode.job import Job
    from ci_callback.results.write import Written


class Settler:
    """Settles jobs with the settings and buckets of one invocation."""

    def __init__(
        self, settings: Settings, store: Store, received: datetime, *, look_first: bool = False, dry_run: bool = False
    ) -> None:
        """With `look_first`, expect that most results are present already; with `dry_run`, only look."""
        self._settings = settings
        self._store = store
        self._received = received
        self._look_first = look_first
        self._dry_run = dry_run

    def settle(self, job: Job, ci_bucket: str = "") -> Outcome:
        """Settle a job; never raise. `retry` means that nothing durable holds the job yet.

        `ci_bucket` is the bucket whose CI knows the job, where CI was asked.
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
        location = locate(job, self._settings.BUCKETS, ci_bucket)
        if isinstance(location, Unlocated):
            return _impossible(outcome, location.reason, location.detail)
        outcome = outcome._replace(bucket=location.bucket)
        if location.other_region:
            outcome = outcome._replace(detail=f"The body names region {location.other_region[:40]!a}; BUCKETS decides.")
        try:
            return self._write(job, location, route, outcome)
        except StoreError as error:
            return outcome._replace(outcome="retry", reason=error.reason, detail=str(error), permanent=error.permanent)

    def lane_keys(self, job: Job) -> set[Hashable]:
        """Return the lane keys of a job: its input, the keys that its result may have, and its content."""
        templates = match(self._settings.ROUTES, job).write
        location = locate(job, self._settings.BUCKETS) if templates else None
        if not isinstance(location, Location):
            return set()
        results = result_keys(job, location, templates, self._settings.DEAD_LETTER)
        names = {location.source, *(key for key, _ in results)} - {""}
        return {job.digest, *((location.bucket, name) for name in names)}

    def _write(self, job: Job, location: Location, route: Route, outcome: Outcome) -> Outcome:
        """Write the result under the first key that can have it, then run the route's actions."""
        look_first = self._look_first
        try:
            if self._is_own_result(location):
                detail = "The job's input is itself a result or a dead letter; check what starts jobs on it."
                return outcome._replace(reason="loop", detail=detail)
        except Refused:
            look_first = True  # an input that COS does not show is foreign, if COS shows what has the key
        incoming = Record.of(job, location, self._received)
        reason, detail = location.problem
        for key, problem in result_keys(job, location, route.write, self._settings.DEAD_LETTER):
            if problem:
                reason, detail = problem
                continue
            written = self._write_to(location.bucket, key, job, incoming, look_first=look_first)
            if isinstance(written, Taken):
                # else a role that may not look would write each duplicate under the next key
                look_first = look_first or written.reason == "store-refused"
                reason, detail = written.reason, f"{written.holder} has the key {key[:200]!a}."
                continue
            outcome = outcome._replace(outcome=written.outcome, key=key)
            return self._act(job, route, written.record, outcome) if written.record else outcome
        return _impossible(outcome, reason, detail)

    def _write_to(self, bucket: str, key: str, job: Job, incoming: Record, *, look_first: bool) -> Written | Taken:
        if self._dry_run:
            return look(self._store, bucket, key, incoming)
        return write(self._store, bucket, key, job.document, incoming, look_first=look_first)

    def _act(self, job: Job, route: Route, stored: Record, outcome: Outcome) -> Outcome:
        if not route.then:
            return outcome
        if self._dry_run:
            return outcome._replace(then=",".join(each.name for each in route.then if each.id not in stored.done))
        from ci_callback.actions.run import ActionRunner  # noqa: PLC0415 - only where a route has actions

        return ActionRunner(self._settings, self._store, route.then).run(job, stored, outcome)

    def _is_own_result(self, location: Location) -> bool:
        """Return whether the input is itself an object of this function: the guard against loops.

        Only a key that a route could have produced costs a request; the object's metadata decides.
        """
        if not location.key or key_problem(location.key):
            return False
        could_be = location.key.startswith(self._settings.DEAD_LETTER) or any(
            template.could_produce(location.key) for route in self._settings.ROUTES for template in route.write
        )
        return could_be and is_own(self._store, location.bucket, location.key)


def result_keys(
    job: Job, location: Location, templates: Sequence[Template], dead_letters: str
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Yield the key that each template gives a job, and the reason and detail why it cannot be used, if any."""
    fields = Fields(job, location.bucket, location.key)
    for template in templates:
        missing = template.missing_field(fields)
        if missing in PATH_FIELDS:
            yield "", location.problem
        elif missing:
            yield "", ("no-field", f"The job has nothing for the field {{{missing}}} of its key.")
        else:
            key = template.render(fields)
            problem = _key_problem(key, location, dead_letters)
            yield key, ("bad-key", f"The key of the result {problem}.") if problem else None


def _key_problem(key: str, location: Location, dead_letters: str) -> str:
    if problem := key_problem(key):
        return problem
    if key == location.key:
        return "is the key of the job's own input"
    return "is below DEAD_LETTER" if key.startswith(dead_letters) else ""


def _impossible(outcome: Outcome, reason: str, detail: str) -> Outcome:
    """Return the outcome of a job that no retry can settle."""
    return outcome._replace(outcome="retry", reason=reason, detail=detail, permanent=True)
