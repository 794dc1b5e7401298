"""The function's own log: one JSON line per delivery, and one per problem. docs/operation.md lists the fields.

Never the event, the context, headers, tokens or bodies. SCF cuts lines at 8 KB:
https://cloud.tencent.com/document/product/583/52644.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .delivery import Outcome, Settlement

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

LEVELS: tuple[Level, ...] = ("DEBUG", "INFO", "WARNING", "ERROR")
_MAX_TEXT = 300
_MAX_JOBS = 10


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

    def fields(self) -> dict[str, float]:
        """Return `<phase>_ms` for each phase, and `total_ms`."""
        phases = {f"{name}_ms": round(spent, 1) for name, spent in self.phases.items()}
        return {**phases, "total_ms": round((time.monotonic() - self.started) * 1000, 1)}


def emit(threshold: Level, fields: Mapping[str, Any]) -> None:
    """Write a line to standard output, which SCF sends to CLS, unless its `level` is below the threshold."""
    if LEVELS.index(fields["level"]) < LEVELS.index(threshold):
        return
    # ASCII: nothing a caller wrote can break the line or steer a terminal
    sys.stdout.write(json.dumps(_cut(fields), separators=(",", ":")) + "\n")
    sys.stdout.flush()


def settlement_fields(settlement: Settlement) -> dict[str, Any]:
    """Return what the line of a delivery says of its outcome: a single job's fields stand at the top level."""
    fields: dict[str, Any] = {
        name: value for name in ("outcome", "reason", "detail", "key") if (value := getattr(settlement, name))
    }
    if len(settlement.jobs) == 1:
        return {**fields, **_job_fields(settlement.jobs[0])}
    if settlement.jobs:
        fields["jobs_total"] = len(settlement.jobs)
        fields["jobs"] = [_cut(_job_fields(job)) for job in settlement.jobs[:_MAX_JOBS]]
    return fields


def level_of(settlement: Settlement) -> Level:
    """Return ERROR where something is not durable, WARNING where somebody must look, else INFO."""
    if settlement.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "ERROR"
    looped = any(job.reason == "loop" for job in settlement.jobs)
    return "WARNING" if looped or "dead-lettered" in settlement.outcomes else "INFO"


def _job_fields(job: Outcome) -> dict[str, Any]:
    names = ("job_id", "tag", "state", "route", "outcome", "bucket", "key", "then", "reason", "detail")
    return {name: value for name in names if (value := getattr(job, name)) != ""}


def _cut(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[:_MAX_TEXT] if isinstance(value, str) else value for name, value in fields.items()}
