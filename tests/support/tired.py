"""A sweep whose runs have the time for so many jobs and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.commands.sweep.run import Sweep

if TYPE_CHECKING:
    import pytest


_TAKE_TIME = Sweep._take_time


def tire(monkeypatch: pytest.MonkeyPatch, jobs: int, page: int = 10) -> None:
    """Let CI list so many jobs a page, and let the time of each run be over after so many jobs."""
    monkeypatch.setattr("ci_callback.commands.sweep.run._PAGE", page)

    def taken(self: Sweep) -> None:
        """Raise what the real one raises once the jobs are done."""
        if self.report.counts["found"] >= jobs:
            monkeypatch.setattr("ci_callback.commands.sweep.run._ENOUGH_S", 1e9)
        try:
            _TAKE_TIME(self)
        finally:
            monkeypatch.setattr("ci_callback.commands.sweep.run._ENOUGH_S", 2.0)

    monkeypatch.setattr(Sweep, "_take_time", taken)
