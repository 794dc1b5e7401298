"""The way of an authenticated delivery: decode, settle each job, keep what could not be settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ci_callback.decode.envelope import Probe, Rejection, decode
from ci_callback.decode.job import Callback
from ci_callback.results import key as placement
from ci_callback.results.dead_letter import Letter

from .delivery import Outcome, Settlement
from .errors import StoreError, UnknownJob
from .settle import Actions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.config.settings import Settings
    from ci_callback.decode.envelope import Decoded
    from ci_callback.decode.job import Job
    from ci_callback.results.dead_letter import Keeper

    from .delivery import Delivery
    from .log import Stopwatch


class Pipeline(NamedTuple):
    """One invocation's settings and buckets, where its dead letters go, when it came and under which request id.

    `tell` writes the log's line about one of several jobs, and which command it was for, if any.
    """

    settings: Settings
    store: Store
    letters: Keeper
    received: datetime
    request_id: str
    tell: Callable[[Outcome, str], None]

    def settle(self, delivery: Delivery, stopwatch: Stopwatch) -> Settlement:
        """Return what became of the delivery. Whatever happens on the way, it ends durable or with status 503."""
        try:
            with stopwatch.phase("decode"):
                decoded = decode(delivery)
            with stopwatch.phase("store"):
                return self._settle(delivery, decoded)
        except Exception as error:  # noqa: BLE001 - the last resort: a defect of ours must not lose what CI sent once
            detail = f"A defect of this release: {type(error).__name__}."
            return self._keep(delivery, status=200, reason="internal-error", detail=detail)

    def _settle(self, delivery: Delivery, decoded: Decoded) -> Settlement:
        if isinstance(decoded, Callback):
            return self._keep_unsettled(delivery, [self._settle_job(job) for job in decoded.jobs])
        if isinstance(decoded, Probe):
            return Settlement(status=200, outcome="ignored", reason="probe")
        if isinstance(decoded, Rejection):
            return self._keep(delivery, status=400, reason=decoded.reason, detail=decoded.detail)
        return self._keep(delivery, status=200, reason="unsupported", detail=decoded.detail)

    def _settle_job(self, job: Job) -> Outcome:
        """Return what became of a job; with VERIFY=job, of the one that CI knows under its id."""
        home = ""
        outcome = Outcome(job_id=job.job_id, tag=job.tag, state=job.state, outcome="refused")
        if self.settings.VERIFY == "job" and self._can_be_verified(job):
            from ci_callback.results import verify  # noqa: PLC0415 - only where it is configured

            try:
                job, home = verify.fetch(self.store, job)
            except UnknownJob as error:
                return outcome._replace(reason=error.reason, detail=str(error))
            except StoreError as error:
                unasked = outcome._replace(bucket=placement.bucket_of(job), reason=error.reason, detail=str(error))
                # what the sweep finds later need not be kept unproven; a letter is verified when it is replayed
                return unasked._replace(outcome="unverified" if verify.is_swept(job) else "retry")
        return Actions(self.settings, self.store, self.received).settle(job, home)

    def _can_be_verified(self, job: Job) -> bool:
        """Whether CI can be asked: not about a bucket that is not listed, whose job ends as a dead letter anyway."""
        return placement.bucket_of(job) in {"", *self.settings.BUCKETS}

    def _keep_unsettled(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Settlement:
        """Return the settlement once one dead letter holds all jobs that are not settled."""
        unsettled = [outcome for outcome in outcomes if outcome.outcome == "retry"]
        if not unsettled:
            return Settlement(status=_status_of(outcomes), jobs=tuple(outcomes))
        reasons = ",".join(sorted({outcome.reason for outcome in unsettled}))
        letter = self._letter(delivery, reasons, unsettled[0].detail, unsettled)
        bucket = self._bucket_of(unsettled)
        try:
            key = self.letters.keep(bucket, letter)
        except StoreError:
            return Settlement(status=503, jobs=tuple(outcomes))
        kept = tuple(
            outcome._replace(outcome="dead-lettered", bucket=bucket, key=key) if outcome.outcome == "retry" else outcome
            for outcome in outcomes
        )
        return Settlement(status=_status_of(kept), jobs=kept)

    def _keep(self, delivery: Delivery, *, status: int, reason: str, detail: str) -> Settlement:
        """Return the settlement once a dead letter holds the delivery as a whole."""
        letter = self._letter(delivery, reason, detail)
        bucket = self.settings.first_bucket
        try:
            key = self.letters.keep(bucket, letter)
        except StoreError as error:
            return Settlement(status=503, outcome="retry", reason=reason, detail=f"{detail} No dead letter: {error}")
        return Settlement(status=status, outcome="dead-lettered", reason=reason, detail=detail, key=key)

    def _bucket_of(self, unsettled: Sequence[Outcome]) -> str:
        buckets = {outcome.bucket for outcome in unsettled}
        named = buckets.pop()
        return named if named and not buckets else self.settings.first_bucket

    def _letter(self, delivery: Delivery, reason: str, detail: str, jobs: Sequence[Outcome] = ()) -> Letter:
        return Letter(delivery, reason, detail, self.received, self.request_id, jobs)


def _status_of(outcomes: Sequence[Outcome]) -> int:
    """Return the status of a delivery whose unsettled jobs a dead letter holds."""
    names = {outcome.outcome for outcome in outcomes}
    if "unverified" in names:
        return 503
    return UnknownJob.status if "refused" in names else 200
