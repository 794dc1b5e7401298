"""Windows of the timer's sweeps: how far back each looks for jobs."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from local.faults.requests import Faults
from tests.support.bodies import job
from tests.support.deployment import BUCKET, STRICT_ROUTES
from tests.support.limited_run import limit
from tests.support.sweeps import (
    KEY,
    at,
    checkpoint_of,
    counts,
    ended,
    put_checkpoint,
    results,
    sweep,
    timer,
    timer_until_done,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.requests import Fault
    from tests.support.deployment import Deployment


def window(deployed: Deployment, tag: str = "SoundHound") -> float:
    """Return how many seconds back the last sweep listed the jobs of a Tag."""
    asked = [each.query for each in deployed.cos.requests if f"tag={tag}" in each.query]
    start = unquote(asked[-1].partition("startCreationTime=")[2].partition("&")[0])
    return (datetime.now(timezone.utc) - datetime.strptime(start, "%Y-%m-%dT%H:%M:%S%z")).total_seconds()


def test_later_window_overlaps_the_last_one_shortly(deployed: Deployment) -> None:
    """The first goes back `hours`; the next a quarter of an hour."""
    timer(deployed)
    assert window(deployed) == pytest.approx(24 * 3600, abs=60)
    timer(deployed)
    assert window(deployed) == pytest.approx(900, abs=60)


def test_running_job_keeps_its_tags_window_open(deployed: Deployment) -> None:
    """For `hours`, and for no other Tag."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600, State="Running"))
    deployed.cos.ci.add(BUCKET, ended(1, ago=4 * 3600, State="Submitted"))
    deployed.cos.ci.add(BUCKET, ended(2, ago=30 * 3600, State="Pause"))
    for _ in range(3):
        assert timer(deployed)["found"] == 0
    assert window(deployed) == pytest.approx(5 * 3600, abs=60)
    assert window(deployed, "Tts") == pytest.approx(900, abs=60)
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    assert timer(deployed)["recovered"] == 1
    timer(deployed)
    assert window(deployed) == pytest.approx(4 * 3600, abs=60)


def test_failed_job_keeps_the_window_open_until_settled(deployed: Deployment) -> None:
    """COS may be out of reach for long."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    deployed.cos.faults = Faults(only=lambda asked: asked.key == KEY, then="503")
    for _ in range(3):
        assert timer(deployed)["failed"] == 1
    deployed.cos.faults = Faults()
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)
    assert timer(deployed)["found"] == 0


def test_permanent_failure_does_not_keep_the_window_open(deploy: Callable[..., Deployment]) -> None:
    """A person has to act first; a sweep by hand then finds the job."""
    deployed = deploy(ROUTES=STRICT_ROUTES)
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    deployed.cos.put(BUCKET, KEY, b"mine")
    assert timer(deployed)["failed_jobs"][0]["reason"] == "conflict"
    assert timer(deployed)["found"] == 0
    deployed.cos.delete(BUCKET, KEY)
    assert counts(sweep(deployed)) == (1, 0, 1, 0, 0)


def test_refused_action_is_tried_in_one_window_only(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook that answers 410 to ten new jobs a day gets each of them once."""
    routes = '[{"tag":"*","state":"*","write":"{object}.json","then":[{"post":"https://example.com/hook"}]}]'
    secret = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    deployed = deploy(ROUTES=routes, WEBHOOK_SECRET=secret)
    deployed.cos.receivers.answers["post"] = ["410"] * 100
    found = []
    for day in range(6):
        today = datetime.now(timezone.utc) + timedelta(days=day)
        monkeypatch.setattr("ci_callback.function.datetime", SimpleNamespace(now=lambda _, today=today: today))
        for number in range(10):
            hours = 24 * day - number - 1
            deployed.cos.ci.add(BUCKET, ended(10 * day + number, ago=-3600 * hours))
        found.append(timer(deployed, tags=["SoundHound"])["found"])
    assert found == [10] * 6
    assert len(deployed.cos.receivers.arrived) == 60


