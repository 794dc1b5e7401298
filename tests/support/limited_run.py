"""Narrow limits: commands with few jobs a run, short pages and reports, and little time on a slow COS."""

from __future__ import annotations

import functools
import threading
import time
from typing import TYPE_CHECKING

from ci_callback import lanes
from ci_callback.commands import replay, timer
from ci_callback.commands.limits import LIMITS
from ci_callback.commands.sweep import run as sweep
from ci_callback.function import RUNS, Function
from local.faults.requests import Faults
from tests.support.sweeps import DEAD_LETTERS

if TYPE_CHECKING:
    import pytest

    from ci_callback.function import Run
    from local.faults.requests import Asked
    from tests.support.deployment import Deployment


def limit(deployed: Deployment, **limits: int) -> None:
    """Start a new instance of the function whose commands have these limits."""
    narrow = LIMITS._replace(**limits)
    runs: dict[str, Run] = {
        **RUNS,
        "replay": functools.partial(replay.run, limits=narrow),
        "timer": functools.partial(timer.run, limits=narrow),
        "sweep": functools.partial(sweep.run, limits=narrow),
    }
    deployed.function = Function(deployed.environ, runs)


class SlowCos:
    """A clock that each request moves on, so that a test of a slow COS needs no time itself.

    One part of a batch is settled at a time, since the clock is one for all requests under way. Dead letters are
    refused while `refuses_letters` is set.
    """

    def __init__(
        self, deployed: Deployment, monkeypatch: pytest.MonkeyPatch, *, request_s: float, limit_s: int
    ) -> None:
        self.refuses_letters = False
        self._request_s = request_s
        self._passed_s = 0.0
        monotonic = time.monotonic
        monkeypatch.setattr(lanes, "free_threads", threading.Semaphore(0))
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + self._passed_s)
        deployed.context["time_limit_in_ms"] = limit_s * 1000
        deployed.cos.faults = Faults(only=self._is_refused, then="403")

    def _is_refused(self, asked: Asked) -> bool:
        self._passed_s += self._request_s
        return self.refuses_letters and asked.method == "PUT" and asked.key.startswith(DEAD_LETTERS)
