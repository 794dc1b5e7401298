"""Steps: the effect of one delivery on a bucket, with a fault at one of its requests.

The function keeps no state between events, so the effect depends only on the bucket, the callback and the fault. Each
step is made once, over real HTTP, and serves every sequence that contains it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.faults.requests import Faults
from tests.support.bucket import EMPTY, fill, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from local.faults.requests import Fault
    from tests.support.bucket import State
    from tests.support.deployment import Deployment


@dataclass(frozen=True)
class Trouble:
    """A fault at a delivery's `at`-th request; if it lasts, at its later requests too."""

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


@dataclass
class Deliveries:
    """A function, COS and the callbacks by name; makes each step once."""

    deployed: Deployment
    callbacks: Mapping[str, str]
    steps: dict[tuple[State, str, Trouble], Step] = field(default_factory=dict, repr=False)

    def deliver(self, before: State, name: str, trouble: Trouble = NO_TROUBLE) -> Step:
        """Return the effect of a callback on the bucket."""
        known = (before, name, trouble)
        if known not in self.steps:
            self.steps[known] = self._deliver(before, name, trouble)
        return self.steps[known]

    def deliver_all(self, state: State, names: Sequence[str]) -> State:
        """Return the bucket after these callbacks, without faults."""
        for name in names:
            state = self.deliver(state, name).after
        return state

    def disturbed(self, sequence: Sequence[str], fault: Fault, *, lasts: bool) -> Iterator[State]:
        """Yield the bucket after the sequence with the fault at its first, its second, … its last request."""
        state = EMPTY
        for position, name in enumerate(sequence):
            step = self.deliver(state, name)
            for at in range(1, step.requests + 1):
                hit = self.deliver(state, name, Trouble(fault, at, lasts)).after
                yield self.deliver_all(hit, sequence[position + 1 :])
            state = step.after

    def _deliver(self, before: State, name: str, trouble: Trouble) -> Step:
        cos = self.deployed.cos
        cos.forget_requests()
        fill(cos, before)
        passed: list[Fault] = ["none"] * (trouble.at - 1)
        faults = cos.faults = Faults([*passed, trouble.fault], then=trouble.fault if trouble.lasts else "none")
        answer = self.deployed.post(self.callbacks[name])
        assert faults.script == []  # the fault was met
        (outcome,) = answer.outcomes
        assert answer.status == (503 if outcome == "retry" else 200)
        return Step(read(cos), outcome, len(faults.seen))


def sequences(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return all orders of all deliveries in which each callback is delivered once or twice."""
    return sorted(
        {
            order
            for doubled in itertools.product((False, True), repeat=len(names))
            for order in itertools.permutations([*names, *itertools.compress(names, doubled)])
        }
    )
