"""The command `soak`: a progress bar while it lasts, and a summary, or JSON, of what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli.output import output_of
from local.soak.soak import Options, Soak
from terminal.progress import StageProgress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.cli.screen import Screen
    from local.soak.soak import Report

_STAGES = {
    "deliver": "callbacks with faults",
    "sweep": "the sweep without faults",
    "replay": "replay of dead letters",
    "look": "looking at every object",
}
_MOST_PROBLEMS = 20  # that are shown; JSON has them all


def soak(*, as_json: bool, **options: Any) -> int:
    """Soak the function; return 0 when everything is as promised, else 1."""
    with StageProgress() as progress:
        report = Soak(Options(**options), lambda stage, done, total: progress.show(_STAGES[stage], done, total)).run()
    output_of(as_json=as_json).whole(_Summary(report))
    return 0 if report.ok else 1


@dataclass(frozen=True)
class _Summary:
    """What it came to."""

    report: Report

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        _summarize(screen, self.report)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return self.report.as_dict()


def _summarize(screen: Screen, report: Report) -> None:
    options, objects = report.options, report.objects
    screen.line("The soak has ended", "bold")
    screen.field("jobs", f"{report.callbacks:,} for {options['jobs']:,} results, seed {options['seed']}")
    screen.field("CI", f"{report.undelivered:,} callbacks never came; sent: {_told(report.posts)}")
    spoiled = report.requests - report.faults.get("none", 0)
    share = spoiled / max(report.requests, 1)
    screen.field("COS", f"{report.requests:,} requests, {spoiled:,} of them with faults ({share:.0%})")
    screen.field("", _told({fault: count for fault, count in report.faults.items() if fault != "none"}))
    screen.field("answers", _told(report.answers))
    screen.field("outcomes", _told(report.outcomes))
    screen.field("events", _told(report.events))
    screen.field("sweep", _told(report.sweep) or "left out")
    screen.field("replay", f"{report.letters:,} dead letters; {_told(report.replay)}")
    screen.field(
        "objects", f"right {objects.right:,}  missing {objects.missing}  wrong {objects.wrong}  extra {objects.extra}"
    )
    screen.field("dead letters", _told(objects.letters) or "none")
    screen.field("seconds", "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()))
    screen.line()
    if report.ok:
        screen.line(f"OK: {objects.right:,} right objects, nothing else, and every answer was true", "bold green")
        return
    for problem in report.problems[:_MOST_PROBLEMS]:
        screen.line(problem, "red", indent=2)
    more = len(report.problems) - _MOST_PROBLEMS
    if more > 0:
        screen.line(f"… and {more:,} more", "red", indent=2)
    screen.line(f"FAILED: {len(report.problems):,} things are not as promised", "bold red")


def _told(counts: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {count:,}" for name, count in counts.items())
