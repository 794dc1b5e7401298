"""`python -m bench`: measure, print, and keep the figures in bench/results/."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bench import page, report
from bench.deployed import open_site
from bench.measure import FULL, QUICK
from bench.questions import batch, cold, constructs, hostile_bodies, init, layer, size, sweep, warm
from bench.thresholds import judge
from layers import ROOT
from layers.bytecode import BuildError
from terminal.console import PipeConsole
from terminal.exit_codes import exit_code
from terminal.progress import StageProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure import Effort

QUESTIONS: dict[str, Any] = {
    "cold": cold,
    "init": init,
    "warm": warm,
    "batch": batch,
    "size": size,
    "layer": layer,
    "sweep": sweep,
    "hostile": hostile_bodies,
    "constructs": constructs,
}
RESULTS = Path(__file__).resolve().parent / "results" / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the questions named; with --check return 1 if a threshold is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="measure the function beside other handlers")
    parser.add_argument("questions", nargs="*", metavar="question", help=f"of {', '.join(QUESTIONS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="take seconds: enough to see that it works")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a threshold is exceeded")
    parser.add_argument(
        "--results",
        type=Path,
        help=f"file for the figures; default: {RESULTS.name} for a full run; it keeps those of questions not asked",
    )
    parser.add_argument("--docs", action="store_true", help="measure nothing: bring docs/performance into line")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, the tables to standard error")
    options = parser.parse_args(arguments)
    if options.docs:
        print("\n".join(page.update(ROOT, json.loads(RESULTS.read_text(encoding="utf-8")))) or "All is up to date.")
        return 0
    if unknown := set(options.questions) - QUESTIONS.keys():
        parser.error(f"there is no question {min(unknown)}: choose from {', '.join(QUESTIONS)}")
    results = options.results or (None if options.quick or options.questions else RESULTS)
    if results and (results.is_dir() or not results.parent.is_dir()):
        parser.error(f"--results needs a file in a folder that exists, not {results}")
    console = PipeConsole(stderr=options.json, highlight=False, width=max(Console().width, report.WIDTH))
    asked = options.questions or [*QUESTIONS]
    try:
        python, figures = _measure(console, asked, QUICK if options.quick else FULL)
    except BuildError as error:
        parser.exit(2, f"error: {error}\n")
    kept = _kept(results, options.questions)
    circumstances = _circumstances(python)
    dates = {**kept.get("dates", {}), **dict.fromkeys(figures, circumstances["date"])}
    figures = {**kept.get("figures", {}), **figures}
    verdicts = judge(figures)
    report.show_verdicts(console, [each for each in verdicts if each.threshold.path[0] in asked])
    record = {
        **circumstances,
        "dates": dates,
        "quick": options.quick,
        "figures": figures,
        "thresholds": [
            {
                "name": each.threshold.name,
                "at_most": each.threshold.at_most,
                "unit": each.threshold.unit,
                "measured": each.measured,
            }
            for each in verdicts
        ],
    }
    text = json.dumps(record, indent=2, ensure_ascii=False)
    if results:
        results.write_text(text + "\n", encoding="utf-8")
    if results and results.resolve() == RESULTS:
        page.update(ROOT, record)
    if options.json:
        print(text)
    return int(options.check and any(verdict.passed is False for verdict in verdicts))


def _kept(results: Path | None, questions: Sequence[str]) -> dict[str, Any]:
    """Return the run in the file, whose figures stay for the questions that this one does not measure, if any."""
    if not questions or results is None or not results.is_file():
        return {}
    kept: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return kept


def _measure(console: Console, questions: Sequence[str], effort: Effort) -> tuple[str, dict[str, Any]]:
    """Return the interpreter and the figures of each question; print each table when it is complete."""
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        with StageProgress(transient=True) as progress:
            progress.show("unpacking what ships")
            site = stack.enter_context(open_site())
        for at, name in enumerate(questions):
            began = time.monotonic()
            with StageProgress(transient=True) as progress:  # removed before the table is printed on the same terminal
                progress.show(name, at, len(questions))
                figures[name] = QUESTIONS[name].measure(site, effort)
            report.show(console, QUESTIONS[name].table(figures[name]), f"{time.monotonic() - began:.0f} s")
        return site.ci_callback.python, figures


def _circumstances(python: str) -> dict[str, Any]:
    """Return the date, the version of Python and the machine."""
    command = [python, "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(command, capture_output=True, text=True, check=True)
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
    raise SystemExit(exit_code(main))
