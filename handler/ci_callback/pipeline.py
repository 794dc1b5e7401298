"""One authenticated delivery: decode it, settle each job, keep a dead letter of what could not be settled."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from ci_callback.decode.envelope import Probe, Rejection, decode
from ci_callback.decode.job import FINAL_STATES, Callback
from ci_callback.results.dead_letter import DeadLetter, NewDeadLetters, Unsettled
from ci_callback.results.location import bucket_of

from .batch import Batch, from_random
from .delivery import Outcome, Rest, Settlement
from .errors import CallbackError, StoreError, Unavailable, UnknownJob, defect
from .log import Stopwatch
from .settle import Settler

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import datetime

    from ci_callback.actions.notice import Notice
    from ci_callback.cloud.cos import Store
    from ci_callback.cloud.deadline import Deadline
    from ci_callback.config.settings import Settings
    from ci_callback.decode.envelope import Decoded
    from ci_callback.decode.job import Job, MalformedJob
    from ci_callback.results.dead_letter import Keeper, Kept, StoredDeadLetter
    from ci_callback.results.verify import Verifier

    from .delivery import Delivery

_Part = TypeVar("_Part")

# Settled of one delivery; a dead letter keeps the rest, for a replay.
MOST_JOBS = 2000
MOST_RESULT_BYTES = 8_000_000

_NOT_REACHED = "not-reached"


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
        self._look_first = False
        self.is_replay = False  # of a dead letter, which holds what it does not settle
        self.notices: list[Notice] = []  # about new dead letters, to be sent once all is settled

    def replay(self, stored: StoredDeadLetter) -> Settlement:
        """Settle what a dead letter holds; it keeps the rest. Jobs rank by their first arrival."""
        settlement = self._replay(stored)
        if settlement.is_refused:
            self._replaying(stored, stored).keep_refused(stored.deliveries, settlement)
        return settlement

    def _replay(self, stored: StoredDeadLetter) -> Settlement:
        if len(stored.deliveries) == 1:
            return self._replaying(stored, stored).settle(stored.deliveries[0], Stopwatch(time.monotonic()))
        batch = Batch(from_random(stored.deliveries), self.store.deadline)
        unsettled = Unsettled(NewDeadLetters(self.store, self.settings.DEAD_LETTER))
        pipeline = self._replaying(stored, unsettled)
        outcomes: list[Outcome] = []
        for delivery in batch:
            settlement = pipeline.settle(delivery, Stopwatch(time.monotonic()))
            outcomes += settlement.jobs or [_of_delivery(settlement)]
            if not settlement.is_durable:
                unsettled.add(delivery)
        if batch.left:
            outcomes.append(_not_reached(len(batch.left), "bodies"))
        deliveries = [*unsettled.deliveries, *batch.left]
        if not deliveries and any(outcome.outcome == "dead-lettered" for outcome in outcomes):
            stored.remove()  # others hold what failed
        return self._replaying(stored, stored).keep_unsettled(deliveries, outcomes)

    def _replaying(self, stored: StoredDeadLetter, keeper: Keeper) -> Pipeline:
        pipeline = self._derived(self.store, keeper, stored.received)
        pipeline.is_replay = True
        return pipeline

    def keep_rest(self, deliveries: Sequence[Delivery]) -> Settlement:
        """Store one dead letter for the deliveries of a batch that are not durable yet."""
        if self._verifies:  # CI has confirmed none of them
            return Settlement(status=503, outcome="retry", reason=_NOT_REACHED)
        return self.keep_unsettled(deliveries, [_not_reached(len(deliveries), "records")])

    def within(self, deadline: Deadline) -> Pipeline:
        """Return the pipeline for a part of the invocation, which ends at another deadline."""
        return self._derived(self.store.within(deadline), self._keeper, self.received)

    def _derived(self, store: Store, keeper: Keeper, received: datetime) -> Pipeline:
        """Return a pipeline of the same invocation, with the same notices."""
        pipeline = Pipeline(self.settings, store, keeper, received, self._request_id, self.log_job)
        pipeline.notices = self.notices
        return pipeline

    def settle(self, delivery: Delivery, stopwatch: Stopwatch, decoded: Decoded | None = None) -> Settlement:
        """Settle a delivery, which may be decoded already; never raise. It ends durable, or with status 503."""
        try:
            if decoded is None:
                with stopwatch.phase("decode"):
                    decoded = decode(delivery)
            with stopwatch.phase("store"):
                return self._settle(delivery, decoded)
        except Exception as error:  # noqa: BLE001 - a defect must not lose a callback that CI sends once
            detail = defect(error)
            return self._keep(delivery, status=200, reason=CallbackError.reason, detail=detail)

    def _settle(self, delivery: Delivery, decoded: Decoded) -> Settlement:
        if isinstance(decoded, Callback):
            return self._settle_callback(delivery, decoded)
        if isinstance(decoded, Probe):
            return Settlement(status=200, outcome="ignored", reason="probe")
        if isinstance(decoded, Rejection):
            status, reason = 400, decoded.reason
        else:
            status, reason = 200, "unsupported"
        if self._verifies:
            return Settlement(status=400, outcome="refused", reason=reason, detail=decoded.detail)
        return self._keep(delivery, status=status, reason=reason, detail=decoded.detail)

    def _settle_callback(self, delivery: Delivery, callback: Callback) -> Settlement:
        """Settle the jobs of a callback within its bounds, and keep the rest."""
        jobs, rest = callback.jobs, delivery.rest
        first, failed = rest.positions(len(jobs)) if rest else (range(len(jobs)), [])
        again = [*from_random(first), *from_random(failed)] if rest else self.in_order(first)
        batch = Batch(again, self.store.deadline, is_repeated=rest is not None)
        outcomes = self._settle_jobs(jobs, batch, delivery)
        untried = {*batch.left} & {*failed}
        unreached = {*batch.left} - untried
        others = [*map(_malformed, callback.malformed)]
        if unreached:
            others.append(_not_reached(len(unreached), "jobs"))
        if untried:
            others.append(_not_reached(len(untried), "jobs that failed before")._replace(permanent=True))
        if self._verifies and not self.is_replay:  # CI has not confirmed them: no dead letter holds them
            others = [each._replace(outcome="refused" if each.permanent else "unverified") for each in others]
            unreached.clear()
        if len(jobs) > 1:
            kept = {"retry", "unverified", "refused"} if self.is_replay else {"retry"}
            unsettled = {at for at, outcome in outcomes.items() if outcome.outcome in kept}
            for_good = {at for at in unsettled if outcomes[at].permanent}
            delivery = delivery._replace(rest=Rest.of(len(jobs), unsettled - for_good | unreached, for_good | untried))
        return self.keep_unsettled([delivery], [*(outcomes[at] for at in sorted(outcomes)), *others])

    def _settle_jobs(self, jobs: Sequence[Job], batch: Batch[int], delivery: Delivery) -> dict[int, Outcome]:
        """Settle the jobs of one callback that a batch reaches; return the outcome at each position.

        Of jobs that arrived at once the later is newer, whichever is settled first.
        """
        verifier = self._verifier()

        def settle(at: int) -> Outcome:
            place = delivery.order if delivery.source == "queue" else at
            outcome = self._settle_job(jobs[at], verifier, self.received + timedelta(microseconds=place))
            self._look_first = outcome.is_present
            return outcome

        return _Jobs(jobs, settle, self._lane_keys).settle_in(batch)

    def _settle_job(self, job: Job, verifier: Verifier | None, arrived: datetime) -> Outcome:
        """Settle a job, with a verifier as CI knows it; a defect met by one does not cost its neighbours."""
        outcome = Outcome(job.job_id, job.tag, job.state, "retry", bucket=bucket_of(job))
        try:
            known, ci_bucket = verifier.fetch(job) if verifier else (job, "")
        except UnknownJob as error:
            return outcome._replace(outcome="refused", reason=error.reason, detail=str(error), permanent=True)
        except StoreError as error:
            return outcome._replace(outcome="unverified", reason=error.reason, detail=str(error))
        try:
            settled = self._settler(arrived).settle(known, ci_bucket)
        except Exception as error:  # noqa: BLE001 - a defect must not lose a callback that CI sends once
            detail = defect(error)
            return outcome._replace(bucket="", reason=CallbackError.reason, detail=detail, permanent=True)
        if settled.outcome == "ignored" and job.state in FINAL_STATES and known.state not in FINAL_STATES:
            detail = f"CI still has the job as {known.state[:40]!a}."  # its own callback may be ahead of its answer
            return settled._replace(outcome="unverified", reason=Unavailable.reason, detail=detail)
        return settled

    def lane_keys(self, decoded: Decoded | None) -> set[Hashable]:
        """Return the lane keys of the jobs of a body."""
        return set().union(*map(self._lane_keys, decoded.jobs)) if isinstance(decoded, Callback) else set()

    def _lane_keys(self, job: Job) -> set[Hashable]:
        """Return the lane keys of a job. All that are to be verified share one: CI alone knows the job."""
        if self._verifies:
            return {None}
        try:
            return self._settler(self.received).lane_keys(job)
        except Exception:  # noqa: BLE001 - a defect shows when the job is settled
            return {None}

    def _settler(self, arrived: datetime) -> Settler:
        return Settler(self.settings, self.store, arrived, look_first=self._look_first)

    def in_order(self, parts: Sequence[_Part]) -> Sequence[_Part]:
        """Return the parts of a batch in the order of this try: with VERIFY one that CI refuses leaves no trace."""
        return from_random(parts) if self._verifies else parts

    @property
    def _verifies(self) -> bool:
        """Whether only a job that CI confirms may leave a trace."""
        return self.settings.VERIFY == "job"

    def _verifier(self) -> Verifier | None:
        """Return a verifier for the jobs of one callback, None where the token is enough."""
        if not self._verifies:
            return None
        from ci_callback.results.verify import Verifier  # noqa: PLC0415 - only where it is configured

        return Verifier(self.store)

    def keep_unsettled(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> Settlement:
        """Store one dead letter for all jobs that are not settled, if any."""
        unsettled = [outcome for outcome in outcomes if outcome.outcome == "retry"]
        if not unsettled:
            return Settlement(status=_status_of(outcomes), jobs=tuple(outcomes))
        reasons = ",".join(sorted({outcome.reason for outcome in unsettled}))
        passing = not all(outcome.permanent for outcome in unsettled) or any(
            outcome.outcome == "unverified" for outcome in outcomes
        )
        dead_letter = self._dead_letter(deliveries, reasons, unsettled[0].detail, unsettled, passing=passing)
        try:
            kept = self._store(self._bucket_of(unsettled), dead_letter)
        except StoreError:
            return Settlement(status=503, jobs=tuple(outcomes))
        ended = tuple(map(kept.outcome_of, outcomes))
        return Settlement(status=_status_of(ended), jobs=ended)

    def keep_refused(self, deliveries: Sequence[Delivery], settlement: Settlement) -> None:
        """Store a dead letter that waits for a person, since CI knows none of the jobs that are left."""
        refused = [job for job in settlement.jobs if job.outcome == "refused"]
        reasons = ",".join(sorted({job.reason for job in refused} or {settlement.reason}))
        detail = refused[0].detail if refused else settlement.detail
        with contextlib.suppress(StoreError):  # else it stays as it is
            self._store(self.settings.first_bucket, self._dead_letter(deliveries, reasons, detail, refused))

    def _keep(self, delivery: Delivery, *, status: int, reason: str, detail: str) -> Settlement:
        """Store a dead letter for the delivery as a whole."""
        dead_letter = self._dead_letter([delivery], reason, detail)
        try:
            key = self._store(self.settings.first_bucket, dead_letter).key
        except StoreError as error:
            return Settlement(status=503, outcome="retry", reason=reason, detail=f"{detail} No dead letter: {error}")
        return Settlement(status=status, outcome="dead-lettered", reason=reason, detail=detail, key=key)

    def _store(self, bucket: str, dead_letter: DeadLetter) -> Kept:
        """Store a dead letter, and prepare the notice about a new one. Raises StoreError."""
        kept = self._keeper.keep(bucket, dead_letter)
        if kept.is_new and self.settings.ON_DEAD_LETTER:
            from ci_callback.actions import notice  # noqa: PLC0415 - only where it is configured

            region = self.settings.BUCKETS[kept.bucket]
            self.notices.append(notice.of_dead_letter(kept, region, dead_letter))
        return kept

    def _bucket_of(self, unsettled: Sequence[Outcome]) -> str:
        buckets = {outcome.bucket for outcome in unsettled}
        named = buckets.pop()
        return named if named and not buckets else self.settings.first_bucket

    def _dead_letter(
        self,
        deliveries: Sequence[Delivery],
        reason: str,
        detail: str,
        jobs: Sequence[Outcome] = (),
        *,
        passing: bool = False,
    ) -> DeadLetter:
        return DeadLetter(deliveries, reason, detail, self.received, self._request_id, jobs, passing=passing)


class _Jobs:
    """The jobs of one callback, as the work of a batch of their positions."""

    def __init__(
        self, jobs: Sequence[Job], settle: Callable[[int], Outcome], lane_keys: Callable[[Job], set[Hashable]]
    ) -> None:
        self._jobs = jobs
        self._settle = settle
        self._lane_keys = lane_keys
        self._outcomes: dict[int, Outcome] = {}
        self._size = 0  # of the results before

    def settle_in(self, batch: Batch[int]) -> dict[int, Outcome]:
        """Return the outcomes of the jobs of a batch that were reached."""
        for _ in batch.settle(self):
            pass
        return self._outcomes

    def fits(self, at: int, beside: Sequence[int]) -> bool:  # noqa: ARG002 - the jobs before it are counted
        """Return whether another job is within the bounds of one delivery."""
        if not beside:
            self._size = sum(self._jobs[each].size for each in self._outcomes)
        size = self._size + sum(self._jobs[each].size for each in beside)
        return len(self._outcomes) + len(beside) < MOST_JOBS and size <= MOST_RESULT_BYTES

    def lane_keys(self, at: int) -> set[Hashable]:
        """Return the lane keys of a job."""
        return self._lane_keys(self._jobs[at])  # from now on it has a size, if it has a result

    def settle(self, at: int) -> bool:
        """Settle a job; return whether its result was present."""
        outcome = self._outcomes[at] = self._settle(at)
        return outcome.is_present


def _malformed(malformed: MalformedJob) -> Outcome:
    """Return the outcome of an element that cannot be read, which only a later release may settle."""
    reason, detail, job_id, tag, state = malformed
    return Outcome(job_id, tag, state, outcome="retry", reason=reason, detail=detail, permanent=True)


def _of_delivery(settlement: Settlement) -> Outcome:
    """Return the outcome of a delivery without jobs."""
    outcome = Outcome("", "", "", settlement.outcome or "retry", reason=settlement.reason, detail=settlement.detail)
    return outcome._replace(permanent=True)


def _not_reached(count: int, parts: str) -> Outcome:
    """Return the outcome of the rest of a batch."""
    detail = f"Not reached within the time and the bounds of one delivery: {count:,} {parts}."
    return Outcome("", "", "", "retry", reason=_NOT_REACHED, detail=detail)


def _status_of(outcomes: Sequence[Outcome]) -> int:
    """Return the status of a delivery whose unsettled jobs are in a dead letter."""
    names = {outcome.outcome for outcome in outcomes}
    if "unverified" in names:
        return 503
    return UnknownJob.status if "refused" in names else 200
