"""What `doctor` and `smoke` report: one finding for each thing they looked at, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["ok", "warning", "problem"]

_LEVELS: tuple[Level, ...] = ("problem", "warning", "ok")

# Bounds the report, whatever CI and COS have to tell.
_MAX_FINDINGS = 400
_MAX_TEXT = 700


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, what to say of it, and how to mend it ("" where nothing need be)."""

    check: str
    level: Level
    message: str
    fix: str = ""


def ok(check: str, message: str) -> Finding:
    """Return that something is right."""
    return Finding(check, "ok", message)


def warning(check: str, message: str, fix: str) -> Finding:
    """Return that somebody should look at something."""
    return Finding(check, "warning", message, fix)


def problem(check: str, message: str, fix: str) -> Finding:
    """Return that something does not work."""
    return Finding(check, "problem", message, fix)


def report(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return how many findings there are of each level, and the findings, the worst first."""
    found = sorted(findings, key=lambda finding: _LEVELS.index(finding.level))
    counts = {level: sum(finding.level == level for finding in found) for level in _LEVELS}
    return {
        "ok": counts["ok"],
        "warnings": counts["warning"],
        "problems": counts["problem"],
        "findings": [_as_dict(finding) for finding in found[:_MAX_FINDINGS]],
    }


def _as_dict(finding: Finding) -> dict[str, str]:
    told = {"check": finding.check, "level": finding.level, "message": finding.message[:_MAX_TEXT]}
    return {**told, "fix": finding.fix[:_MAX_TEXT]} if finding.fix else told


def many(number: int, noun: str) -> str:
    """Return a number and a noun that takes an s for more than one, for a sentence."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
