"""The order in which the parts of a batch are settled, and the share of the time that is kept for the rest of them."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from ci_callback.cloud.deadline import Deadline

_Part = TypeVar("_Part")
_Part_contra = TypeVar("_Part_contra", contravariant=True)

# Of the time that is left when a batch begins: kept for one dead letter with the parts that were not reached.
_RESERVE = 1 / 3

_MOST_TOGETHER = 128  # parts: their lane keys are compared, and what they were read into is in memory


class Work(Protocol[_Part_contra]):
    """The work on the parts of a batch."""

    def fits(self, part: _Part_contra, beside: Sequence[_Part_contra]) -> bool:
        """Return whether the bounds of the batch allow a part together with these."""

    def lane_keys(self, part: _Part_contra) -> Iterable[Hashable]:
        """Return the lane keys of a part: of parts that share one, the earlier is settled first."""

    def settle(self, part: _Part_contra) -> bool:
        """Settle a part; return whether it had been settled before. Several threads may call it at once."""


class Batch(Generic[_Part]):
    """Parts in the order in which they are to be settled, while there is time.

    A repeated batch that began with the same part each time would spend its time on what is settled already, so it
    goes on at a random one.
    """

    def __init__(self, parts: Iterable[_Part], deadline: Deadline, *, is_repeated: bool = False) -> None:
        self.left = deque(parts)
        self._deadline = deadline
        self._reserve_s = deadline.left() * _RESERVE
        self._is_repeated = is_repeated
        self._turns = False  # to a random part

    def __iter__(self) -> Iterator[_Part]:
        """Yield one part at least, and others until only the reserve of the time is left."""
        while self.left:
            yield self.left.popleft()
            if not self._has_time:
                return

    def settle(self, work: Work[_Part]) -> Iterator[list[_Part]]:
        """Settle one part at least, and others while there is time and they fit; yield those settled, in their order.

        The first is settled alone: it shows whether the batch is repeated. Others are settled at once.
        """
        together: list[tuple[_Part, Iterable[Hashable]]] = [(self.left.popleft(), ())] if self.left else []
        while together:
            settled = self._settle_together(together, work)
            yield [part for part, _ in together if part in settled]
            self.left.extendleft(part for part, _ in reversed(together) if part not in settled)
            if self._turns:
                self.left, self._turns = deque(from_random(self.left)), False
            together = self._next(work) if self._has_time else []

    def _next(self, work: Work[_Part]) -> list[tuple[_Part, Iterable[Hashable]]]:
        """Take the parts that are settled next, with their lane keys."""
        together: list[tuple[_Part, Iterable[Hashable]]] = []
        while self.left and len(together) < _MOST_TOGETHER and work.fits(self.left[0], [part for part, _ in together]):
            part = self.left.popleft()
            together.append((part, work.lane_keys(part)))
        return together

    def _settle_together(self, together: list[tuple[_Part, Iterable[Hashable]]], work: Work[_Part]) -> set[_Part]:
        """Return those parts that were settled before the time was over or the batch turned out to be repeated."""
        if len(together) == 1:
            ((only, _),) = together
            self._note(was_settled=work.settle(only))
            return {only}
        from .lanes import Lanes  # noqa: PLC0415 - a callback has one job

        lanes = Lanes(together)
        return lanes.settle(lambda part: self._note(was_settled=work.settle(part)), lambda: self._goes_on)

    def _note(self, *, was_settled: bool) -> None:
        """Note that this is not the first try, where a part was settled before: go on at a random part, once."""
        if was_settled and not self._is_repeated:
            self._is_repeated = self._turns = True

    @property
    def _goes_on(self) -> bool:
        return self._has_time and not self._turns

    @property
    def _has_time(self) -> bool:
        return self._deadline.left() > self._reserve_s


def from_random(parts: Iterable[_Part]) -> list[_Part]:
    """Return the parts from a random one on, then those before it."""
    parts = list(parts)
    start = time.monotonic_ns() % (len(parts) or 1)
    return parts[start:] + parts[:start]
