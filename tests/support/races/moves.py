"""Moves: the effect of each single request of an instance while other instances change the same key.

Instances share nothing but COS and keep no state between events. So the next request of an instance depends only on
its event and the answers so far, and the effect of a request only on the bucket and the faults. Each such move is
made once, by the function itself over real HTTP: an instance runs while the bucket is exchanged before each of its
requests, for any that the others may have left.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from local.ci.server import LocalCi
from local.cos.server import StoredObject
from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.bucket import (
    EMPTY,
    Kept,
    State,
    dead_letters,
    fill,
    read,
    result_of,
)
from tests.support.deployment import BUCKET, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.cos.server import SeenRequest
    from local.faults.requests import Asked, Fault
    from tests.support.deployment import Deployment

KEY = "audio/song.mp3.SoundHound.json"
ONE_KEY = '[{"tag":"*","state":"*","write":"{object}.SoundHound.json"}]'

_BEGIN = datetime.now(timezone.utc) - timedelta(hours=1)  # a sweep looks a day back


def _ended(seconds: int, **more: Any) -> dict[str, Any]:
    created, ended = (f"{_BEGIN + timedelta(seconds=each):%Y-%m-%dT%H:%M:%S%z}" for each in (0, seconds))
    return job(CreationTime=created, StartTime=created, EndTime=ended, **more)


# From the oldest to the newest; the second and the third are the failure and the success of one job.
JOBS = {
    "oldest": _ended(1, JobId="earlier"),
    "failed": _ended(2, State="Failed"),
    "success": _ended(9),
    "newer": _ended(10, JobId="later"),
    "newest": _ended(20, JobId="latest"),
}


def _verdict(number: int) -> str:
    """Return one of several verdicts of a review, which have one time."""
    fields = {
        "JobId": "sa7",
        "State": "Success",
        "CreationTime": "2025-03-01T09:00:00+08:00",
        "BucketId": BUCKET,
        "Object": "audio/song.mp3",
        "Score": number,
    }
    return json.dumps({"EventName": "ReviewAudio", "JobsDetail": fields})


def _timeless(number: int) -> str:
    """Return one of several jobs without a time, whose ids sort the other way round."""
    return body(job(JobId=f"t{9 - number}", EndTime=None, StartTime=None, CreationTime=None))


# Results that only their arrival ranks, from the first to the last.
VERDICTS = {f"verdict-{number}": _verdict(number) for number in range(4)}
TIMELESS = {f"timeless-{number}": _timeless(number) for number in range(4)}
# Two inputs with one stem.
STEMS = {f"song.{ext}": body(job(JobId=ext, Input={"Object": f"audio/song.{ext}"})) for ext in ("mp3", "wav")}

BODIES = {**{name: body(each) for name, each in JOBS.items()}, **VERDICTS, **TIMELESS, **STEMS}
RANKS = {name: rank for family in (JOBS, VERDICTS, TIMELESS) for rank, name in enumerate(["free", *family])}
_ARRIVALS = {
    name: _BEGIN + timedelta(seconds=rank) for family in (VERDICTS, TIMELESS) for rank, name in enumerate(family)
}

FOREIGN = Kept.of(KEY, StoredObject(b'{"mine": true}', "application/json", {"owner": "someone"}))
_NAMES = {result_of(content).decode(): name for name, content in BODIES.items()} | {FOREIGN.content: "foreign"}

# Faults after which the client knows the status; of the others it knows only their name.
_STATUS_KNOWN = ("none", "no-metadata")


@dataclass(frozen=True)
class Reply:
    """An instance's answer to an event about these callbacks (a sweep: about their jobs)."""

    about: tuple[str, ...] = ()
    outcome: str = ""

    @property
    def settles(self) -> bool:
        """True if these results are stored, or newer ones."""
        return self.outcome in {"written", "duplicate", "stale", "recovered", "present"}


@dataclass(eq=False)
class Position:
    """The progress of one side: the answers it has learnt. `end` is its reply after its last request.

    `asks` is its next request: GET, HEAD, create (a PUT that forbids overwriting) or replace (one that does not).
    `way` is one way to this position: the bucket and the fault of each request. `effect` is that of the only request of
    a side that is not an instance.
    """

    event: str
    learnt: tuple[str, ...] = ()
    way: tuple[tuple[State, Fault], ...] = ()
    asks: str = ""
    end: Reply | None = None
    moves: dict[tuple[State, Fault], tuple[State, Position]] = field(default_factory=dict, repr=False)
    effect: Callable[[State], State] | None = None


_OVER = Position("", end=Reply())


def holds(state: State) -> str:
    """Return the name of the object at the key; fail if it is neither a complete result nor a foreign object."""
    return next((_NAMES[kept.content] for kept in state if kept.key == KEY), "free")


def names_of(event: str) -> tuple[str, ...]:
    """Return the callbacks that an event is about; none for an upload or a removal."""
    return tuple(name for name in event.rpartition(" ")[2].split("+") if name in BODIES)


def sweep_of(events: Sequence[str]) -> str:
    """Return the sweep that finds the jobs of these events, each in its last state."""
    names = sorted({name for event in events for name in names_of(event)}, key=RANKS.__getitem__)
    return "sweep " + "+".join({JOBS[name]["JobId"]: name for name in names}.values())


def _without(state: State) -> State:
    return frozenset(kept for kept in state if kept.key != KEY)


