"""The log: a JSON line per delivery or command, per job of several, and per mistake in the settings.

docs/operation.md lists the fields. They are numbers and texts at the top level, as SCF makes fields for CLS of no
others: https://cloud.tencent.com/document/product/583/55595. Never the event, the context, headers, tokens or bodies.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .delivery import Outcome, OutcomeName, Settlement

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

LEVELS: tuple[Level, ...] = ("DEBUG", "INFO", "WARNING", "ERROR")
_MAX_JOBS = 1000  # lines about the jobs of one delivery; SCF takes 5,000 lines and 1 MB of an invocation within 5 s

_held: ContextVar[list[str] | None] = ContextVar("_held", default=None)

_MAX_TEXT = 300
_LONGER = {"problem": 5}  # a wrong setting is logged with its whole example
_MAX_LINE = 8000  # SCF cuts at 8 KB, and the rest is no JSON: https://cloud.tencent.com/document/product/583/52644
_NOT_DURABLE: frozenset[OutcomeName] = frozenset(("retry", "unverified"))
_NOTICED = frozenset(("dead-lettered", "refused"))


class Stopwatch:
    """Milliseconds by phase."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.phases: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of the block to the phase."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + (time.monotonic() - began) * 1000

    def resume(self) -> None:
        """Leave out the time since the last phase, in which others had their turn."""
        self.started = time.monotonic() - sum(self.phases.values()) / 1000

    def fields(self) -> dict[str, float]:
        """Return `<phase>_ms` for each phase, and `total_ms`."""
        phases = {f"{name}_ms": round(spent, 1) for name, spent in self.phases.items()}
        return {**phases, "total_ms": round((time.monotonic() - self.started) * 1000, 1)}


def emit(threshold: Level, fields: Mapping[str, Any]) -> None:
    """Write a line to standard output, which SCF sends to CLS, unless its `level` is below the threshold."""
    if LEVELS.index(fields["level"]) < LEVELS.index(threshold):
        return
    line = _line(fields) + "\n"
    held = _held.get()
    if held is None:
        release([line])
    else:
        held.append(line)


@contextmanager
def held() -> Iterator[list[str]]:
    """Hold the lines of the block in a list: those of deliveries that are settled at once must not mix."""
    lines: list[str] = []
    token = _held.set(lines)
    try:
        yield lines
    finally:
        _held.reset(token)


def release(lines: Iterable[str]) -> None:
    """Write lines that were held."""
    sys.stdout.writelines(lines)
    sys.stdout.flush()


def settlement_fields(settlement: Settlement) -> dict[str, Any]:
    """Return the log fields of a delivery: those of its single job, or the number of its jobs."""
    fields: dict[str, Any] = {
        name: value for name in ("outcome", "reason", "detail", "key") if (value := getattr(settlement, name))
    }
    if len(settlement.jobs) == 1:
        return {**fields, **job_fields(settlement.jobs[0])}
    return {**fields, "jobs": len(settlement.jobs)} if settlement.jobs else fields


def level_of(settlement: Settlement) -> Level:
    """Return ERROR where a job is not durable, WARNING where a person must look, else INFO."""
    if settlement.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "ERROR"
    is_noticed = settlement.outcome in _NOTICED or any(level_of_job(job) != "INFO" for job in settlement.jobs)
    return "WARNING" if is_noticed else "INFO"


def level_of_job(job: Outcome) -> Level:
    """Return the level of one job."""
    if job.outcome in _NOT_DURABLE:
        return "ERROR"
    return "WARNING" if job.outcome in _NOTICED or job.reason in {"loop", "unknown-state"} else "INFO"


def logged_jobs(jobs: Sequence[Outcome], most: int = _MAX_JOBS) -> Iterator[Outcome]:
    """Return the jobs that get a line each, in their order; of too many, those of level INFO are left out first."""
    by_level = sorted(range(len(jobs)), key=lambda at: level_of_job(jobs[at]) == "INFO")
    return (jobs[at] for at in sorted(by_level[:most]))


def job_fields(job: Outcome) -> dict[str, Any]:
    """Return the log fields of a job that have a value."""
    names = (
        "job_id",
        "tag",
        "state",
        "route",
        "outcome",
        "bucket",
        "key",
        "then",
        "late_s",
        "repaired",
        "reason",
        "detail",
    )
    return {name: value for name in names if (value := getattr(job, name)) not in {"", None}}


def _line(fields: Mapping[str, Any]) -> str:
    """Return the fields as JSON within SCF's limit, their texts as long as that allows."""
    longest = _MAX_TEXT
    while True:
        shortened = {name: _value(value, longest * _LONGER.get(name, 1)) for name, value in fields.items()}
        # ASCII: no text of a caller can break the line or steer a terminal
        line = json.dumps(shortened, separators=(",", ":"))
        if len(line) < _MAX_LINE:
            return line
        longest //= 2


def _value(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return value[:longest]
    return int(value) if isinstance(value, bool) else value
