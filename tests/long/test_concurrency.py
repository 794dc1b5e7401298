"""Concurrent instances on one key, in every schedule of their requests: the newest result stays, except in one window.

Nothing is sampled: schedules.py counts all schedules in seconds, gate.py runs real instances.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.bucket import EMPTY, State, dead_letters, fill, read, result_of
from tests.support.deployment import BUCKET, deployment_on
from tests.support.races.gate import in_every_order, in_order
from tests.support.races.moves import (
    BODIES,
    JOBS,
    KEY,
    ONE_KEY,
    RANKS,
    STEMS,
    World,
    holds,
    names_of,
    send,
    sweep_of,
)
from tests.support.races.schedules import ends, schedules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local.cos.server import LocalCos
    from local.faults.requests import Fault
    from tests.support.deployment import Deployment
    from tests.support.races.schedules import End, Step, Trouble

Events = tuple[str, ...]

# The object at the key before; of the results that are not the callbacks' own, one is older than all, one newer.
BEGINNINGS = ("free", *JOBS, "foreign")
FEW_BEGINNINGS = ("free", "oldest", "newest", "foreign")

CALLBACKS = ("failed", "success", "newer")
PAIRS: list[Events] = list(itertools.combinations_with_replacement(CALLBACKS, 2))
TRIPLES: list[Events] = list(itertools.combinations_with_replacement(CALLBACKS, 3))
SWEEPS = ("sweep success", "sweep newer")
SWEPT: list[Events] = [*itertools.product(CALLBACKS, SWEEPS), *itertools.combinations_with_replacement(SWEEPS, 2)]

# The possible reasons of a dead letter after such a trouble, besides a foreign object at the key.
REASONS: dict[Trouble, set[str]] = {"403": {"store-refused"}}


@dataclass(frozen=True)
class Tally:
    """The number of schedules, and of those that end with an older result than a settled one."""

    schedules: int
    older_last: int


def tally(world: World, beginnings: Sequence[str], cases: Sequence[Events], trouble: Trouble = "none") -> Tally:
    """Count the schedules; assert that each loses nothing and is recovered by a resend or a sweep."""
    found = older_last = 0
    for begin, events in itertools.product(beginnings, cases):
        for end, ways in ends(world, begin, events, trouble).items():
            assert_accounted_for(begin, events, trouble, end)
            assert_recovered(world, begin, events, end[0])
            found += ways
            older_last += ways if is_older_last(begin, end) else 0
    return Tally(found, older_last)


def is_older_last(begin: str, end: End) -> bool:
    """Return whether an older result has replaced a stored or settled one."""
    state, replies = end
    settled = [begin, *(name for reply in replies if reply.settles for name in reply.about)]
    return begin != "foreign" and RANKS[holds(state)] < max(RANKS[name] for name in settled)


def assert_accounted_for(begin: str, events: Events, trouble: Trouble, end: End) -> None:
    """Assert that each dead letter has its reason and body, and that a foreign object is untouched."""
    state, replies = end
    answered = bodies_of(name for reply in replies if reply.outcome == "dead-lettered" for name in reply.about)
    assert answered <= kept_in(state) <= bodies_of(events)
    assert reasons_in(state) <= REASONS.get(trouble, set()) | ({"conflict"} if begin == "foreign" else set())
    if begin == "foreign":
        assert holds(state) == "foreign"
        assert not any(reply.settles for reply in replies)


def assert_recovered(world: World, begin: str, events: Events, state: State) -> None:
    """Assert that a resend of each event, in any order, or one sweep leaves the newest result."""
    orders = list(itertools.permutations(sorted(set(events))))
    if begin == "foreign":
        assert all(kept_in(world.alone(state, *order)) == bodies_of(events) for order in orders)
        return
    newest = max([begin, *(name for event in events for name in names_of(event))], key=RANKS.__getitem__)
    sweeps = [(sweep_of(events),)] if newest in JOBS else []  # CI lists neither reviews nor jobs without a time
    for again in (*orders, *sweeps):
        recovered = world.alone(state, *again)
        assert holds(recovered) == newest
        assert dead_letters(recovered, KEY) == dead_letters(state, KEY)


def reasons_in(state: State) -> set[str]:
    """Return the reasons of all dead letters."""
    return {reason for reason, _ in dead_letters(state, KEY)}


def kept_in(state: State) -> set[str]:
    """Return the bodies of all dead letters."""
    return {content for _, content in dead_letters(state, KEY)}


def bodies_of(events: Iterable[str]) -> set[str]:
    """Return the bodies of those events that are callbacks."""
    return {BODIES[event] for event in events if event in BODIES}


def order(steps: Sequence[Step]) -> str:
    """Return the sides of the requests in order: A is the first of the events."""
    return "".join("ABC"[step.side] for step in steps)


def turns(steps: Sequence[Step]) -> list[tuple[int, Fault]]:
    """Return the side and the fault of each request."""
    return [(step.side, step.met) for step in steps if step.met != "given-up"]


@pytest.fixture(scope="module")
def world(hurried_cos: LocalCos) -> World:
    """Return a world that keeps its moves for the whole module."""
    return World(deployment_on(hurried_cos, ROUTES=ONE_KEY))


@pytest.fixture(scope="module")
def twins(hurried_cos: LocalCos) -> list[Deployment]:
    """Return two instances of the same function."""
    return [deployment_on(hurried_cos, ROUTES=ONE_KEY) for _ in range(2)]


# A sends its HEAD (its second request) before B's newer result is written (its third), and replaces that (its third).
WINDOW = {"AABBBA", "ABABBA", "ABBABA", "BAABBA", "BABABA", "BBAABA"}


def test_two_concurrent_callbacks_are_settled_or_recovered(world: World) -> None:
    """At a key that is free, or has an older, a newer or a foreign object."""
    assert tally(world, FEW_BEGINNINGS, PAIRS) == Tally(schedules=588, older_last=18)


def test_older_result_is_last_only_in_the_window(world: World) -> None:
    """If both replace a still older result, and the older one sends its HEAD before and its PUT after the newer's PUT.

    Never at a free key, never over a newer result, never with the same callback twice.
    """
    found: dict[tuple[str, Events], set[str]] = {}
    for begin, events in itertools.product(BEGINNINGS, PAIRS):
        orders = {order(steps) for steps, end in schedules(world, begin, events) if is_older_last(begin, end)}
        found |= {(begin, events): orders} if orders else {}
    assert found == {
        ("oldest", ("failed", "success")): WINDOW,
        ("oldest", ("failed", "newer")): WINDOW,
        ("oldest", ("success", "newer")): WINDOW,
        ("failed", ("success", "newer")): WINDOW,
    }


@pytest.mark.parametrize(
    ("trouble", "found"),
    [("lost-answer", Tally(202, 62)), ("cut-headers", Tally(202, 62)), ("given-up", Tally(639, 212))],
    ids=["lost-answer", "cut-headers", "given-up"],
)
def test_window_lasts_until_the_last_attempt(trouble: Trouble, found: Tally, world: World) -> None:
    """It ends when COS carries out the replacement for the last time, even after the delivery has given it up.

    Attempts after an answer that was lost or cut off are part of one replacement.
    """
    events = ("success", "newer")
    assert tally(world, ["oldest"], [events], trouble) == found
    walked = list(schedules(world, "oldest", events, trouble))
    assert len(walked) == found.schedules
    for steps, end in walked:
        ranks = [RANKS[holds(step.left)] for step in steps]
        falls = {step.asks for step, (was, now) in zip(steps[1:], itertools.pairwise(ranks), strict=True) if now < was}
        assert falls == {"replace"} if is_older_last("oldest", end) else falls <= {"replace"}


def test_two_running_instances_match_the_schedules(world: World, twins: Sequence[Deployment]) -> None:
    """In each of the 20 schedules; the newer callback's resend or a sweep recovers the newer result.

    The older one's resend is a duplicate.
    """
    events = ("success", "newer")
    older, newer = twins
    orders, older_last = set(), set()
    for steps, end in schedules(world, "oldest", events):
        orders.add(order(steps))
        assert in_order(twins, world.begin("oldest"), events, turns(steps)) == end
        if is_older_last("oldest", end):
            older_last.add(order(steps))
            assert older.post(BODIES["success"]).outcomes == ["duplicate"]
            for instance, event, outcome in [(newer, "newer", "written"), (older, sweep_of(events), "recovered")]:
                fill(older.cos, end[0])
                assert send(instance, event).outcome == outcome
                assert holds(read(older.cos)) == "newer"
    # each way to shuffle three requests of each begins with exactly one of them: nothing is missing, nothing is twice
    shuffled = {"".join(each) for each in itertools.permutations("AAABBB")}
    assert all(sum(each.startswith(found) for found in orders) == 1 for each in shuffled)
    assert older_last == WINDOW


def test_sweep_may_run_beside_a_callback_or_another_sweep(world: World) -> None:
    """A sweep writes like a callback: it takes a free key only if it is still free; its window is the same."""
    assert tally(world, FEW_BEGINNINGS, SWEPT) == Tally(schedules=588, older_last=30)


@pytest.mark.parametrize(
    ("trouble", "found"),
    [
        ("given-up", 207),
        ("500", 51),
        ("reset", 51),
        ("lost-answer", 111),
        ("403", 51),
        ("cut-headers", 111),
        ("no-metadata", 39),
    ],
)
def test_older_of_two_is_never_last_at_a_free_key(trouble: Trouble, found: int, world: World) -> None:
    """With any fault at a single request."""
    assert tally(world, ["free"], PAIRS, trouble) == Tally(found, older_last=0)


@pytest.mark.parametrize(
    ("others", "found", "orders"),
    [(("upload",), 72, {"AABA"}), (("removal", "upload"), 369, {"AABCA", "AACAB"})],
    ids=["upload", "removal-and-upload"],
)
def test_foreign_upload_is_overwritten_only_in_the_window(
    others: Events, found: int, orders: set[str], world: World
) -> None:
    """A foreign object stays, unless it is uploaded between the HEAD of an older result and its replacement.

    A deletion in between makes no difference: a free key is only taken if it is still free.
    """
    walked = 0
    for begin, name in itertools.product(BEGINNINGS, CALLBACKS):
        overwritten = set()
        for steps, (state, _) in schedules(world, begin, (name, *others)):
            walked += 1
            held = [begin, *(holds(step.left) for step in steps)]
            if ("foreign", name) in itertools.pairwise(held):
                overwritten.add(order(steps))
            elif holds(state) == "foreign":
                assert kept_in(world.alone(state, name)) == bodies_of([name])
        assert overwritten == (orders if begin in JOBS and RANKS[begin] < RANKS[name] else set())
    assert walked == found


# With one trouble at any request: two callbacks, or sweeps beside them; and three callbacks. From every beginning.
# Other numbers mean another write protocol.
FOUND: dict[Trouble, tuple[Tally, Tally]] = {
    "none": (Tally(1668, 72), Tally(706298, 4206)),
    "500": (Tally(18389, 792), Tally(23533827, 96198)),
    "reset": (Tally(18389, 792), Tally(23533827, 96198)),
    "lost-answer": (Tally(20495, 744), Tally(36364193, 88876)),
    "given-up": (Tally(43194, 1894), Tally(129964282, 410326)),
    "403": (Tally(8220, 0), Tally(6124342, 35058)),
    "cut-headers": (Tally(20495, 744), Tally(36364193, 88876)),
    "no-metadata": (Tally(11785, 528), Tally(10126183, 54292)),
}


@pytest.mark.parametrize("trouble", FOUND)
def test_two_or_three_concurrent_callbacks_are_settled_or_recovered_with_any_fault(
    trouble: Trouble, world: World
) -> None:
    """With the trouble at each request in turn."""
    two = tally(world, BEGINNINGS, [*PAIRS, *SWEPT], trouble)
    three = tally(world, BEGINNINGS, TRIPLES, trouble)
    assert (two, three) == FOUND[trouble]


@pytest.mark.parametrize("family", ["verdict", "timeless"])
@pytest.mark.parametrize(
    ("trouble", "found"),
    [
        ("none", Tally(294, 6)),
        ("lost-answer", Tally(4935, 62)),
        ("given-up", Tally(13552, 212)),
        ("no-metadata", Tally(2365, 44)),
    ],
)
def test_results_ranked_by_arrival_are_settled_or_recovered(
    family: str, trouble: Trouble, found: Tally, world: World
) -> None:
    """Two verdicts of a review, or two results without a time: the later arrival stays, but for the same window."""
    events = (f"{family}-1", f"{family}-2")
    beginnings = ("free", f"{family}-0", f"{family}-3", "foreign")
    pairs = list(itertools.combinations_with_replacement(events, 2))
    assert tally(world, beginnings, pairs, trouble) == found
    assert tally(world, ["free"], pairs, trouble).older_last == 0


def test_race_at_a_free_key_is_recovered(world: World) -> None:
    """COS may carry out two PUTs that both found the key free. Both are answered 200, and the older one may remain.

    The older one's resend finds itself; a resend of the newer one, or the sweep, heals it.
    """
    for events in [("newer", "success"), ("verdict-2", "verdict-1"), ("timeless-2", "timeless-1")]:
        newer, older = events
        state, position = world.move(world.start(older), EMPTY)
        assert position.end is not None
        assert (holds(state), position.end.outcome) == (older, "written")
        assert holds(world.alone(state, older)) == older
        assert holds(world.alone(state, newer)) == newer
        assert_recovered(world, "free", events, state)


def test_two_subjects_at_one_key_are_both_stored(hurried_cos: LocalCos) -> None:
    """In every order of requests one has the first key and the other the next; neither is stale."""
    routes = '[{"tag":"*","state":"*","write":["{dir}{stem}.x.json","r/{job_id}.json"]}]'
    instances = [deployment_on(hurried_cos, ROUTES=routes) for _ in range(2)]

    def start() -> list[Deployment]:
        fill(hurried_cos, EMPTY)
        return instances

    ends = set()
    for replies in in_every_order(start, tuple(STEMS)):
        assert [reply.outcome for reply in replies] == ["written"] * 2
        keys = tuple(hurried_cos.keys(BUCKET))
        assert {hurried_cos.get(BUCKET, key).body for key in keys} == {result_of(each) for each in STEMS.values()}
        ends.add(keys)
    assert ends == {("audio/song.x.json", "r/mp3.json"), ("audio/song.x.json", "r/wav.json")}


@pytest.mark.parametrize("begin", FEW_BEGINNINGS)
def test_running_instances_match_the_schedules(begin: str, world: World, twins: Sequence[Deployment]) -> None:
    """With two callbacks, with one twice, and with a sweep, in every order."""
    for events in [("success", "newer"), ("success", "success"), ("success", "sweep newer")]:
        for steps, end in schedules(world, begin, events):
            assert in_order(twins, world.begin(begin), events, turns(steps)) == end


@pytest.mark.parametrize("fault", ["lost-answer", "cut-headers"])
def test_two_running_instances_match_the_schedules_with_faults(
    fault: Fault, world: World, twins: Sequence[Deployment]
) -> None:
    """At any single request of two that replace an older result."""
    events = ("success", "newer")
    for steps, end in schedules(world, "oldest", events, fault):
        assert in_order(twins, world.begin("oldest"), events, turns(steps)) == end
