"""The growth of a time with a size, so measured that a machine's other work does not change it.

Only the standard library is imported, since an instance of the function measures itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LINEAR = 1.2  # times the growth of the size; above, the time is measured again
_REPEATS = 20  # at most


class Growth(NamedTuple):
    """The least seconds for a small and a large input, and the growth of the time divided by that of the size."""

    seconds: tuple[float, float]
    growth: float


def measure(spend: Callable[[bytes], float], small: bytes, large: bytes) -> Growth:
    """Measure both in turns; `spend` returns the seconds that an input takes.

    The small one is taken so often in a row that a linear time is as long for both. Other work makes a time longer,
    never shorter, and of two equal times the least of many is then as near to the true one.
    """
    times = len(large) / len(small)
    best_small = best_large = growth = float("inf")
    for _ in range(_REPEATS):
        best_small = min(best_small, sum(spend(small) for _ in range(round(times))) / round(times))
        best_large = min(best_large, spend(large))
        growth = best_large / best_small / times
        if growth < LINEAR:
            break
    return Growth((best_small, best_large), growth)
