"""Every order of results of one key, each delivered once or twice, with a fault at any request: the newest stays.

Nothing is sampled. The function keeps no state between events, so a delivery depends on the bucket, the callback and
the fault alone. Each such step runs once, over real HTTP, and is reused in every sequence with it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.bucket import (
    EMPTY,
    State,
    fill,
    letters,
    read,
    result_of,
)
from tests.support.deployment import deployment_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cos.server import LocalCos
    from local.faults.requests import Fault
    from tests.support.deployment import Deployment

pytestmark = pytest.mark.long

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

# All orders of all deliveries, where each callback is delivered once or twice.
SEQUENCES = sorted(
    {
        order
        for doubled in itertools.product((False, True), repeat=len(NAMES))
        for order in itertools.permutations([*NAMES, *itertools.compress(NAMES, doubled)])
    }
)

FAULTS: tuple[Fault, ...] = ("500", "503", "429", "403", "301", "reset", "lost-answer", "cut-headers", "no-metadata")


def reasons(fault: Fault, *, lasts: bool) -> set[str]:
    """Return the possible reasons of a dead letter after the fault; an own object must not seem foreign.

    Only an object without metadata at a second HEAD is treated as foreign, to be safe.
    """
    if fault == "no-metadata":
        return {"conflict"} if lasts else set()
    return {"store-unavailable", "store-refused"}


@dataclass(frozen=True)
class Trouble:
    """The fault of a delivery's `at`-th request and, if it lasts, of its later ones."""

    fault: Fault
    at: int = 1
    lasts: bool = False


NO_TROUBLE = Trouble("none")


@dataclass(frozen=True)
class Step:
    """The effect of one delivery."""

    after: State
    outcome: str
    requests: int


RESULTS = [result_of(CALLBACKS[name]) for name in NAMES]


def rank(state: State) -> int:
    """Return the index of the result at the key, in the order of their age; -1 if it is free."""
    return next((RESULTS.index(kept.stored.body) for kept in state if kept.key == KEY), -1)


@dataclass
class World:
    """A function and COS; each step runs once."""

    deployed: Deployment
    steps: dict[tuple[State, str, Trouble], Step] = field(default_factory=dict)

    def deliver(self, before: State, name: str, trouble: Trouble = NO_TROUBLE) -> Step:
        """Return the effect of the callback with such a fault."""
        known = (before, name, trouble)
        if known not in self.steps:
            self.steps[known] = self._deliver(before, name, trouble)
        return self.steps[known]

    def _deliver(self, before: State, name: str, trouble: Trouble) -> Step:
        cos = self.deployed.cos
        fill(cos, before)
        passed: list[Fault] = ["none"] * (trouble.at - 1)
        faults = cos.faults = Faults([*passed, trouble.fault], then=trouble.fault if trouble.lasts else "none")
        answer = self.deployed.post(CALLBACKS[name])
        assert faults.script == []  # it occurred
        (outcome,) = answer.outcomes
        step = Step(read(cos), outcome, len(faults.seen))
        assert answer.status == (503 if outcome == "retry" else 200)
        assert_sound(before, name, step)
        return step


def assert_sound(before: State, name: str, step: Step) -> None:
    """Assert after a single delivery that an answer of 2xx is durable and nothing is lost."""
    own, was, now = NAMES.index(name), rank(before), rank(step.after)
    kept = letters(step.after, KEY)
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
    assert set(letters(before, KEY)) <= set(kept)


@pytest.fixture(scope="module")
def world(hurried_cos: LocalCos) -> World:
    """Return a function over a COS; one for all tests, since starting one takes longer."""
    return World(deployment_on(hurried_cos, ROUTES=ONE_KEY))


def disturbed(world: World, fault: Fault, *, lasts: bool) -> Iterator[State]:
    """Yield the bucket after each sequence with the fault at its first, its second, … its last request."""
    for sequence in SEQUENCES:
        state = EMPTY
        for position, name in enumerate(sequence):
            step = world.deliver(state, name)
            for at in range(1, step.requests + 1):
                hit = world.deliver(state, name, Trouble(fault, at, lasts)).after
                for later in sequence[position + 1 :]:
                    hit = world.deliver(hit, later).after
                yield hit
            state = step.after


def assert_settled_by_a_resend(world: World, state: State) -> int:
    """Assert that a resend of everything, in any order, leaves the newest result; count the orders."""
    orders = list(itertools.permutations(NAMES))
    for order in orders:
        settled = state
        for name in order:
            settled = world.deliver(settled, name).after
        assert rank(settled) == NAMES.index("newer")
        assert letters(settled, KEY) == letters(state, KEY)
    return len(orders)


def test_sequences_are_complete() -> None:
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
    for state in disturbed(world, fault, lasts=lasts):
        assert len(letters(state, KEY)) <= 1
        assert {reason for reason, _ in letters(state, KEY)} <= allowed
        cases += assert_settled_by_a_resend(world, state)
    # the sequences have 2,267 requests, and a resend 6 orders: another number means another write protocol
    assert cases == 13_602
