"""From callbacks a day to what that asks of each service, beside what the platform's documents say there is of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import bill, prices
from ci_callback.commands.sweep.run import TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

A_DAY = (1_000_000, 10_000_000, 100_000_000, 300_000_000)
BURST = 10  # times the average
JOB_S = 10  # assumed: how long CI works on a job
_DAY_S = 24 * 3600
_SMALLER_MB = 128
TIMEOUTS_S = (30, 300, 900)

# A sweep begins no page and no job with less time left, a replay no letter: what stands in
# handler/ci_callback/commands/sweep/run.py
# and replay.py, and what deadline.py keeps back.
_SWEEP_RESERVE_S = 2.3
_REPLAY_RESERVE_S = 1.8
MOST_LETTERS = 500  # of one report
# Of a round of one bucket, whatever there is to sweep: each Tag's list, and the bookmark read and written.
SWEEP_ANSWERS = len(TAGS) + 2


@dataclass(frozen=True)
class Row:
    """What each number of callbacks a day comes to, and the most there is, None where that is no limit."""

    name: str
    values: tuple[float, ...]
    most: float | None = None
    of: str = ""  # what there is so much of: one queue, one bucket


def rows(figures: Mapping[str, Any]) -> list[Row]:
    """Return what each number of callbacks a day asks for, if COS answers in `bill.WAIT_MS`."""
    cases = figures["cases"]
    written, versioned = cases["written"], cases["bucket with versions"]
    average = tuple(number / _DAY_S for number in A_DAY)
    burst = tuple(BURST * each for each in average)
    instances = _at_once(burst, written, bill.DEPLOYED.memory_mb)
    smaller = _at_once(burst, written, _SMALLER_MB)
    log_mb = bill.log_bytes(written) / (1 << 20)
    a_run = reached(figures["commands"]["sweep, result there"], bill.DEPLOYED.timeout_s, bill.WAIT_MS)
    cost = bill.total(bill.million(written, bill.WAIT_MS))
    return [
        Row("callbacks a second", average),
        Row(f"in a burst of {BURST} × that", burst),
        Row(
            f"CI: jobs at work at once, {JOB_S} s each",
            tuple(JOB_S * each for each in average),
            *(prices.CI_PARALLEL.most, "a queue"),
        ),
        Row("sweep: jobs an hour", tuple(3600 * each for each in average), a_run, "an hourly run"),
        Row("action `topic`: calls a second", average, prices.TOPIC_CALLS.most, "an account"),
        Row("SCF: instances in the burst", instances),
        Row(
            f"their memory at {bill.DEPLOYED.memory_mb} MB each",
            tuple(bill.DEPLOYED.memory_mb * each for each in instances),
            *(prices.CONCURRENCY.most, "MB a region"),
        ),
        Row(
            f"their memory at {_SMALLER_MB} MB each",
            tuple(_SMALLER_MB * each for each in smaller),
            *(prices.CONCURRENCY.most, "MB a region"),
        ),
        Row(
            "instances that the burst starts",
            tuple(each * (1 - 1 / BURST) for each in instances),
            *(prices.GROWTH.most, "a minute"),
        ),
        Row("COS: writes a second in the burst", _each(burst, written, "PUT"), prices.COS_WRITES.most, "a bucket"),
        Row(
            "COS: listings, where the bucket has versions",
            _each(burst, versioned, "LIST"),
            *(prices.COS_LISTS.most, "a bucket"),
        ),
        Row("action `publish`: events in the burst", burst, prices.EVENTS.most, "a region"),
        Row("queue: messages in the burst", burst, prices.TOPIC_MESSAGES.most, "a CMQ topic"),
        Row(
            "logs: MB a second in the burst",
            tuple(log_mb * each for each in burst),
            *(prices.LOG_PARTITION.most, "a partition"),
        ),
        Row("CNY a day", tuple(cost * number / bill.MILLION for number in A_DAY)),
    ]


def reached(found: Mapping[str, Any], timeout_s: float, wait_ms: float) -> float:
    """Return how many jobs a sweep of one bucket gets through before its time is over."""
    left_ms = (timeout_s - _SWEEP_RESERVE_S) * 1000 - SWEEP_ANSWERS * wait_ms
    return float(left_ms // bill.duration_ms(found, wait_ms))


def replayed(found: Mapping[str, Any], timeout_s: float, wait_ms: float) -> float:
    """Return how many letters a replay gets through."""
    return min(MOST_LETTERS, float((timeout_s - _REPLAY_RESERVE_S) * 1000 // bill.duration_ms(found, wait_ms)))


def _at_once(rates: tuple[float, ...], found: Mapping[str, Any], memory_mb: int) -> tuple[float, ...]:
    """Return how many instances are at work (Little's law): an instance has one delivery at a time."""
    seconds = bill.duration_ms(found, bill.WAIT_MS, memory_mb) / 1000
    return tuple(rate * seconds for rate in rates)


def _each(rates: tuple[float, ...], found: Mapping[str, Any], kind: str) -> tuple[float, ...]:
    return tuple(rate * found["requests"][kind] for rate in rates)
