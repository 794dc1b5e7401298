"""The command `soak`: a progress bar on a terminal, then a summary of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli import screen
from local.cli.output import Output
from local.soak.soak import FAULTS, Options, Soak
from terminal.progress import StageProgress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.faults.requests import Faults
    from local.soak.soak import Report

_STAGES = {
    "deliver": "callbacks with faults",
    "sweep": "the timer without faults",
    "replay": "replay of dead letters",
    "look": "checking every object",
}
_MAX_PROBLEMS = 20  # in the summary; JSON has them all


def soak(*, as_json: bool, faults: Faults | None, **more: Any) -> int:
    """Soak the function; return 0 if every promise holds, else 1."""
    options = Options(faults=faults or FAULTS, **more)
    with StageProgress() as progress:
        report = Soak(options, lambda stage, done, total: progress.show(_STAGES[stage], done, total)).run()
    Output(as_json=as_json).report(_Summary(report))
    return 0 if report.ok else 1


@dataclass(frozen=True)
class _Summary:
    """The report of a soak."""

    report: Report

    def show(self) -> None:
        """Print it as text."""
        report = self.report
        options, objects = report.options, report.objects
        screen.line("The soak has ended", bold=True)
        screen.field("jobs", f"{report.callbacks:,} for {options['jobs']:,} results, seed {options['seed']}")
        screen.field("CI", f"{report.undelivered:,} callbacks not sent; sent: {_counts(report.posts)}")
        spoiled = report.requests - report.faults.get("none", 0)
        share = spoiled / max(report.requests, 1)
        screen.field("COS", f"{report.requests:,} requests, {spoiled:,} of them with faults ({share:.0%})")
        screen.field("", _counts({fault: count for fault, count in report.faults.items() if fault != "none"}))
        screen.field("answers", _counts(report.answers))
        screen.field("outcomes", _counts(report.outcomes))
        screen.field("events", _counts(report.events))
        screen.field("timer", _counts(report.sweep) or "left out")
        screen.field("replay", f"{report.dead_letters:,} dead letters; {_counts(report.replay)}")
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
