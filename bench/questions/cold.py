"""Cold: from the start of the process to the answer to the first event, with the result in the COS."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.deployed import EVENT, RESULT_KEY
from bench.measure import count, digits, in_turns, median_of, ratio, spread
from bench.report import Table, with_quartiles
from local.cloud import BUCKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Function, Site
    from bench.measure import Effort, Run

OURS = "ci-callback"
_OK = 200


def contestants(site: Site) -> dict[str, Function]:
    """Return who takes part, by the name it has in tables."""
    return {
        OURS: site.ours,
        "floor": site.floor,
        "straightforward": site.straightforward,
        "stdlib-only": site.stdlib_only,
    }


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Return each contestant's figures, and how many times theirs ours are."""
    event = site.write_event("cold", json.loads(EVENT.read_text(encoding="utf-8")))
    programs = {name: function.program("first_event.py", event) for name, function in contestants(site).items()}

    def start(name: str) -> Run:
        site.cos.delete(BUCKET, RESULT_KEY)
        run = programs[name].run()
        _check(site, name, run)
        return run

    runs = in_turns({name: partial(start, name) for name in programs}, effort.rounds)
    site.cos.delete(BUCKET, RESULT_KEY)
    ours = {OURS: programs.pop(OURS)}  # counted alone: it heeds what others write
    counted = count(ours, effort) | count(programs, effort)
    return {
        "contestants": {name: _figures(runs[name], counted[name]) for name in runs},
        "ratios": {name: _ratios(runs, counted, name) for name in runs if name != OURS},
    }


def _check(site: Site, name: str, run: Run) -> None:
    """Raise SystemExit unless the run did its work: a failure would be the fastest of all."""
    body = site.cos.get(BUCKET, RESULT_KEY).body.decode()
    if run.told["status"] != _OK or "青花瓷" not in body:
        raise SystemExit(f"bench: {name} answered {run.told['status']} and wrote {body[:200]!r}")


def _figures(runs: list[Run], instructions: float | None) -> dict[str, Any]:
    return {
        "wall_ms": spread([run.wall_ms for run in runs]),
        "cpu_ms": spread([run.cpu_ms for run in runs]),
        "instructions_m": instructions,
        "modules": median_of(runs, "modules"),
        "peak_mb": median_of(runs, "peak_mb"),
    }


def _ratios(runs: Mapping[str, list[Run]], counted: Mapping[str, float | None], name: str) -> dict[str, Any]:
    ours, theirs = counted[OURS], counted[name]
    return {
        "wall": ratio([run.wall_ms for run in runs[OURS]], [run.wall_ms for run in runs[name]]),
        "cpu": ratio([run.cpu_ms for run in runs[OURS]], [run.cpu_ms for run in runs[name]]),
        "instructions": digits(ours / theirs) if ours and theirs else None,
    }


def table(figures: Mapping[str, Any]) -> Table:
    """Return the figures for people."""
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
        ("", "CPU ms", "wall", "M instr.", "modules", "MB", "ours: CPU ×", "wall ×", "instr. ×"),
        rows,
    )
