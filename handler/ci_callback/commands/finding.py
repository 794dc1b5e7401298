"""Findings, of which the reports of `doctor` and `smoke` consist: one for each check, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["ok", "warning", "problem"]

_LEVELS: tuple[Level, ...] = ("problem", "warning", "ok")

# Bounds of the report, however much CI and COS answer.
_MAX_FINDINGS = 400
_MAX_TEXT = 1500  # a wrong setting is reported with its whole example


@dataclass(frozen=True)
class Finding:
    """The result of a check; `fix` is the remedy, "" for what is right."""

    check: str
    level: Level
    message: str
    fix: str = ""


def ok(check: str, message: str) -> Finding:
    """Return a finding about what is right."""
    return Finding(check, "ok", message)


def warning(check: str, message: str, fix: str) -> Finding:
    """Return a finding that a person should look at."""
    return Finding(check, "warning", message, fix)


def problem(check: str, message: str, fix: str) -> Finding:
    """Return a finding about what does not work."""
    return Finding(check, "problem", message, fix)


def report(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return the findings, the worst first, and how many there are of each level."""
    found = sorted(findings, key=lambda finding: _LEVELS.index(finding.level))
    counts = {level: sum(finding.level == level for finding in found) for level in _LEVELS}
    return {
        "ok": counts["ok"],
        "warnings": counts["warning"],
        "problems": counts["problem"],
        "findings": [_as_dict(finding) for finding in found[:_MAX_FINDINGS]],
    }


def _as_dict(finding: Finding) -> dict[str, str]:
    fields = {"check": finding.check, "level": finding.level, "message": finding.message[:_MAX_TEXT]}
    return {**fields, "fix": finding.fix[:_MAX_TEXT]} if finding.fix else fields


def many(number: int, noun: str) -> str:
    """Return a number and its noun, with an s for more than one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
