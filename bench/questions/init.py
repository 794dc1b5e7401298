"""Init alone: the import of `index`, against the interpreter and the COS SDK by themselves."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from bench.deployed import CI_CALLBACK, EVENT
from bench.measure import count, digits, in_turns, instruction_counter, spread
from bench.report import Table, with_quartiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort

SDK, FLOOR = "interpreter + qcloud_cos", "floor with its event"


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure each import, and the function's own share, without interpreter and COS SDK."""
    event = site.write_event("init", EVENT)
    programs = {
        "interpreter": site.ci_callback.program("imports.py"),
        SDK: site.ci_callback.program("imports.py", "qcloud_cos"),
        "interpreter + pydantic.main": site.floor.program("imports.py", "pydantic.main"),
        CI_CALLBACK: site.ci_callback.program("imports.py", "index"),
        FLOOR: site.floor.program("first_event.py", event),
    }
    runs = in_turns({name: program.run for name, program in programs.items()}, effort.rounds)
    counted = count(programs, effort)
    function, sdk, floor = counted[CI_CALLBACK], counted[SDK], counted[FLOOR]
    rounds = list(zip(runs[CI_CALLBACK], runs[SDK], runs[FLOOR], strict=True))
    return {
        "imports": {
            name: {
                "wall_ms": spread([run.wall_ms for run in runs[name]]),
                "cpu_ms": spread([run.cpu_ms for run in runs[name]]),
                "instructions_m": counted[name],
                "modules": statistics.median(run.output["modules"] for run in runs[name]),
            }
            for name in runs
        },
        "own_share": {
            "cpu_ms": spread([run.cpu_ms - of_sdk.cpu_ms for run, of_sdk, _ in rounds]),
            "of_floor": spread([(run.cpu_ms - of_sdk.cpu_ms) / whole.cpu_ms for run, of_sdk, whole in rounds]),
            "instructions_of_floor": digits((function - sdk) / floor) if function and sdk and floor else None,
        },
        "instructions_by": instruction_counter() if effort.instructions else None,
    }


def table(figures: Mapping[str, Any]) -> Table:
    """Format a row for each import, and the own share below."""
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
    rows.append(("own share", with_quartiles(own["cpu_ms"]), None, None, None, with_quartiles(own["of_floor"])))
    return Table("Init: imports alone", ("", "CPU ms", "wall ms", "M instr.", "modules", "of floor"), rows)
