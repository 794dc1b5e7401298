"""`python -m bench`: measure, print, and keep the figures in bench/results/."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bench import cold, cost, cost_page, hostile_bodies, init, layer, plot, report, size, sweep, warm
from bench.bars import judge
from bench.deployed import open_site
from bench.measure import FULL, QUICK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.bars import Verdict

QUESTIONS: dict[str, Any] = {
    "cold": cold,
    "init": init,
    "warm": warm,
    "size": size,
    "layer": layer,
    "sweep": sweep,
    "hostile": hostile_bodies,
    "cost": cost,
}
RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; with --check return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="what the function costs, beside others")
    parser.add_argument("questions", nargs="*", metavar="question", help=f"of {', '.join(QUESTIONS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="take seconds: whether it works, not what it costs")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--results", type=Path, help="folder for JSON and plot; default: bench/results for a whole run")
    options = parser.parse_args(arguments)
    if unknown := set(options.questions) - QUESTIONS.keys():
        parser.error(f"there is no question {min(unknown)}")
    results = options.results or (None if options.quick or options.questions else RESULTS)
    console = Console(highlight=False, width=max(Console().width, report.WIDTH))
    figures: dict[str, Any] = {}
    with open_site() as site:
        for name in options.questions or QUESTIONS:
            began = time.monotonic()
            figures[name] = QUESTIONS[name].measure(site, QUICK if options.quick else FULL)
            report.show(console, QUESTIONS[name].table(figures[name]), f"{time.monotonic() - began:.0f} s")
        python = site.ours.python
    verdicts = judge(figures)
    report.show_verdicts(console, verdicts)
    if results:
        _write(results, {**_circumstances(python), "quick": options.quick, "figures": figures}, verdicts)
    if results == RESULTS:
        cost_page.write(figures["cost"])
    return int(options.check and any(verdict.passed is False for verdict in verdicts))


def _write(folder: Path, record: dict[str, Any], verdicts: Sequence[Verdict]) -> None:
    """Write JSON and plot."""
    bars = [
        {"name": each.bar.name, "at_most": each.bar.at_most, "unit": each.bar.unit, "measured": each.measured}
        for each in verdicts
    ]
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**record, "bars": bars}, indent=2, ensure_ascii=False)
    (folder / "bench.json").write_text(text + "\n", encoding="utf-8")
    (folder / "bench.svg").write_text(plot.draw(record), encoding="utf-8")


def _circumstances(python: str) -> dict[str, Any]:
    """Return when and where this is."""
    version = subprocess.run(
        [python, "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True, check=True
    )
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "python": version.stdout.strip(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    raise SystemExit(main())
