"""Thresholds of the figures. Times are judged as ratios of what ran side by side, never by themselves.

A cold start is judged by CPU time, which leaves out the machine's other work and the local COS. A warm event is judged
by wall time on a store that answers at once, so that nothing hides what the function itself takes. Only a batch is
judged by seconds, since it mostly waits for a store of a known latency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Threshold:
    """The most that a figure may be; `path` is its place among the figures."""

    name: str
    at_most: float
    unit: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """A threshold with the figure measured, None where there is none."""

    threshold: Threshold
    measured: float | None

    @property
    def passed(self) -> bool | None:
        """True if the threshold is met; None where nothing was measured."""
        return None if self.measured is None else self.measured <= self.threshold.at_most


# The memory that a small body may need, and the multiple of its size that a larger one may need beside that.
SMALL_MB = 48
TIMES_BODY = 6

THRESHOLDS = (
    Threshold("cold start against the floor", 0.45, "× its CPU time", ("cold", "ratios", "floor", "cpu", "median")),
    Threshold(
        *("cold start, straightforward", 0.25, "× its CPU time"),
        ("cold", "ratios", "straightforward", "cpu", "median"),
    ),
    Threshold("cold start, stdlib-only", 3.0, "× its CPU time", ("cold", "ratios", "stdlib-only", "cpu", "median")),
    Threshold("own share of init", 0.10, "of the floor's CPU time", ("init", "own_share", "of_floor", "median")),
    Threshold(
        "warm event against a bare put_object",
        1.05,
        "× its wall time",
        ("warm", "stores", "fast", "ci-callback", "times_put", "median"),
    ),
    Threshold(
        "warm event against the straightforward",
        1.0,
        "× its wall time",
        ("warm", "stores", "fast", "straightforward", "function_takes", "median"),
    ),
    Threshold("requests to COS for an event", 1.0, "", ("warm", "requests_per_event")),
    Threshold("100 records, COS takes 20 ms", 0.4, "s", ("batch", "s_per_100_records")),
    Threshold("requests to COS for a record", 1.0, "", ("batch", "requests_per_record")),
    Threshold("decode, route, serialise a SoundHound XML", 10, "× a bare expat parse", ("size", "song", "times_expat")),
    Threshold("time of decoding, up to 5 MB", 1.10, "th power of the size", ("size", "exponent")),
    Threshold("peak memory, small bodies", SMALL_MB, "MB", ("size", "peak_small_mb")),
    Threshold(f"peak memory above {SMALL_MB} MB, up to 5 MB", TIMES_BODY, "× the body", ("size", "peak_times_body")),
    Threshold("layer, zipped", 5.0, "MB", ("layer", "zipped_mb")),
    Threshold("layer, unpacked with bytecode", 16, "MB", ("layer", "unpacked_mb")),
    Threshold("layer built again: files that differ", 0, "", ("layer", "files_that_differ")),
    Threshold("sweep: memory at most jobs against fewest", 1.05, "× the peak", ("sweep", "peak_last_times_first")),
    Threshold("sweep: requests for a settled job", 1.02, "", ("sweep", "requests_per_job")),
    Threshold("peak memory, hostile bodies", 128, "MB", ("hostile", "peak_mb")),
    Threshold("time of a construct, 4 × the size", 1.375, "× the growth of the size", ("constructs", "growth")),
    Threshold("peak memory, constructs", 128, "MB", ("constructs", "peak_mb")),
)


def judge(figures: Mapping[str, Any]) -> list[Verdict]:
    """Compare the figures with every threshold."""
    return [Verdict(threshold, _at(figures, threshold.path)) for threshold in THRESHOLDS]


def _at(figures: Any, path: tuple[str, ...]) -> float | None:
    for name in path:
        figures = figures.get(name) if figures is not None else None
    measured: float | None = figures
    return measured
