"""Every order of results of one key, each delivered once or twice, with a fault at any request: the newest stays.

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

if TYPE_CHECKING:
    from local.cos.server import LocalCos
    from local.faults.requests import Fault
    from tests.support.bucket import State
    from tests.support.races.deliveries import Step, Trouble

KEY = "audio/song.mp3.SoundHound.json"
ONE_KEY = '[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'

# From the oldest to the newest: a job's failure, its success, the success of a later job on the same object.
# The last one is the newest by a second, though its digits read as the oldest.
CALLBACKS = {
    "failed": body(job(State="Failed", EndTime="2025-03-01T09:00:02+0800")),
    "success": body(job(EndTime="2025-03-01T09:00:09+0800")),
    "newer": body(job(EndTime="2025-03-01T01:00:10Z", JobId="later")),
}
NAMES = tuple(CALLBACKS)

SEQUENCES = sequences(NAMES)

FAULTS: tuple[Fault, ...] = ("500", "503", "429", "403", "301", "reset", "lost-answer", "cut-headers", "no-metadata")


def reasons(fault: Fault, *, lasts: bool) -> set[str]:
    """Return the reasons that a dead letter may have after the fault.

    `conflict` only where an object has no metadata at a second look either: the safe side is a foreign object.
    """
    if fault == "no-metadata":
        return {"conflict"} if lasts else set()
    return {"store-unavailable", "store-refused"}


RESULTS = [result_of(CALLBACKS[name]) for name in NAMES]


def rank(state: State) -> int:
    """Return the rank of the stored result, from the oldest; -1 when the key is free."""
    return next((RESULTS.index(kept.stored.body) for kept in state if kept.key == KEY), -1)


class World(Deliveries):
    """Deliveries, each of which must be sound."""

    def _deliver(self, before: State, name: str, trouble: Trouble) -> Step:
        step = super()._deliver(before, name, trouble)
        assert_sound(before, name, step)
        return step


def assert_sound(before: State, name: str, step: Step) -> None:
    """Assert that after a single delivery a 2xx answer is durable, and nothing has been lost."""
    own, was, now = NAMES.index(name), rank(before), rank(step.after)
    kept = dead_letters(step.after, KEY)
    is_durable = {
        "written": now == own,
        "duplicate": now == own,
        "stale": now > own,
        "dead-lettered": CALLBACKS[name] in [content for _, content in kept],
        "retry": True,
    }
    assert is_durable[step.outcome], (name, step)
    assert now in {was, own}
    assert now >= was
    assert set(dead_letters(before, KEY)) <= set(kept)


@pytest.fixture(scope="module")
def world(hurried_cos: LocalCos) -> World:
    """Return a function over a COS, one for all tests."""
    return World(deployment_on(hurried_cos, ROUTES=ONE_KEY), CALLBACKS)


def assert_settled_by_a_resend(world: World, state: State) -> int:
    """Assert that a resend in any order leaves the newest result and no new dead letter; count the orders."""
    orders = list(itertools.permutations(NAMES))
    for order in orders:
        settled = state
        for name in order:
            settled = world.deliver(settled, name).after
        assert rank(settled) == NAMES.index("newer")
        assert dead_letters(settled, KEY) == dead_letters(state, KEY)
    return len(orders)


def test_all_sequences_are_generated() -> None:
    """Once or twice each of three callbacks: 6 orders of 3, 3 x 12 of 4, 3 x 30 of 5, and 90 of 6 deliveries."""
    lengths = [len(sequence) for sequence in SEQUENCES]
    assert [lengths.count(length) for length in (3, 4, 5, 6)] == [6, 36, 90, 90]


def test_without_faults_every_sequence_ends_with_the_newest(world: World) -> None:
    """Without a fault no resend is needed: the newest result, nothing else."""
    for sequence in SEQUENCES:
        state = EMPTY
        for name in sequence:
            state = world.deliver(state, name).after
        assert rank(state) == NAMES.index("newer")
        assert len(state) == 1


@pytest.mark.parametrize("lasts", [False, True], ids=["passing", "lasting"])
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_at_any_request_a_resend_leaves_the_newest(fault: Fault, *, lasts: bool, world: World) -> None:
    """At most one dead letter, with its reason, and after a resend the newest result."""
    cases = 0
    allowed = reasons(fault, lasts=lasts)
    for sequence in SEQUENCES:
        for state in world.disturbed(sequence, fault, lasts=lasts):
            assert len(dead_letters(state, KEY)) <= 1
            assert {reason for reason, _ in dead_letters(state, KEY)} <= allowed
            cases += assert_settled_by_a_resend(world, state)
    # 2,267 requests in the sequences, and 6 orders of a resend: another number is another write protocol
    assert cases == 13_602
