"""Constructs: the growth of the time, and the peak memory with actions, for a generated list of kinds of bodies.

bench/constructs.py combines them. A store that costs nothing takes what the function writes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import constructs
from bench.http_server import running
from bench.report import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort

_FOLDER = Path(constructs.__file__).parent
_SIZES = (500_000, 2_000_000)  # bytes of bodies whose time is measured
_SMALL_SIZES = (20_000, 80_000)  # in a quick run
_MEMORY_SIZES = (1_000_000, 6_000_000)  # the densest that is read, and the largest that an event can have
_MOST_HELD_MB = 64  # of a body that the platform parsed into more, the event alone takes the memory
_SHOWN = 8


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure every nth construct."""
    rows = {
        "time": _rows(site, "time", effort.constructs, _SIZES if effort.rebuild else _SMALL_SIZES),
        "memory": _rows(site, "memory", 5 * effort.constructs, _MEMORY_SIZES if effort.rebuild else _SMALL_SIZES),
    }
    memory = [row for row in rows["memory"] if row["held_mb"] <= _MOST_HELD_MB]
    return {
        "constructs": len(rows["time"]),
        "fastest_growing": sorted(rows["time"], key=lambda row: -row["growth"])[:_SHOWN],
        "slowest": sorted(rows["time"], key=lambda row: -row["s"][-1])[:_SHOWN],
        "largest": sorted(memory, key=lambda row: -row["peak_mb"])[:_SHOWN],
        "growth": max(row["growth"] for row in rows["time"]),
        "peak_mb": max(row["peak_mb"] for row in memory),
    }


def _rows(site: Site, what: str, every: int, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    with running("bench.store") as address:
        function = replace(site.ci_callback, endpoint=address)
        rows: list[dict[str, Any]] = (
            function.program("constructs.py", _FOLDER, what, every, *sizes).run().output["rows"]
        )
    return rows


def table(figures: Mapping[str, Any]) -> Table:
    """Format the constructs whose time grows fastest, those that take longest, and the largest."""
    timed = [
        (row["construct"][:62], row["outcome"][:20], row["s"][-1] * 1000, row["growth"], None)
        for row in (*figures["fastest_growing"], *figures["slowest"])
    ]
    largest = [(row["construct"][:62], row["outcome"][:20], None, None, row["peak_mb"]) for row in figures["largest"]]
    title = f"Constructs: the extremes of {figures['constructs']}"
    return Table(title, ("", "status", "ms", "time / size", "peak MB"), [*timed, *largest])
