"""The values that packages exchange: delivery, command, outcome, settlement.

Values are NamedTuples in all of this package: importing dataclasses would cost every cold start several milliseconds,
and each class ten times as much. Only the commands use dataclasses; classes with behaviour are plain ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Source = Literal["function-url", "apigw", "invoke", "queue"]

_UNSETTLED = frozenset(("dead-lettered", "refused", "unverified", "retry"))
_PRESENT = frozenset(("duplicate", "stale"))

OutcomeName = Literal["written", "duplicate", "stale", "ignored", "dead-lettered", "refused", "unverified", "retry"]


Spans = tuple[tuple[int, int], ...]  # of positions, ends exclusive


class Rest(NamedTuple):
    """The jobs of a callback that are not settled: of `jobs` in all, those in `spans`, and in `failed` for good."""

    jobs: int
    spans: Spans
    failed: Spans = ()

    @classmethod
    def of(cls, jobs: int, positions: Iterable[int], failed: Iterable[int]) -> Rest:
        """Return the rest at these positions."""
        return cls(jobs, _spans(positions), _spans(failed))

    def positions(self, jobs: int) -> tuple[list[int], list[int]]:
        """Return the positions to take first, and those that failed; all where the release that counted read others."""
        if jobs != self.jobs:
            return list(range(jobs)), []
        spread = ([at for first, end in spans for at in range(first, end)] for spans in (self.spans, self.failed))
        return next(spread), next(spread)


def _spans(positions: Iterable[int]) -> Spans:
    spans: list[tuple[int, int]] = []
    for at in sorted(positions):
        if spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + 1)
        else:
            spans.append((at, at + 1))
    return tuple(spans)


class Arrival(NamedTuple):
    """A body as its trigger passed it: nothing of it is read before the caller is known.

    `content` holds `body`, and `isBase64Encoded`. `method` is None and `tokens` is empty for a direct Invoke, which CAM
    has authorised already, and for a queue's record, which only the function's own trigger can send.
    """

    source: Source
    content: dict[str, Any]
    method: str | None = None
    tokens: tuple[str, ...] = ()
    defect: tuple[str, str] | None = None
    order: int = 0

    def __repr__(self) -> str:
        """Leave out body and tokens."""
        return f"Arrival({self.source})"


class Delivery(NamedTuple):
    """One body from any trigger, whose caller is known.

    `body` has the exact bytes. `is_text` is True if the trigger passed them as text: then they are UTF-8, regardless of
    an XML declaration. `defect` is a reason, and its detail, why the body cannot be what was sent.
    `rest` names the jobs to settle where others of the body are settled already. `order` is the place of a record in
    its event: of two that arrived at once, the later is newer.
    """

    source: Source
    body: bytes
    is_text: bool = True
    defect: tuple[str, str] | None = None
    rest: Rest | None = None
    order: int = 0

    def __repr__(self) -> str:
        """Leave out the body."""
        return f"Delivery({self.source}, {len(self.body)} bytes)"


# The commands, each invoked with `{"<name>": {…options}}`.
COMMANDS = ("replay", "sweep", "smoke", "doctor")


class Command(NamedTuple):
    """A command from a caller who may invoke the function; `options` is unchecked."""

    name: str
    options: Any


class Outcome(NamedTuple):
    """The outcome of one job. `reason` is set where the outcome needs one; `route` is the row of ROUTES, from 1.

    `retry` means that nothing durable holds the job yet: a dead letter turns it into `dead-lettered`; `permanent`, that
    a retry alone does not help. `refused` is a job that CI does not know, `unverified` one that CI could not be asked
    about. `then` names the actions that were done. `late_s` is how many seconds before the invocation the job had
    ended, None where CI does not name it. `repaired` is set for a job with characters that U+FFFD replaces.
    """

    job_id: str
    tag: str
    state: str
    outcome: OutcomeName
    route: int = 0
    bucket: str = ""
    key: str = ""
    reason: str = ""
    detail: str = ""
    then: str = ""
    late_s: int | None = None
    permanent: bool = False
    repaired: bool | None = None

    @property
    def is_present(self) -> bool:
        """Whether its result, or a newer one, was stored before."""
        return self.outcome in _PRESENT


class Settlement(NamedTuple):
    """The settlement of a delivery: an HTTP status, and each job's outcome.

    `outcome`, `reason`, `detail` and `key` are those of the delivery as a whole if it has no jobs.
    """

    status: int
    jobs: tuple[Outcome, ...] = ()
    outcome: OutcomeName | None = None
    reason: str = ""
    detail: str = ""
    key: str = ""

    @property
    def outcomes(self) -> set[OutcomeName | None]:
        """The outcomes of the jobs and of the delivery itself."""
        return {self.outcome, *(job.outcome for job in self.jobs)}

    @property
    def is_settled(self) -> bool:
        """Whether no dead letter needs to hold any of the delivery any more."""
        return not self.outcomes & _UNSETTLED

    @property
    def is_durable(self) -> bool:
        """Whether results or dead letters hold all of the delivery."""
        return not self.outcomes & _UNSETTLED - {"dead-lettered"}

    @property
    def is_refused(self) -> bool:
        """Whether all that is not settled is unknown to CI."""
        return self.outcomes & _UNSETTLED == {"refused"}

    @property
    def is_repeated(self) -> bool:
        """Whether a job of the delivery was settled before."""
        return any(job.is_present for job in self.jobs)
