"""What a route does with a job: `write` its result, and `then` more, or `ignore` it. Each job is settled on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ci_callback.config import template
from ci_callback.config.routes import match
from ci_callback.results import write as protocol
from ci_callback.results.key import Misplaced, place

from .delivery import Outcome
from .errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.config.routes import Route
    from ci_callback.config.settings import Settings
    from ci_callback.config.template import Template
    from ci_callback.decode.job import Job
    from ci_callback.results.key import Place


class Actions(NamedTuple):
    """The actions, over the settings and buckets of one invocation."""

    settings: Settings
    store: Store
    received: datetime
    look_first: bool = False  # expect the result to be there

    def settle(self, job: Job, home: str = "") -> Outcome:
        """Return what became of the job. `retry` means that nothing durable holds it yet; nothing is raised.

        `home` is the bucket whose CI knows the job, where that was asked.
        """
        route = match(self.settings.ROUTES, job)
        late_s = job.late_s(self.received)
        outcome = Outcome(job.job_id, job.tag, job.state, outcome="ignored", route=route.row, late_s=late_s)
        if route.write is None:
            return outcome
        where = place(job, self.settings.BUCKETS, home)
        if isinstance(where, Misplaced):
            return outcome._replace(outcome="retry", bucket=where.bucket, reason=where.reason, detail=where.detail)
        outcome = outcome._replace(bucket=where.bucket)
        if where.other_region:
            outcome = outcome._replace(detail=f"The body says region {where.other_region[:40]!a}; BUCKETS decides.")
        try:
            return self._write(job, where, route, route.write, outcome)
        except StoreError as error:
            return outcome._replace(outcome="retry", reason=error.reason, detail=str(error))

    def _write(self, job: Job, where: Place, route: Route, write: Template, outcome: Outcome) -> Outcome:
        if not where.key and write.needs_object:
            detail = "The job names no object that its result could lie next to."
            return outcome._replace(outcome="retry", reason="no-object", detail=detail)
        if self._is_own_result(where):
            detail = "The job's input is itself one of our objects; check what starts jobs on it."
            return outcome._replace(reason="loop", detail=detail)
        key = write.render(template.Fields(job, where.bucket, where.key))
        problem = template.key_problem(key) or ("is the key of the job's own input" if key == where.key else "")
        if problem:
            return outcome._replace(outcome="retry", reason="bad-key", detail=f"The key of the result {problem}.")
        written = protocol.write(self.store, where.bucket, key, job, look_first=self.look_first)
        if written.outcome == "conflict":
            detail = f"An object that is not ours has the key {key[:200]!a}."
            return outcome._replace(outcome="retry", reason="conflict", detail=detail)
        outcome = outcome._replace(outcome=written.outcome, key=key)
        if not route.then or written.record is None:
            return outcome
        from ci_callback.actions.run import FollowUp  # noqa: PLC0415 - only where a route has actions

        return FollowUp(self.settings, self.store, route.then).run(job, written.record, outcome)

    def _is_own_result(self, where: Place) -> bool:
        """Guard against loops: only a key that could be ours costs a request; our metadata decides."""
        if not where.key:
            return False
        could_be = where.key.startswith(self.settings.DEAD_LETTER) or any(
            route.write.could_produce(where.key) for route in self.settings.ROUTES if route.write
        )
        return could_be and protocol.is_ours(self.store, where.bucket, where.key)
