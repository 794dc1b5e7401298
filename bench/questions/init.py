"""Init alone: the import of `index`, against what the interpreter and the COS SDK cost anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.deployed import EVENT
from bench.measure import count, digits, how_counted, in_turns, median_of, spread
from bench.report import Table, with_quartiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort, Run

OURS, SDK, FLOOR = "ci-callback", "interpreter + qcloud_cos", "floor with its event"


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Return what each import costs, and our own share: what is neither interpreter nor COS SDK."""
    event = site.write_event("init", json.loads(EVENT.read_text(encoding="utf-8")))
    programs = {
        "interpreter": site.ours.program("imports.py"),
        SDK: site.ours.program("imports.py", "qcloud_cos"),
        "interpreter + pydantic.main": site.floor.program("imports.py", "pydantic.main"),
        OURS: site.ours.program("imports.py", "index"),
        FLOOR: site.floor.program("first_event.py", event),
    }
    runs = in_turns({name: program.run for name, program in programs.items()}, effort.rounds)
    counted = count(programs, effort)
    ours, sdk, floor = counted[OURS], counted[SDK], counted[FLOOR]
    return {
        "imports": {
            name: {
                "wall_ms": spread([run.wall_ms for run in runs[name]]),
                "cpu_ms": spread([run.cpu_ms for run in runs[name]]),
                "instructions_m": counted[name],
                "modules": median_of(runs[name], "modules"),
            }
            for name in runs
        },
        "own_share": {
            "cpu_ms": spread([own for own, _ in _shares(runs)]),
            "of_floor": spread([own / whole for own, whole in _shares(runs)]),
            "instructions_of_floor": digits((ours - sdk) / floor) if ours and sdk and floor else None,
        },
        "instructions_by": how_counted() if effort.instructions else None,
    }


def _shares(runs: dict[str, list[Run]]) -> list[tuple[float, float]]:
    """Return our own milliseconds of each round, and the floor's."""
    return [
        (ours.cpu_ms - sdk.cpu_ms, floor.cpu_ms)
        for ours, sdk, floor in zip(runs[OURS], runs[SDK], runs[FLOOR], strict=True)
    ]


def table(figures: Mapping[str, Any]) -> Table:
    """Return the figures for people."""
    rows: list[tuple[Any, ...]] = [
        (
            name,
            with_quartiles(found["cpu_ms"]),
            with_quartiles(found["wall_ms"]),
            found["instructions_m"],
            found["modules"],
            None,
        )
        for name, found in figures["imports"].items()
    ]
    own = figures["own_share"]
    rows.append(("our own share", with_quartiles(own["cpu_ms"]), None, None, None, with_quartiles(own["of_floor"])))
    return Table("Init: imports alone", ("", "CPU ms", "wall ms", "M instr.", "modules", "of floor"), rows)
