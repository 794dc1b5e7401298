"""The command `soak`: a progress bar on a terminal, then a summary of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli import screen
from local.cli.output import Output
from local.soak.chaos import Chaos
from local.soak.chaos import Options as ChaosOptions
from local.soak.chaos import Report as ChaosReport
from local.soak.soak import FAULTS, Options, Report, Soak
from terminal.progress import StageProgress
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.faults.requests import Faults

_STAGES = {
    "deliver": "callbacks with faults",
    "timer": "the timer without faults",
    "look": "checking every object",
}
_JOBS, _JOBS_IN_CHAOS = 10_000, 1_000
_MAX_PROBLEMS = 20  # in the summary; JSON has them all


def soak(  # the options of the command
    *, as_json: bool, chaos: bool, jobs: int | None, faults: Faults | None, sweep: bool, **more: Any
) -> int:
    """Soak the function; return 0 if every promise holds, else 1."""
    if chaos and (faults or not sweep):
        raise UserError("--chaos has faults and timers of its own: leave out --faults and --no-sweep.")
    with StageProgress() as progress:

        def watch(stage: str, done: int, total: int) -> None:
            progress.show(_STAGES.get(stage, stage), done, total)

        report: Report | ChaosReport
        if chaos:
            report = Chaos(ChaosOptions(jobs=jobs or _JOBS_IN_CHAOS, **more), watch).run()
        else:
            report = Soak(Options(jobs=jobs or _JOBS, faults=faults or FAULTS, sweep=sweep, **more), watch).run()
    Output(as_json=as_json).report(_Summary(report))
    return 0 if report.ok else 1


@dataclass(frozen=True)
class _Summary:
    """The report of a soak."""

    report: Report | ChaosReport

    def show(self) -> None:
        """Print it as text."""
        report = self.report
        options, objects = report.options, report.objects
        chaos = isinstance(report, ChaosReport)
        screen.line("The chaos run has ended" if chaos else "The soak has ended", bold=True)
        screen.field("jobs", f"{report.callbacks:,} for {options['jobs']:,} results, seed {options['seed']}")
        screen.field("CI", f"{report.undelivered:,} callbacks not sent; sent: {_counts(report.posts)}")
        screen.field("queue", _counts(report.batches))
        requests = sum(report.faults.values())
        spoiled = requests - report.faults.get("none", 0)
        screen.field(
            "COS", f"{requests:,} requests, {spoiled:,} of them with faults ({spoiled / max(requests, 1):.0%})"
        )
        screen.field("", _counts({fault: count for fault, count in report.faults.items() if fault != "none"}))
        screen.field("answers", _counts(report.answers))
        if isinstance(report, ChaosReport):
            screen.field("instances", f"{report.kills:,} killed")
            screen.field("uploads", _counts(report.uploads))
            screen.field("beside", _counts(report.beside))
        else:
            screen.field("outcomes", _counts(report.outcomes))
            screen.field("events", _counts(report.events))
        screen.field("timer", _counts(report.timer) or "left out")
        counts = {name: getattr(objects, name) for name in ("right", "missing", "wrong", "extra")}
        screen.field("objects", _counts(counts))
        screen.field("dead letters", _counts(objects.dead_letters) or "none")
        screen.field("seconds", "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()))
        screen.line()
        if report.ok:
            text = f"OK: {objects.right:,} right objects, nothing else, and every reply was right"
            screen.line(text, fg="green", bold=True)
            return
        for problem in report.problems[:_MAX_PROBLEMS]:
            screen.line(f"  {problem}", fg="red")
        more = len(report.problems) - _MAX_PROBLEMS
        if more > 0:
            screen.line(f"  … and {more:,} more", fg="red")
        screen.line(f"FAILED: {len(report.problems):,} broken promises", fg="red", bold=True)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return self.report.as_dict()


def _counts(counts: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {count:,}" for name, count in counts.items())
