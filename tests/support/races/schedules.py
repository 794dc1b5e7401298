"""Schedules: every order in which COS can carry out the requests of several instances on one key.

A schedule is a path through the moves of moves.py. Where only the ends count, paths that meet are counted, not walked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from local.faults.requests import Fault
from tests.support.bucket import State
from tests.support.races.moves import Position, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.races.moves import World

# A fault of a request. `given-up` is none of the local cloud's: the instance gets no answer, and COS carries out the
# request at any later time.
Trouble = Fault | Literal["given-up"]

End = tuple[State, tuple[Reply, ...]]
Node = tuple[State, tuple[Position, ...], bool]  # the bucket, the position of each side, True once the trouble is over


@dataclass(frozen=True)
class Step:
    """One request: its side, its method, its fault, and the bucket after it."""

    side: int
    asks: str
    met: Trouble
    left: State


def ends(world: World, begin: str, events: Sequence[str], trouble: Trouble = "none") -> Counter[End]:
    """Count all schedules by their ends; with a trouble, those in which exactly one request has it."""
    found: Counter[End] = Counter()
    level = Counter({_first(world, begin, events, trouble): 1})
    while level:
        following: Counter[Node] = Counter()
        for node, ways in level.items():
            if end := _end_of(node, events):
                found[end] += ways
            for _, then in _following(world, node, trouble):
                following[then] += ways
        level = following
    return found


def schedules(
    world: World, begin: str, events: Sequence[str], trouble: Trouble = "none"
) -> Iterator[tuple[list[Step], End]]:
    """Yield the same schedules, each with its end."""
    nodes: list[tuple[list[Step], Node]] = [([], _first(world, begin, events, trouble))]
    while nodes:
        steps, node = nodes.pop()
        if end := _end_of(node, events):
            yield steps, end
        nodes += [([*steps, step], then) for step, then in _following(world, node, trouble)]


def _first(world: World, begin: str, events: Sequence[str], trouble: Trouble) -> Node:
    return world.begin(begin), tuple(world.start(event) for event in events), trouble == "none"


def _end_of(node: Node, events: Sequence[str]) -> End | None:
    state, positions, over = node
    replies = [position.end for position in positions if position.end is not None]
    return (state, tuple(replies[: len(events)])) if over and len(replies) == len(positions) else None


def _following(world: World, node: Node, trouble: Trouble) -> Iterator[tuple[Step, Node]]:
    state, positions, over = node
    for side, position in enumerate(positions):
        if position.end is not None:
            continue
        before, behind = positions[:side], positions[side + 1 :]
        left, then = world.move(position, state)
        yield Step(side, position.asks, "none", left), (left, (*before, then, *behind), over)
        if over or position.effect:
            continue
        if trouble != "given-up":
            left, then = world.move(position, state, trouble)
            yield Step(side, position.asks, trouble, left), (left, (*before, then, *behind), True)
        elif position.asks in {"create", "replace"}:
            then, late = world.give_up(position, state)
            yield Step(side, position.asks, trouble, state), (state, (*before, then, *behind, late), True)
