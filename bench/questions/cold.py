"""Cold: from the start of the process to the answer to the first event, with the result in COS."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.deployed import CI_CALLBACK, EVENT, RESULT_KEY
from bench.measure import count, digits, in_turns, ratio, spread
from bench.report import Table, with_quartiles
from local.defaults import BUCKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort, Run

_OK = 200


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure each contestant, and the function's ratio to each of the others."""
    event = site.write_event("cold", EVENT)
    contestants = {
        CI_CALLBACK: site.ci_callback,
        "floor": site.floor,
        "straightforward": site.straightforward,
        "stdlib-only": site.stdlib_only,
    }
    programs = {name: function.program("first_event.py", event) for name, function in contestants.items()}

    def start(name: str) -> Run:
        site.cos.delete(BUCKET, RESULT_KEY)
        run = programs[name].run()
        _check(site, name, run)
        return run

    runs = in_turns({name: partial(start, name) for name in programs}, effort.rounds)
    site.cos.delete(BUCKET, RESULT_KEY)
    alone = {CI_CALLBACK: programs.pop(CI_CALLBACK)}  # the others' objects would make it look for conflicts
    counted = count(alone, effort) | count(programs, effort)
    return {
        "contestants": {name: _figures(runs[name], counted[name]) for name in runs},
        "ratios": {name: _ratios(runs, counted, name) for name in programs},
    }


def _check(site: Site, name: str, run: Run) -> None:
    """Raise SystemExit unless the result is stored: a failure would be the fastest of all."""
    body = site.cos.get(BUCKET, RESULT_KEY).body.decode()
    if run.output["status"] != _OK or "青花瓷" not in body:
        raise SystemExit(f"bench: {name} answered {run.output['status']} and wrote {body[:200]!r}")


def _figures(runs: list[Run], instructions: float | None) -> dict[str, Any]:
    return {
        "wall_ms": spread([run.wall_ms for run in runs]),
        "cpu_ms": spread([run.cpu_ms for run in runs]),
        "instructions_m": instructions,
        "modules": statistics.median(run.output["modules"] for run in runs),
        "peak_mb": digits(statistics.median(run.output["peak_mb"] for run in runs)),
    }


def _ratios(runs: Mapping[str, list[Run]], counted: Mapping[str, float | None], name: str) -> dict[str, Any]:
    function, other = counted[CI_CALLBACK], counted[name]
    return {
        "wall": ratio([run.wall_ms for run in runs[CI_CALLBACK]], [run.wall_ms for run in runs[name]]),
        "cpu": ratio([run.cpu_ms for run in runs[CI_CALLBACK]], [run.cpu_ms for run in runs[name]]),
        "instructions": digits(function / other) if function and other else None,
    }


def table(figures: Mapping[str, Any]) -> Table:
    """Format a row for each contestant."""
    rows = []
    for name, found in figures["contestants"].items():
        times = figures["ratios"].get(name)
        rows.append(
            (
                name,
                with_quartiles(found["cpu_ms"]),
                found["wall_ms"]["median"],
                found["instructions_m"],
                found["modules"],
                found["peak_mb"],
                times and with_quartiles(times["cpu"]),
                times and times["wall"]["median"],
                times and times["instructions"],
            )
        )
    return Table(
        "Cold: process start to first answer, its object in COS",
        ("", "CPU ms", "wall", "M instr.", "modules", "MB", f"{CI_CALLBACK}: CPU ×", "wall ×", "instr. ×"),
        rows,
    )
