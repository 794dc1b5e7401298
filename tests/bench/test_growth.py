"""The growth of a time: other work on the machine does not change it, and quadratic code is above the bar."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from bench import growth
from bench.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Callable

(BAR,) = (each.at_most for each in THRESHOLDS if each.path == ("constructs", "growth"))
SMALL, LARGE = bytes(500), bytes(2_000)


def timed(work: Callable[[bytes], object]) -> Callable[[bytes], float]:
    """Return a function that takes an input and returns the processor seconds."""

    def spend(content: bytes) -> float:
        began = time.process_time()
        work(content)
        return time.process_time() - began

    return spend


def loaded(power: float, seed: int) -> Callable[[bytes], float]:
    """Return a function that takes time by a power of the size; other work may slow each part of it threefold."""
    chance = random.Random(seed)  # noqa: S311 - the same in every run

    def spend(content: bytes) -> float:
        seconds = (len(content) / len(SMALL)) ** power
        return sum(chance.choice([1.0, 1.2, 1.7, 3.0]) for _ in range(round(4 * seconds))) / 4

    return spend


def test_quadratic_construct_is_above_the_bar() -> None:
    """It reads its input again for each byte."""
    quadratic = timed(lambda content: [content.translate(None, b"x") for _ in content])
    assert growth.measure(quadratic, SMALL, LARGE).growth > BAR


def test_linear_construct_is_below_the_bar() -> None:
    """It looks at each byte once."""
    linear = timed(lambda content: [byte + 1 for byte in content])
    assert growth.measure(linear, SMALL, LARGE).growth < BAR


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("power", "is_above"), [(1, False), (1.5, True), (2, True)])
def test_other_work_does_not_decide(power: float, is_above: bool, seed: int) -> None:  # noqa: FBT001  # a parameter
    """A time that is now and then too long, for the small input or for the large one."""
    assert (growth.measure(loaded(power, seed), SMALL, LARGE).growth > BAR) is is_above
