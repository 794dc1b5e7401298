"""Parts of a batch that are settled at once, so that they wait for COS together.

Parts that share a lane key are in one lane, in their order: no outcome depends on which thread is faster. The calling
thread works too, and returns once all have ended: SCF freezes the process after its answer. The number of threads is
that of the whole instance, also where a record of a batch has several jobs itself.
"""

from __future__ import annotations

import threading
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

_Part = TypeVar("_Part")

MOST_AT_ONCE = 16  # parts, each with a connection

free_threads = threading.Semaphore(MOST_AT_ONCE - 1)  # beside the calling thread; shared by all batches


class Lanes(Generic[_Part]):
    """Lanes of parts, in the order of their first ones."""

    def __init__(self, parts: Iterable[tuple[_Part, Iterable[Hashable]]]) -> None:
        self._left = deque(_lanes(parts))
        self._settled: set[_Part] = set()
        self._failures: list[BaseException] = []

    def settle(self, settle: Callable[[_Part], object], goes_on: Callable[[], bool]) -> set[_Part]:
        """Settle the parts while `goes_on`, and return those settled. Raise what settling one of them has raised."""

        def work() -> None:
            while lane := self._next():
                for part in lane:
                    if self._failures or not goes_on():
                        return
                    settle(part)
                    self._settled.add(part)

        self._share(work)
        if self._failures:
            raise self._failures[0]
        return self._settled

    def _next(self) -> list[_Part]:
        """Take a lane; several threads may call it at once."""
        try:
            return self._left.popleft()
        except IndexError:
            return []

    def _share(self, work: Callable[[], None]) -> None:
        """Do work on the calling thread and on others, as many as there are lanes and allowed; wait for their end."""

        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - the calling thread raises it
                self._failures.append(error)

        def help_out() -> None:
            guarded()
            free_threads.release()

        helpers: list[threading.Thread] = []
        most = len(self._left) - 1
        while len(helpers) < most and free_threads.acquire(blocking=False):
            helper = threading.Thread(target=copy_context().run, args=(help_out,), name="ci-callback-lane")
            try:
                helper.start()
            except RuntimeError:  # the platform allows no more
                free_threads.release()
                break
            helpers.append(helper)
        guarded()
        for helper in helpers:
            helper.join()


def _lanes(parts: Iterable[tuple[_Part, Iterable[Hashable]]]) -> Iterable[list[_Part]]:
    """Return the parts that share a lane key, themselves or through others, as one list in their order."""
    found = list(parts)
    first = [*range(len(found))]  # of a part's lane, or a later one that leads to it
    holders: dict[Hashable, int] = {}

    def first_of(at: int) -> int:
        while first[at] != at:
            first[at] = at = first[first[at]]
        return at

    for at, (_, keys) in enumerate(found):
        for key in keys or (None,):  # those without a key need no request: one lane for all
            one, other = first_of(at), first_of(holders.setdefault(key, at))
            first[max(one, other)] = min(one, other)
    lanes: dict[int, list[_Part]] = {}
    for at, (part, _) in enumerate(found):
        lanes.setdefault(first_of(at), []).append(part)
    return lanes.values()
