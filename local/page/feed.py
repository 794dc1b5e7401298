"""The newest deliveries, each from its arrival on, for the page of `make serve`."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from local.page.delivery import arrival_of, ending_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local.page.delivery import Arrival, Ending
    from local.scf.server import Invocation

_MOST = 200


@dataclass(frozen=True)
class Delivery:
    """One event, with an `ending` once it has ended; `change` numbers the changes of the feed."""

    number: int
    change: int
    time: float  # seconds since 1970
    arrival: Arrival
    ending: Ending | None = None

    def line(self) -> dict[str, Any]:
        """Return the line of the list; several jobs name common values once."""
        ending = self.ending
        jobs = ending.jobs if ending else ()
        outcomes = _distinct(job.outcome for job in jobs)
        return {
            "number": self.number,
            "time": round(self.time * 1000),
            "trigger": self.arrival.trigger,
            "running": ending is None,
            "status": ending.status if ending else None,
            "ms": ending.ms if ending else None,
            "tags": _distinct(job.tag for job in jobs),
            "states": _distinct(job.state for job in jobs),
            "outcomes": outcomes or _distinct([ending.word] if ending else []),
            "keys": _distinct(job.key for job in jobs),
        }

    def details(self) -> dict[str, Any]:
        """Return everything that is shown of an opened delivery."""
        shown = {**self.line(), "request": asdict(self.arrival.request)}
        if self.ending is None:
            return shown
        return {**shown, "reply": asdict(self.ending.reply), "log": self.ending.log, "report": self.ending.report}


class Feed:
    """Keeps the newest `most` deliveries; any thread may deliver and ask. `run` identifies the feed."""

    def __init__(self, most: int = _MOST) -> None:
        self.run = uuid.uuid4().hex
        self._most = most
        self._lock = threading.Lock()
        self._changes = itertools.count(1)
        self._numbers = itertools.count(1)
        self._deliveries: dict[int, Delivery] = {}  # by number, in the order of their arrival

    def watch(self, invoke: Callable[[Any], Invocation]) -> Callable[[Any], Invocation]:
        """Wrap `invoke` so that each delivery is recorded."""

        def watched(event: Any) -> Invocation:
            number = self._begin(arrival_of(event))
            invocation = invoke(event)
            self._end(number, invocation)
            return invocation

        return watched

    def clear(self) -> None:
        """Forget every delivery, also those that have not ended; the feed is another one from now on."""
        with self._lock:
            self.run = uuid.uuid4().hex
            self._deliveries.clear()

    def since(self, change: int) -> list[Delivery]:
        """Return the deliveries changed since then, the last change last; all of them since 0."""
        with self._lock:
            changed = [each for each in self._deliveries.values() if each.change > change]
        return sorted(changed, key=lambda each: each.change)

    def get(self, number: int) -> Delivery | None:
        """Return the delivery, None if it is unknown or dropped."""
        with self._lock:
            return self._deliveries.get(number)

    def _begin(self, arrival: Arrival) -> int:
        with self._lock:
            number = next(self._numbers)
            self._deliveries[number] = Delivery(number, next(self._changes), time.time(), arrival)
            if len(self._deliveries) > self._most:
                del self._deliveries[next(iter(self._deliveries))]
        return number

    def _end(self, number: int, invocation: Invocation) -> None:
        begun = self.get(number)
        if begun is None:
            return
        ending = ending_of(begun.arrival, invocation)
        with self._lock:
            if number in self._deliveries:
                self._deliveries[number] = replace(begun, change=next(self._changes), ending=ending)


def _distinct(words: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(filter(None, words))]
