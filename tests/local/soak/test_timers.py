"""The timer events of a soak end, or are reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.scf.server import Invocation
from local.soak import timers
from local.soak.timers import TimerFailedError


def reply(status: int, **report: Any) -> Invocation:
    """Return an invocation that was answered."""
    return Invocation("id", {"statusCode": status, "body": json.dumps(report)}, None, "", None, 1, 128, 1.0)


def test_timer_runs_until_nothing_is_left() -> None:
    """That is after a run that healed nothing and has no next."""
    replies = [reply(200, next={}, healed=1), reply(200, next=None, healed=2), reply(200, next=None, healed=0)]
    reports = [*timers.until_the_end(lambda _: replies.pop(0))]
    assert (len(reports), replies) == (3, [])


def test_endless_timer_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that always has a `next` is given up."""
    monkeypatch.setattr(timers, "_MOST_RUNS", 3)
    with pytest.raises(TimerFailedError, match="did not come to an end in 3 runs"):
        [*timers.until_the_end(lambda _: reply(200, next={"at": 1}), 2)]


def test_failed_timer_is_reported() -> None:
    """With the platform's error, or with the function's answer."""
    with pytest.raises(TimerFailedError, match=r"the timer failed: .*503"):
        timers.run_at_once(lambda _: reply(503))


def test_only_dead_letters_that_pass_are_a_problem() -> None:
    """Those that wait for a person are not."""
    keys = [f"ci-callback/dead-letter/{name}.json" for name in ("retry/a", "2025-03-01/b")]
    assert timers.unhealed(keys) == [f"the timer has left {keys[0]}"]
