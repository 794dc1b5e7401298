"""The timer events of a soak, after which no dead letter may be left that settles by itself."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ci_callback.results.dead_letter import RETRY
from local.soak.fields import TAGS
from local.soak.verdict import DEAD_LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from local.scf.server import Invocation

    Invoke = Callable[[Any], Invocation]

# The Tags of the soak's jobs: each of the others would be one more request.
_SWEEP = json.dumps({"sweep": {"tags": [*TAGS]}})
_TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2025-04-05T06:00:00Z", "Message": _SWEEP}

_OK = 200
_MOST_RUNS = 1000  # far more than any soak needs, against an endless one


class TimerFailedError(Exception):
    """A timer event failed."""


def run_at_once(invoke: Invoke, count: int = 1) -> list[dict[str, Any]]:
    """Send timer events at once; return the reports, or raise TimerFailedError."""
    with ThreadPoolExecutor(count) as threads:
        return [_report(invocation) for invocation in threads.map(invoke, [_TIMER] * count)]


def until_the_end(invoke: Invoke, count: int = 1) -> Iterator[dict[str, Any]]:
    """Send timer events, so many at once, until they find nothing to do; yield each report, or raise TimerFailedError.

    That is the case once none of them has a `next` or has healed anything.
    """
    for _ in range(_MOST_RUNS):
        reports = run_at_once(invoke, count)
        yield from reports
        if not any(report["next"] or report.get("healed") for report in reports):
            return
    raise TimerFailedError(f"the timer did not come to an end in {_MOST_RUNS} runs")


def unhealed(keys: Iterable[str]) -> list[str]:
    """Return a problem for each dead letter with a reason that passes."""
    return [f"the timer has left {key}" for key in keys if key.startswith(f"{DEAD_LETTERS}{RETRY}")]


def _report(invocation: Invocation) -> dict[str, Any]:
    if invocation.error is not None or invocation.result["statusCode"] != _OK:
        raise TimerFailedError(f"the timer failed: {invocation.error or invocation.result}")
    report: dict[str, Any] = json.loads(invocation.result["body"])
    return report