@dataclass
class World:
    """An instance, COS, and every move made so far."""

    deployed: Deployment
    _positions: dict[tuple[object, ...], Position] = field(default_factory=dict)
    _states: dict[State, State] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Add the moves of other clients."""
        self._positions["upload",] = Position("upload", effect=lambda state: _without(state) | {FOREIGN})
        self._positions["removal",] = Position("removal", effect=_without)

    def start(self, event: str) -> Position:
        """Return the first position of an event: a callback by its name, `sweep <names>`, `upload` or `removal`."""
        return self._positions.setdefault((event,), Position(event))

    def begin(self, name: str) -> State:
        """Return a bucket with this object at the key and no other object."""
        if name == "free":
            return EMPTY
        return self.alone(EMPTY, "upload" if name == "foreign" else name)

    def alone(self, state: State, *events: str) -> State:
        """Return the bucket after these events in sequence, without faults."""
        for event in events:
            position = self.start(event)
            while position.end is None:
                state, position = self.move(position, state)
        return state

    def move(self, position: Position, state: State, fault: Fault = "none") -> tuple[State, Position]:
        """Return the bucket and the position after the next request."""
        if position.effect:
            return self._same(position.effect(state)), _OVER
        if (state, fault) not in position.moves:
            self._run(position.event, [*position.way, (state, fault)])
        return position.moves[state, fault]

    def give_up(self, position: Position, state: State) -> tuple[Position, Position]:
        """Return the position after the next request got no answer, and that of the request still under way."""
        late = Position("late", asks=position.asks, effect=lambda then: self.move(position, then)[0])
        return self.move(position, state, "reset")[1], self._positions.setdefault(("late", position), late)

    def _same(self, state: State) -> State:
        """Return the first state that equals this one: dead letters are equal at any time of writing."""
        return self._states.setdefault(state, state)

    def _run(self, event: str, script: Sequence[tuple[State, Fault]]) -> None:
        """Run an instance with these buckets and faults, then undisturbed to its end; keep all its moves."""
        cos = self.deployed.cos
        left: list[State] = []
        met: list[State] = []

        def exchange(_: Asked) -> None:
            left.append(self._same(read(cos)))
            met.append(script[len(met)][0] if len(met) < len(script) else left[-1])
            if met[-1] != left[-1]:
                fill(cos, met[-1])

        cos.faults = Faults([fault for _, fault in script], on_request=exchange)
        cos.forget_requests()
        reply = send(self.deployed, event)
        left.append(self._same(read(cos)))
        position = self.start(event)
        for seen, before, after in zip(cos.requests, met, left[1:], strict=True):
            position = self._keep(position, seen, before, after)
        assert (position.asks, position.end or reply) == ("", reply)
        position.end = reply

    def _keep(self, position: Position, seen: SeenRequest, before: State, after: State) -> Position:
        """Return the position after a request, which must equal an earlier one from the same position."""
        forbids = seen.headers.get("x-cos-forbid-overwrite") == "true"
        asks = ("create" if forbids else "replace") if seen.method == "PUT" else seen.method
        assert (position.asks or asks, position.end) == (asks, None)
        position.asks = asks
        learnt = (*position.learnt, _learnt(seen, before))
        then = Position(position.event, learnt, (*position.way, (before, seen.fault)))
        then = self._positions.setdefault((position.event, *learnt), then)
        assert position.moves.setdefault((before, seen.fault), (after, then)) == (after, then)
        assert_careful(position, before, after)
        return then


def _learnt(seen: SeenRequest, before: State) -> str:
    if seen.fault not in _STATUS_KNOWN:
        return seen.fault
    if (seen.method, seen.key, seen.fault) == ("HEAD", KEY, "none"):
        return f"found {holds(before)}"
    return f"{seen.fault} {seen.method} {seen.status}"


def assert_careful(position: Position, before: State, after: State) -> None:
    """Assert that a request loses no dead letter and puts only the instance's own result.

    The result is put at a free key, or after a HEAD that found an older result.
    """
    assert set(dead_letters(before, KEY)) <= set(dead_letters(after, KEY))
    was, now = holds(before), holds(after)
    if was == now:
        return
    assert now in names_of(position.event), position
    if position.asks == "create":
        assert was == "free", position
        return
    found = [each.removeprefix("found ") for each in position.learnt if each.startswith("found ")]
    assert position.asks == "replace", position
    assert found, position
    assert 0 < RANKS.get(found[-1], 0) < RANKS[now], position


def send(deployed: Deployment, event: str) -> Reply:
    """Return the function's answer to a callback, or to a sweep while CI knows these jobs."""
    deployed.function.now = lambda: _ARRIVALS.get(event) or datetime.now(timezone.utc)
    if not event.startswith("sweep "):
        answer = deployed.post(BODIES[event])
        (outcome,) = answer.outcomes
        assert answer.status == (503 if outcome == "retry" else 200)
        return Reply((event,), outcome)
    names = names_of(event)
    deployed.cos.ci = LocalCi()
    for name in names:
        deployed.cos.ci.add(BUCKET, JOBS[name])
    report = Answer(deployed.send({"sweep": {"tags": ["SoundHound"]}}))
    if report.status == 503:
        return Reply(names, "retry")
    assert report.body["failed"] or report.body["found"] == len(names)
    return Reply(names, next(each for each in ("failed", "recovered", "present") if report.body[each]))
