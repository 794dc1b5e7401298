"""Sweeps by hand and by timer, over jobs of the local Cloud Infinite."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ci_callback.commands.sweep import checkpoint
from ci_callback.commands.sweep.cursor import stamp
from ci_callback.config import settings
from tests.support.bodies import job
from tests.support.deployment import BUCKET, Answer

if TYPE_CHECKING:
    from tests.support.deployment import Deployment

DEAD_LETTERS = "ci-callback/dead-letter/"
HEALING = ["GET"] * 5  # requests of a timer about one bucket without dead letters
KEY = "audio/0.mp3.SoundHound.json"  # of the result of ended(0)


def at(ago: float) -> str:
    """Return the time so many seconds ago as CI writes it."""
    return stamp(datetime.now(timezone.utc) - timedelta(seconds=ago))


def ended(number: int = 0, *, ago: float = 60, **more: Any) -> dict[str, Any]:
    """Return a job that was created, and ended, some seconds ago."""
    time = at(ago)
    fields = {"JobId": f"s{number}", "Input": {"BucketId": BUCKET, "Object": f"audio/{number}.mp3"}, **more}
    return job(CreationTime=time, StartTime=time, EndTime=time, **fields)


def sweep(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Sweep by hand, and return the report."""
    return _report(deployed, {"sweep": options})


def timer(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Heal and sweep by timer, and return the report."""
    message = json.dumps({"sweep": options}) if options else ""
    return _report(deployed, {"Type": "Timer", "TriggerName": "sweep", "Message": message})


def timer_until_done(deployed: Deployment, **options: Any) -> list[int]:
    """Sweep by timer until every job was taken; return how many each run found."""
    runs = []
    for _ in range(20):
        report = timer(deployed, **options)
        runs.append(report["found"])
        if report["next"] is None:
            return runs
    raise AssertionError(runs)


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    """Return found, present, recovered, ignored and failed."""
    return tuple(report[name] for name in ("found", "present", "recovered", "ignored", "failed"))


def results(deployed: Deployment, bucket: str = BUCKET) -> list[str]:
    """Return the keys of all results."""
    return [key for key in deployed.listing(bucket) if not key.startswith(DEAD_LETTERS)]


def checkpoint_key(deployed: Deployment) -> str:
    """Return the key of the checkpoint of a timer without options."""
    return checkpoint.key(settings.load(deployed.environ), 24, [])


def checkpoint_of(deployed: Deployment) -> dict[str, Any]:
    """Return the checkpoint of a timer without options."""
    found: dict[str, Any] = deployed.result(checkpoint_key(deployed))
    return found


def put_checkpoint(deployed: Deployment, content: Any, key: str = "") -> None:
    """Store a checkpoint, by default for a timer without options."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    deployed.cos.put(BUCKET, key or checkpoint_key(deployed), data, metadata={"ci-callback": "v1 checkpoint"})


def _report(deployed: Deployment, event: dict[str, Any]) -> dict[str, Any]:
    answer = Answer(deployed.send(event))
    assert answer.status == 200, answer.body
    return answer.body
