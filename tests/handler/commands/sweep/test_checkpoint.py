"""The checkpoint of the timer's sweeps: its object, its name, and contents that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.commands.sweep import checkpoint
from ci_callback.config import settings
from local.faults.requests import Faults
from tests.support.deployment import BUCKET, OTHER_BUCKET, REGION, Answer
from tests.support.limited_run import limit
from tests.support.sweeps import (
    DEAD_LETTERS,
    HEALING,
    at,
    checkpoint_key,
    checkpoint_of,
    counts,
    ended,
    put_checkpoint,
    results,
    sweep,
    timer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

CURSOR = {
    "bucket": BUCKET,
    "tag": "Tts",
    "tags": ["Tts"],
    "start": "2025-01-01T00:00:00+0000",
    "end": "2025-01-02T00:00:00+0000",
    "seen": [],
    "until": "",
}


def test_checkpoint_costs_two_requests(deployed: Deployment) -> None:
    """It is read and written once a run."""
    deployed.cos.ci.add(BUCKET, ended())
    timer(deployed)
    deployed.cos.forget_requests()
    assert counts(sweep(deployed, tags=["SoundHound"])) == (1, 1, 0, 0, 0)
    assert deployed.methods == ["GET", "HEAD"]
    deployed.cos.forget_requests()
    assert counts(timer(deployed, tags=["SoundHound"])) == (1, 1, 0, 0, 0)
    assert deployed.methods == [*HEALING, "GET", "GET", "HEAD", "PUT"]


def test_other_options_have_another_checkpoint(deployed: Deployment) -> None:
    """Timers with other options do not disturb each other."""
    timer(deployed)
    timer(deployed, hours=2)
    timer(deployed, tags=["Tts"])
    assert len([key for key in deployed.listing() if checkpoint.is_one(key, DEAD_LETTERS)]) == 3


@pytest.mark.parametrize(
    "more",
    [
        {"ROUTES": '[{"tag":"*","state":"*","write":"other/{job_id}.json"}]'},
        {"BUCKETS": f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou"},
        {"DEAD_LETTER": "other/"},
    ],
)
def test_other_settings_have_another_checkpoint(more: dict[str, str], deploy: Callable[..., Deployment]) -> None:
    """The first window is complete again."""
    deployed = deploy()
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    assert timer(deployed)["recovered"] == 1
    assert timer(deployed)["found"] == 0
    assert timer(deploy(**more))["found"] == 1


def test_unused_windows_are_forgotten(deployed: Deployment) -> None:
    """The checkpoint stays as small as the sweep."""
    timer(deployed)
    before = checkpoint_of(deployed)
    put_checkpoint(deployed, {**before, "since": {**before["since"], f"{BUCKET}/Gone": at(60), "other/Tts": at(60)}})
    timer(deployed)
    assert checkpoint_of(deployed)["since"].keys() == before["since"].keys()


def test_replay_skips_the_checkpoint(deployed: Deployment) -> None:
    """It is below DEAD_LETTER."""
    timer(deployed)
    assert checkpoint.is_one(checkpoint_key(deployed), DEAD_LETTERS)
    assert deployed.listing() == [checkpoint_key(deployed)]
    assert Answer(deployed.send({"replay": {}})).body["results"] == []


def test_dry_run_leaves_no_checkpoint(deployed: Deployment) -> None:
    """Nor does a sweep by hand."""
    timer(deployed, dry_run=True)
    sweep(deployed)
    assert deployed.listing() == []


def test_foreign_object_is_left_alone(deployed: Deployment) -> None:
    """The sweep reports it, and starts from the beginning."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.put(BUCKET, checkpoint_key(deployed), b"my own words")
    report = timer(deployed)
    assert (report["recovered"], report["failed_jobs"][0]["detail"]) == (
        1,
        "A foreign object has the checkpoint's key.",
    )
    assert deployed.cos.get(BUCKET, checkpoint_key(deployed)).body == b"my own words"


def test_foreign_object_starves_no_tag(deployed: Deployment) -> None:
    """Runs that cannot continue the last one take Tags in an order by chance."""
    tags = ["SoundHound", "Tts"]
    for number, tag in enumerate(tags):
        deployed.cos.ci.add(BUCKET, ended(number, Tag=tag))
    deployed.cos.put(BUCKET, checkpoint.key(settings.load(deployed.environ), 24, tags), b"my own words")
    limit(deployed, jobs=1, page=10)
    for _ in range(50):
        timer(deployed, tags=tags)
        if len(results(deployed)) == len(tags):
            return
    pytest.fail(f"Only {results(deployed)} were stored.")


@pytest.mark.parametrize("action", ["GetObject", "PutObject"])
def test_refused_checkpoint_is_reported(action: str, deployed: Deployment) -> None:
    """Each run starts from the beginning."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.policy = lambda asked, _bucket, key: asked != f"name/cos:{action}" or key != checkpoint_key(deployed)
    for outcome in (2, 1):
        report = timer(deployed)
        assert report["failed_jobs"] == [
            {
                "bucket": BUCKET,
                "key": checkpoint_key(deployed),
                "reason": "store-refused",
                "detail": "COS answered 403 AccessDenied",
            }
        ]
        assert counts(report)[outcome] == 1


@pytest.mark.usefixtures("hurried")
def test_checkpoint_that_cos_does_not_answer_about_stops_no_timer(deployed: Deployment) -> None:
    """However long: each run starts from the beginning, and leaves the checkpoint for the next one."""
    timer(deployed)
    before = deployed.cos.get(BUCKET, checkpoint_key(deployed))
    deployed.cos.faults = Faults(only=lambda asked: asked.key == checkpoint_key(deployed), then="503")
    for number in range(2):
        deployed.cos.ci.add(BUCKET, ended(number))
        report = timer(deployed)
        assert [each["reason"] for each in report["failed_jobs"]] == ["store-unavailable"]
        assert counts(report)[:3] == (number + 1, number, 1)
    assert deployed.cos.get(BUCKET, checkpoint_key(deployed)) == before
    deployed.cos.faults = Faults()
    assert timer(deployed)["failed"] == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        {"next": None, "since": {f"{BUCKET}/SoundHound": "yesterday"}},
        {"next": None, "since": ["SoundHound"]},
        {"next": {}, "since": {}},
        {"next": CURSOR, "since": {}},
        {"next": {**CURSOR, "bucket": "unlisted-1234567890"}, "since": {}},
        {"next": {**CURSOR, "end": "soon"}, "since": {}},
        {"next": None, "since": {}, "later": "release"},
    ],
)
def test_invalid_checkpoint_is_replaced(content: Any, deployed: Deployment) -> None:
    """One for other buckets, routes or releases too."""
    deployed.cos.ci.add(BUCKET, ended())
    put_checkpoint(deployed, content)
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)
    assert checkpoint_of(deployed)["next"] is None


@pytest.mark.parametrize("field", ["bucket", "tag", "until", "hold"])
def test_forged_cursor_is_ignored(field: str, deployed: Deployment) -> None:
    """A writer to the bucket can only make a sweep start from the beginning."""
    for number in range(3):
        deployed.cos.ci.add(BUCKET, ended(number, ago=10 * number + 10))
    limit(deployed, jobs=2, page=10)
    assert timer(deployed)["found"] == 2
    left = checkpoint_of(deployed)
    left["next"][field] = "../x"
    put_checkpoint(deployed, left)
    deployed.cos.forget_requests()
    assert timer(deployed)["found"] == 2
    assert not any("..%2Fx" in each.query or "../x" in each.key for each in deployed.cos.requests)
