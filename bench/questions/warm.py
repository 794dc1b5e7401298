"""Warm: an event against a bare put_object of the SDK, on a store that costs nothing and on one as slow as a real one.

Each contestant has a process of its own, in which its events and bare PUTs take turns; the processes take turns too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.deployed import CI_CALLBACK, EVENT
from bench.http_server import counts, running
from bench.measure import digits, in_turns, ratio, spread
from bench.report import Table, with_quartiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.deployed import Function, Site
    from bench.measure import Effort, Run

_OBJECT = "input/test.mp3"
_WARM_UP = 5  # events that do not count, as in inside/warm.py
_COUNTED = 100  # events whose instructions are counted


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure every contestant on both stores."""
    event = site.write_event("warm", EVENT)
    figures = {_name(latency): _on_store(site, event, effort, latency) for latency in effort.latencies_ms}
    with running("bench.store") as address:
        function = replace(site.ci_callback, endpoint=address)
        function.program("warm.py", event, _OBJECT, effort.events, "events").run()
        requests = sum(counts(address).values())
        counted = _instructions(function, event) if effort.instructions else None
    return {
        "stores": figures,
        "instructions_k": counted,
        "requests_per_event": digits(requests / (effort.events + _WARM_UP)),
    }


def _on_store(site: Site, event: Path, effort: Effort, latency_ms: int) -> dict[str, Any]:
    """Measure every contestant on one store, and the function's ratio to each of the others."""
    events = effort.events if latency_ms == 0 else max(5, effort.events // 5)
    with running("bench.store", latency_ms) as address:
        programs = {
            name: replace(function, endpoint=address).program("warm.py", event, _OBJECT, events, "both")
            for name, function in _contestants(site, peers=effort.peers).items()
        }
        runs = in_turns({name: program.run for name, program in programs.items()}, effort.rounds)
    walls = {name: [_walls(run, "events") for run in each] for name, each in runs.items()}
    return {name: _figures(runs[name], walls[CI_CALLBACK], walls[name]) for name in runs}


def _name(latency_ms: int) -> str:
    return f"{latency_ms} ms" if latency_ms else "fast"


def _contestants(site: Site, *, peers: bool) -> dict[str, Function]:
    if not peers:
        return {CI_CALLBACK: site.ci_callback}
    with_sdk = replace(site.stdlib_only, layer=site.floor.layer)  # for the bare PUTs beside its events
    return {CI_CALLBACK: site.ci_callback, "straightforward": site.straightforward, "stdlib-only": with_sdk}


def _walls(run: Run, work: str) -> float:
    """Return the median milliseconds of a run."""
    return spread([wall_ms for wall_ms, _ in run.output["spent"][work]])["median"]


def _figures(runs: Sequence[Run], own: list[float], walls: list[float]) -> dict[str, Any]:
    puts = [_walls(run, "puts") for run in runs]
    cpu = {
        work: [spread([ms for _, ms in run.output["spent"][work]])["median"] for run in runs]
        for work in ("events", "puts")
    }
    return {
        "event_ms": spread(walls),
        "put_ms": spread(puts),
        "times_put": ratio(walls, puts),
        "cpu_times_put": ratio(cpu["events"], cpu["puts"]),
        "function_takes": ratio(own, walls),
    }


def _instructions(function: Function, event: Path) -> dict[str, float | None]:
    """Count the thousands of instructions of one event and of one PUT: those of many less those of none."""
    found: dict[str, float | None] = {}
    for work in ("events", "puts"):
        none, many = (function.program("warm.py", event, _OBJECT, n, work).instructions() for n in (0, _COUNTED))
        found[work] = digits((many - none) * 1000 / _COUNTED) if none and many else None
    return found


def table(figures: Mapping[str, Any]) -> Table:
    """Format a row for each contestant and store."""
    rows = [
        (
            f"{name}, {store} store",
            found["event_ms"]["median"],
            found["put_ms"]["median"],
            with_quartiles(found["times_put"]),
            found["cpu_times_put"]["median"],
            with_quartiles(found["function_takes"]),
        )
        for store, contestants in figures["stores"].items()
        for name, found in contestants.items()
    ]
    counted = figures["instructions_k"] or {}
    note = "".join(f", {number:,.0f} k instructions for {work}" for work, number in counted.items() if number)
    title = f"Warm: an event against a bare put_object; {figures['requests_per_event']:g} requests an event{note}"
    return Table(title, ("", "event ms", "PUT ms", "event / PUT", "CPU", f"{CI_CALLBACK} takes ×"), rows)
