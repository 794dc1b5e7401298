"""The records of a queue's event, as the work of a batch. Imported only for such an event."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ci_callback.decode.envelope import decode
from ci_callback.inbound import triggers

from . import log

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from ci_callback.decode.envelope import Decoded

    from .batch import Batch
    from .delivery import Arrival
    from .pipeline import Pipeline

_MOST_BYTES_AHEAD = 1_000_000  # of bodies that are decoded before their turn: a tree takes several times its body


class DecodedRecord(NamedTuple):
    """A record that was decoded before its turn, for the sake of its lane keys, and the time that this took."""

    stopwatch: log.Stopwatch | None = None
    decoded: Decoded | None = None


class Answered(NamedTuple):
    """The end of a record: whether it is lost unless it is sent again, and whether a part of it was settled before."""

    is_lost: bool
    is_repeated: bool


class Records:
    """The records of one event."""

    def __init__(
        self, arrivals: Sequence[Arrival], pipeline: Pipeline, answer: Callable[[Arrival, DecodedRecord], Answered]
    ) -> None:
        self._arrivals = arrivals
        self._pipeline = pipeline
        self._answer = answer
        self._decoded: dict[int, DecodedRecord] = {}
        self._lines: dict[int, list[str]] = {}
        self._lost: list[int] = []

    def settle_in(self, batch: Batch[int]) -> list[int]:
        """Settle the records of a batch that are reached, log each, and return those that are lost."""
        try:
            for settled in batch.settle(self):
                self._release(settled)
        finally:
            self._release(sorted(self._lines))
        return self._lost

    def fits(self, at: int, beside: Sequence[int]) -> bool:
        """Return whether a record can be decoded beside others."""
        return not beside or sum(self._size(each) for each in (*beside, at)) <= _MOST_BYTES_AHEAD

    def _size(self, at: int) -> int:
        body = self._arrivals[at].content["body"]
        return len(body) if isinstance(body, str) else _MOST_BYTES_AHEAD

    def lane_keys(self, at: int) -> set[Hashable]:
        """Return the lane keys of a record's jobs, and its body: the same body is the same dead letter."""
        if self._size(at) > _MOST_BYTES_AHEAD:
            return set()  # it is settled alone
        delivery = triggers.deliver(self._arrivals[at])
        stopwatch = log.Stopwatch(time.monotonic())
        record = DecodedRecord()
        with suppress(Exception), stopwatch.phase("decode"):  # a defect is met again when the record is settled
            record = DecodedRecord(stopwatch, decode(delivery))
        self._decoded[at] = record
        return {delivery.body, *self._pipeline.lane_keys(record.decoded)}

    def settle(self, at: int) -> bool:
        """Settle a record; return whether a part of it was settled before."""
        record = self._decoded.pop(at, DecodedRecord())
        if record.stopwatch:
            record.stopwatch.resume()
        with log.held() as lines:
            self._lines[at] = lines
            answered = self._answer(self._arrivals[at], record)
        if answered.is_lost:
            self._lost.append(at)
        return answered.is_repeated

    def _release(self, positions: Iterable[int]) -> None:
        for at in positions:
            log.release(self._lines.pop(at))
