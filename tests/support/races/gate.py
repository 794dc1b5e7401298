"""Instances of the function that run concurrently, each request held at COS until its turn."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

from local.faults.requests import Faults
from tests.support.bucket import fill, read
from tests.support.races.moves import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from local.faults.requests import Asked, Fault, RequestFault
    from tests.support.bucket import State
    from tests.support.deployment import Deployment
    from tests.support.races.moves import Reply
    from tests.support.races.schedules import End

_LONGEST_S = 10  # no request takes that long


@dataclass
class Gate(Faults):
    """Faults that admit a request when its turn is set; `news` has the turn of each request that arrived."""

    news: SimpleQueue[threading.Event] = field(default_factory=SimpleQueue)

    def meet(self, asked: Asked) -> RequestFault:
        """Return the request's fault at its turn."""
        turn = threading.Event()
        self.news.put(turn)
        turn.wait(_LONGEST_S)
        return super().meet(asked)


@dataclass
class Race:
    """As many events as instances, all started; only the one that is let continues."""

    gate: Gate = field(default_factory=Gate)
    replies: list[Future[Reply]] = field(default_factory=list)
    turns: list[threading.Event] = field(default_factory=list)

    @property
    def going(self) -> list[int]:
        """The sides with a request that waits at the gate."""
        return [side for side, reply in enumerate(self.replies) if not reply.done()]

    def begin(self, reply: Future[Reply]) -> None:
        """Add another side, up to its first request."""
        self.replies.append(reply)
        self.turns.append(self.gate.news.get(timeout=_LONGEST_S))
        reply.add_done_callback(lambda _: self.gate.news.put(threading.Event()))

    def let(self, side: int, fault: Fault = "none") -> None:
        """Admit a side's request with this fault, and wait for its next request or its end."""
        self.gate.script = [fault]
        self.turns[side].set()
        self.turns[side] = self.gate.news.get(timeout=_LONGEST_S)


@contextlib.contextmanager
def at_once(instances: Sequence[Deployment], events: Sequence[str]) -> Iterator[Race]:
    """Start a race of these instances, each with its event."""
    race = Race()
    cos = instances[0].cos
    cos.faults = race.gate
    with ThreadPoolExecutor(len(events)) as pool:
        for instance, event in zip(instances, events, strict=True):
            race.begin(pool.submit(send, instance, event))
        yield race
    cos.faults = Faults()


def in_order(
    instances: Sequence[Deployment], begin: State, events: Sequence[str], turns: Iterable[tuple[int, Fault]]
) -> End:
    """Return the end of a race in which COS carries out the requests in this order."""
    fill(instances[0].cos, begin)
    with at_once(instances, events) as race:
        for side, fault in turns:
            race.let(side, fault)
        assert race.going == []
    return read(instances[0].cos), tuple(reply.result() for reply in race.replies)


def in_every_order(start: Callable[[], Sequence[Deployment]], events: Sequence[str]) -> Iterator[list[Reply]]:
    """Yield the replies after each possible order; `start` prepares the bucket and returns the instances."""
    beginnings: list[list[int]] = [[]]
    while beginnings:
        order = beginnings.pop()
        with at_once(start(), events) as race:
            for side in order:
                race.let(side)
            while going := race.going:
                beginnings += [[*order, other] for other in going[1:]]
                order = [*order, going[0]]
                race.let(going[0])
        yield [reply.result() for reply in race.replies]
