"""Runs of a command with narrow limits: few jobs or dead letters a run, short pages, short reports."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ci_callback.commands import replay
from ci_callback.commands.limits import LIMITS
from ci_callback.commands.sweep import run as sweep
from ci_callback.function import RUNS, Function

if TYPE_CHECKING:
    from ci_callback.function import Run
    from tests.support.deployment import Deployment


def limit(deployed: Deployment, **limits: int) -> None:
    """Start a new instance of the function whose sweeps and replays have these limits."""
    narrow = LIMITS._replace(**limits)
    runs: dict[str, Run] = {
        **RUNS,
        "replay": functools.partial(replay.run, limits=narrow),
        "sweep": functools.partial(sweep.run, limits=narrow),
    }
    deployed.function = Function(deployed.environ, runs)
