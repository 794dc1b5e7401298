"""One authenticated delivery: decode it, settle each job, keep a dead letter of what could not be settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.decode.envelope import Probe, Rejection, decode
from ci_callback.decode.job import Callback
from ci_callback.results.dead_letter import DeadLetter
from ci_callback.results.location import bucket_of

from .delivery import Outcome, Settlement
from .errors import StoreError, UnknownJob
from .settle import Settler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.config.settings import Settings
    from ci_callback.decode.envelope import Decoded
    from ci_callback.decode.job import Job, MalformedJob
    from ci_callback.results.dead_letter import Keeper, StoredDeadLetter

    from .delivery import Delivery
    from .log import Stopwatch


class Pipeline:
    """Settles the deliveries of one invocation.

    `keeper` stores dead letters. `log_job` logs the line of one of several jobs and, if any, the command it belongs to.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what one invocation consists of
        self,
        settings: Settings,
        store: Store,
        keeper: Keeper,
        received: datetime,
        request_id: str,
        log_job: Callable[[Outcome, str], None],
    ) -> None:
        self.settings = settings
        self.store = store
        self.received = received
        self.log_job = log_job
        self._keeper = keeper
        self._request_id = request_id

    def replaying(self, dead_letter: StoredDeadLetter) -> Pipeline:
        """Return the pipeline for a replay: jobs rank by their first arrival, and the dead letter keeps its key."""
        received = dead_letter.received
        return Pipeline(self.settings, self.store, dead_letter, received, self._request_id, self.log_job)

    def settle(self, delivery: Delivery, stopwatch: Stopwatch) -> Settlement:
        """Settle a delivery; never raise. It ends durable, or with status 503."""
        try:
            with stopwatch.phase("decode"):
                decoded = decode(delivery)
            with stopwatch.phase("store"):
                return self._settle(delivery, decoded)
        except Exception as error:  # noqa: BLE001 - a defect must not lose a callback that CI sends once
            detail = f"A defect of this release: {type(error).__name__}."
            return self._keep(delivery, status=200, reason="internal-error", detail=detail)

    def _settle(self, delivery: Delivery, decoded: Decoded) -> Settlement:
        if isinstance(decoded, Callback):
            malformed = [_refused(each) for each in decoded.malformed]
            return self._keep_unsettled(delivery, [*map(self._settle_job, decoded.jobs), *malformed])
        if isinstance(decoded, Probe):
            return Settlement(status=200, outcome="ignored", reason="probe")
        if isinstance(decoded, Rejection):
            return self._keep(delivery, status=400, reason=decoded.reason, detail=decoded.detail)
        return self._keep(delivery, status=200, reason="unsupported", detail=decoded.detail)

    def _settle_job(self, job: Job) -> Outcome:
        """Settle a job; with VERIFY=job, the job that CI itself knows under its id."""
        home = ""
        outcome = Outcome(job_id=job.job_id, tag=job.tag, state=job.state, outcome="refused")
        if self.settings.VERIFY == "job" and self._can_be_verified(job):
            from ci_callback.results import verify  # noqa: PLC0415 - only where it is configured

            try:
                job, home = verify.fetch(self.store, job)
            except UnknownJob as error:
                return outcome._replace(reason=error.reason, detail=str(error))
            except StoreError as error:
                # the sweep finds a listed job again; a dead letter of any other is verified when it is replayed
                return outcome._replace(
                    outcome="unverified" if verify.is_swept(job) else "retry",
                    bucket=bucket_of(job),
                    reason=error.reason,
                    detail=str(error),
                    permanent=error.permanent,
                )
        return Settler(self.settings, self.store, self.received).settle(job, home)

    def _can_be_verified(self, job: Job) -> bool:
        """Return whether CI can be asked. A job of an unlisted bucket ends as a dead letter anyway."""
        return bucket_of(job) in {"", *self.settings.BUCKETS}

    def _keep_unsettled(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Settlement:
        """Store one dead letter for all jobs that are not settled, if any."""
        unsettled = [outcome for outcome in outcomes if outcome.outcome == "retry"]
        if not unsettled:
            return Settlement(status=_status_of(outcomes), jobs=tuple(outcomes))
        reasons = ",".join(sorted({outcome.reason for outcome in unsettled}))
        passing = not all(outcome.permanent for outcome in unsettled)
        dead_letter = self._dead_letter(delivery, reasons, unsettled[0].detail, unsettled, passing=passing)
        try:
            bucket, key = self._keeper.keep(self._bucket_of(unsettled), dead_letter)
        except StoreError:
            return Settlement(status=503, jobs=tuple(outcomes))
        kept = tuple(
            outcome._replace(outcome="dead-lettered", bucket=bucket, key=key) if outcome.outcome == "retry" else outcome
            for outcome in outcomes
        )
        return Settlement(status=_status_of(kept), jobs=kept)

    def _keep(self, delivery: Delivery, *, status: int, reason: str, detail: str) -> Settlement:
        """Store a dead letter for the delivery as a whole."""
        dead_letter = self._dead_letter(delivery, reason, detail)
        try:
            _, key = self._keeper.keep(self.settings.first_bucket, dead_letter)
        except StoreError as error:
            return Settlement(status=503, outcome="retry", reason=reason, detail=f"{detail} No dead letter: {error}")
        return Settlement(status=status, outcome="dead-lettered", reason=reason, detail=detail, key=key)

    def _bucket_of(self, unsettled: Sequence[Outcome]) -> str:
        buckets = {outcome.bucket for outcome in unsettled}
        named = buckets.pop()
        return named if named and not buckets else self.settings.first_bucket

    def _dead_letter(
        self, delivery: Delivery, reason: str, detail: str, jobs: Sequence[Outcome] = (), *, passing: bool = False
    ) -> DeadLetter:
        return DeadLetter(delivery, reason, detail, self.received, self._request_id, jobs, passing=passing)


def _refused(malformed: MalformedJob) -> Outcome:
    """Return the outcome of an element that cannot be read, which only a later release may settle."""
    reason, detail, job_id, tag, state = malformed
    return Outcome(job_id, tag, state, outcome="retry", reason=reason, detail=detail, permanent=True)


def _status_of(outcomes: Sequence[Outcome]) -> int:
    """Return the status of a delivery whose unsettled jobs are in a dead letter."""
    names = {outcome.outcome for outcome in outcomes}
    if "unverified" in names:
        return 503
    return UnknownJob.status if "refused" in names else 200