def test_unlisted_tag_keeps_its_window_open(deployed: Deployment) -> None:
    """The other Tags are not looked at again."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    deployed.cos.ci.add(BUCKET, ended(1, ago=5 * 3600, Tag="Tts"))
    deployed.cos.faults = Faults(only=lambda asked: asked.key == "jobs" and "tag=SoundHound" in asked.query, then="403")
    for _ in range(2):
        assert timer(deployed)["failed"] == 1
    deployed.cos.faults = Faults()
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)


def test_held_job_survives_the_end_of_a_run(deployed: Deployment) -> None:
    """A Tag may take several runs."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    deployed.cos.ci.add(BUCKET, ended(15, ago=5 * 3600, State="Running"))
    limit(deployed, jobs=10, page=10)
    assert timer_until_done(deployed) == [10, 5]
    timer(deployed)
    assert window(deployed) == pytest.approx(5 * 3600, abs=60)


def test_job_that_ends_behind_the_cursor_is_found_in_the_next_window(deployed: Deployment) -> None:
    """It was running as the cursor passed it."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=100 * number + 100))
    deployed.cos.ci.add(BUCKET, ended(15, ago=150, State="Running"))
    limit(deployed, jobs=10, page=10)
    assert timer(deployed)["found"] == 10
    deployed.cos.ci.add(BUCKET, ended(15, ago=150))
    assert timer_until_done(deployed) == [5]
    assert "audio/15.mp3.SoundHound.json" not in results(deployed)
    timer_until_done(deployed)
    assert len(results(deployed)) == 16


def test_job_that_ended_just_now_is_looked_at_again(deployed: Deployment) -> None:
    """Of two callbacks at once the older may be written last."""
    just = job(JobId="just", CreationTime=at(3 * 3600), EndTime=at(20))
    deployed.cos.ci.add(BUCKET, just)
    assert timer(deployed)["recovered"] == 1
    deployed.cos.delete(BUCKET, "audio/song.mp3.SoundHound.json")
    assert timer(deployed)["recovered"] == 1


def test_pause_of_days_leaves_no_gap(deployed: Deployment) -> None:
    """The window begins where the last one ended."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=4 * 86400))
    assert timer(deployed)["found"] == 0
    put_checkpoint(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": at(5 * 86400)}})
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)
    assert timer(deployed)["found"] == 0


@pytest.mark.parametrize(("service", "fault"), [("cos", "503"), ("ci", "403")])
def test_failure_after_a_pause_is_not_forgotten(service: str, fault: Fault, deployed: Deployment) -> None:
    """Also beyond `hours`."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=4 * 86400))
    put_checkpoint(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": at(5 * 86400)}})
    failing = {"cos": "audio/", "ci": "tag=SoundHound"}[service]
    deployed.cos.faults = Faults(only=lambda asked: failing in f"{asked.key}?{asked.query}", then=fault)
    assert timer(deployed)["failed"] == 1
    deployed.cos.faults = Faults()
    assert timer(deployed)["recovered"] == 1


def test_window_is_at_most_a_month(deployed: Deployment) -> None:
    """However old the checkpoint is."""
    put_checkpoint(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": "2001-01-01T00:00:00+0000"}})
    timer(deployed)
    assert window(deployed) == pytest.approx(30 * 86400, abs=60)


def test_window_from_the_future_is_empty_once(deployed: Deployment) -> None:
    """A window never begins after its end."""
    deployed.cos.ci.add(BUCKET, ended())
    put_checkpoint(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": "9999-01-01T00:00:00+0000"}})
    assert timer(deployed)["found"] == 0
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)


def test_behind_s_is_the_age_of_the_window(deployed: Deployment) -> None:
    """Jobs that ended since are not taken yet."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 7300))
    limit(deployed, jobs=10, page=10)
    assert timer(deployed)["behind_s"] == 0
    left = checkpoint_of(deployed)
    left["next"]["end"] = at(7200)
    put_checkpoint(deployed, left)
    report = timer(deployed)
    assert (report["next"], 7190 < report["behind_s"] < 7300) == (None, True)
    timer(deployed)
    assert window(deployed) == pytest.approx(7200 + 900, abs=60)
