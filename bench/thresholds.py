"""The bars: what must not be exceeded. Times are judged as ratios of what ran side by side, never by themselves.

A cold start is judged by processor time, which the machine's other work and the local COS do not enter. A warm event is
judged by wall time, since most of a PUT is waiting: the local COS answers sooner than any real one, so that the ratio
errs against us.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Bar:
    """What a figure may be at most; `path` is where it stands among the figures."""

    name: str
    at_most: float
    unit: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """A bar, and the figure, None where there is none."""

    bar: Bar
    measured: float | None

    @property
    def passed(self) -> bool | None:
        """Whether the bar is met; None where nothing was measured."""
        return None if self.measured is None else self.measured <= self.bar.at_most


# What a small body may need, and how many times its own bytes a larger one may need beside that.
SMALL_MB = 48
TIMES_BODY = 6

BARS = (
    Bar("cold start against the floor", 0.80, "× its CPU time", ("cold", "ratios", "floor", "cpu", "median")),
    Bar("cold start, straightforward", 0.25, "× its CPU time", ("cold", "ratios", "straightforward", "cpu", "median")),
    Bar("cold start, stdlib-only", 3.0, "× its CPU time", ("cold", "ratios", "stdlib-only", "cpu", "median")),
    Bar("our own share of init", 0.10, "of the floor's CPU time", ("init", "own_share", "of_floor", "median")),
    Bar("warm event against a bare put_object", 1.10, "× its wall time", ("warm", "wall", "undisturbed_times_put")),
    Bar("requests to COS for an event", 1.0, "", ("warm", "requests_per_event")),
    Bar("decode, route, serialise a SoundHound XML", 12, "× a bare expat parse", ("size", "song", "times_expat")),
    Bar("time of decoding, up to 5 MB", 1.10, "th power of the size", ("size", "exponent")),
    Bar("peak memory, small bodies", SMALL_MB, "MB", ("size", "peak_small_mb")),
    Bar(f"peak memory above {SMALL_MB} MB, up to 5 MB", TIMES_BODY, "× the body", ("size", "peak_times_body")),
    Bar("layer, zipped", 5.5, "MB", ("layer", "zipped_mb")),
    Bar("layer, unpacked with bytecode", 16, "MB", ("layer", "unpacked_mb")),
    Bar("layer built again: files that differ", 0, "", ("layer", "files_that_differ")),
    Bar("sweep: memory at most jobs against fewest", 1.05, "× the peak", ("sweep", "peak_last_times_first")),
    Bar("sweep: requests for a settled job", 1.02, "", ("sweep", "requests_per_job")),
    Bar("peak memory, hostile bodies", 128, "MB", ("hostile", "peak_mb")),
)


def judge(figures: Mapping[str, Any]) -> list[Verdict]:
    """Return the verdict on every bar."""
    return [Verdict(bar, _at(figures, bar.path)) for bar in BARS]


def _at(figures: Any, path: tuple[str, ...]) -> float | None:
    for name in path:
        figures = figures.get(name) if figures is not None else None
    measured: float | None = figures
    return measured
