"""The order in which the parts of a batch are settled, and the share of the time that is kept for the rest of them."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ci_callback.cloud.deadline import Deadline

_Part = TypeVar("_Part")

# Of the time that is left when a batch begins: kept for one dead letter with the parts that were not reached.
_RESERVE = 1 / 3


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

    def __iter__(self) -> Iterator[_Part]:
        """Yield one part at least, and others until only the reserve of the time is left."""
        while self.left:
            yield self.left.popleft()
            if self._deadline.left() <= self._reserve_s:
                return

    def note_repetition(self) -> None:
        """Note that this is not the first try: go on at a random part, once."""
        if not self._is_repeated:
            self.left = deque(from_random(self.left))
        self._is_repeated = True


def from_random(parts: Iterable[_Part]) -> list[_Part]:
    """Return the parts from a random one on, then those before it."""
    parts = list(parts)
    start = time.monotonic_ns() % (len(parts) or 1)
    return parts[start:] + parts[:start]
