"""Every order of results that only their arrival ranks, and of results that share a list of keys, with any one fault.

Nothing is sampled; tests/support/races/deliveries.py makes each step once.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.support.bodies import body, job
from tests.support.bucket import EMPTY, dead_letters, result_of
from tests.support.deployment import deployment_on
from tests.support.races.deliveries import Deliveries, sequences
from tests.support.races.moves import KEY, ONE_KEY, TIMELESS, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.cos.server import LocalCos
    from local.faults.requests import Fault
    from tests.support.bucket import State

FAMILIES = {"verdicts": VERDICTS, "timeless": TIMELESS}
CALLBACKS = {name: content for family in FAMILIES.values() for name, content in family.items()}
RESULTS = {result_of(content): name for name, content in CALLBACKS.items()}

FAULTS: tuple[Fault, ...] = ("500", "403", "reset", "lost-answer", "cut-headers")

# Two inputs with one stem: the first has an older and a newer result.
STEMS = {
    "older": body(job(JobId="m1", Input={"Object": "audio/song.mp3"}, EndTime="2025-03-01T01:00:01Z")),
    "newer": body(job(JobId="m2", Input={"Object": "audio/song.mp3"}, EndTime="2025-03-01T01:00:02Z")),
    "other": body(job(JobId="w1", Input={"Object": "audio/song.wav"})),
}
TWO_KEYS = '[{"tag":"*","state":"*","write":["{dir}{stem}.x.json","{object}.x.json"]}]'


def names(family: str) -> list[str]:
    """Return three callbacks of a family."""
    return list(FAMILIES[family])[:3]


def stored(state: State) -> str:
    """Return the name of the result under the key, or ""."""
    return next((RESULTS[kept.stored.body] for kept in state if kept.key == KEY), "")


def last_to_arrive(sequence: Sequence[str]) -> str:
    """Return the callback whose first delivery is the last: later ones are late copies."""
    return max(set(sequence), key=sequence.index)


@pytest.fixture(scope="module")
def deliveries(hurried_cos: LocalCos) -> Deliveries:
    """Return a function that writes all of a family under one key."""
    return Deliveries(deployment_on(hurried_cos, ROUTES=ONE_KEY), CALLBACKS)


@pytest.fixture(scope="module")
def two_keys(hurried_cos: LocalCos) -> Deliveries:
    """Return a function with a list of two templates, the first of which two inputs share."""
    return Deliveries(deployment_on(hurried_cos, ROUTES=TWO_KEYS), STEMS)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_order_ends_with_the_last_to_arrive(family: str, deliveries: Deliveries) -> None:
    """A late copy never returns, and nothing is called a duplicate but the stored result."""
    for sequence in sequences(names(family)):
        state = EMPTY
        for name in sequence:
            step = deliveries.deliver(state, name)
            assert (step.outcome == "duplicate") == (stored(state) == name)
            assert step.outcome in {"written", "duplicate", "stale"}
            state = step.after
        assert stored(state) == last_to_arrive(sequence)
        assert len(state) == 1


@pytest.mark.parametrize("lasts", [False, True], ids=["passing", "lasting"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_after_a_fault_a_resend_converges(family: str, fault: Fault, *, lasts: bool, deliveries: Deliveries) -> None:
    """Sent again in any order, all are stored or were replaced; sent once more, nothing changes."""
    for sequence in sequences(names(family)):
        for state in deliveries.disturbed(sequence, fault, lasts=lasts):
            kept = dead_letters(state, KEY)
            assert {reason for reason, _ in kept} <= {"store-unavailable", "store-refused"}
            for order in itertools.permutations(names(family)):
                settled = deliveries.deliver_all(state, order)
                assert dead_letters(settled, KEY) == kept
                assert all(deliveries.deliver(settled, name).after == settled for name in names(family))


def subjects(state: State) -> tuple[set[str], set[str]]:
    """Return the names of the results under keys of one input each, and the reasons of the dead letters."""
    found = {result_of(content): name for name, content in STEMS.items()}
    results = {found[kept.stored.body] for kept in state if kept.stored.body in found}
    dead = {kept.content.partition(" ")[0] for kept in state if kept.stored.body not in found}
    return results, dead


def test_each_order_of_two_subjects_keeps_both(two_keys: Deliveries) -> None:
    """The newest about each input, under one of the two keys."""
    for sequence in sequences(list(STEMS)):
        state = two_keys.deliver_all(EMPTY, sequence)
        assert subjects(state) == ({"newer", "other"}, set())


@pytest.mark.parametrize("lasts", [False, True], ids=["passing", "lasting"])
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_a_resend_keeps_both_subjects(fault: Fault, *, lasts: bool, two_keys: Deliveries) -> None:
    """In any order of the resend."""
    for sequence in sequences(list(STEMS)):
        for state in two_keys.disturbed(sequence, fault, lasts=lasts):
            assert subjects(state)[1] <= {"store-unavailable", "store-refused"}
            for order in itertools.permutations(STEMS):
                settled = two_keys.deliver_all(state, order)
                assert {"newer", "other"} <= subjects(settled)[0]
