"""Runs that continue each other: every job is taken, in any order and with any times."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from local.faults.requests import Faults
from local.http.message import Response
from tests.support.deployment import BUCKET, OTHER_BUCKET, REGION
from tests.support.limited_run import limit
from tests.support.sweeps import ended, results, sweep, timer, timer_until_done

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


def test_runs_reach_every_tag_and_bucket(deploy: Callable[..., Deployment]) -> None:
    """A Tag that fills several runs does not stop those behind it; no job is taken twice."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    for number in range(25):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    deployed.cos.ci.add(BUCKET, ended(25, Tag="Tts"))
    deployed.cos.ci.add(OTHER_BUCKET, ended(26, Input={"BucketId": OTHER_BUCKET, "Object": "b.mp3"}))
    limit(deployed, jobs=10, page=10)
    assert timer_until_done(deployed) == [10, 10, 7]
    assert (len(results(deployed)), results(deployed, OTHER_BUCKET)) == (26, ["b.mp3.SoundHound.json"])
    assert timer_until_done(deployed) == [10, 10, 7]


def test_next_continues_a_sweep_by_hand(deployed: Deployment) -> None:
    """The window stays the same, and no job is missed."""
    limit(deployed, jobs=13, page=10)
    for number in range(25):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    begin: dict[str, Any] = {}
    runs = []
    while not begin or begin["next"] is not None:
        report = sweep(deployed, **(begin or {"tags": ["Tts", "SoundHound"]}))
        runs.append(report["recovered"])
        begin = {"next": report["next"]}
    assert runs == [13, 12]
    assert len(deployed.listing()) == 25


def test_no_page_is_requested_without_time(deployed: Deployment) -> None:
    """`next` is the beginning."""
    deployed.context["time_limit_in_ms"] = 2000
    report = sweep(deployed)
    assert (report["found"], report["next"]["bucket"], report["next"]["until"]) == (0, BUCKET, "")
    assert deployed.cos.requests == []


def test_resume_continues_a_sweep_by_hand(deployed: Deployment) -> None:
    """As the timer does."""
    for number in range(3):
        deployed.cos.ci.add(BUCKET, ended(number, ago=10 * number + 10))
    limit(deployed, jobs=2, page=10)
    assert [sweep(deployed, resume=True)["found"] for _ in range(3)] == [2, 1, 2]


@pytest.mark.parametrize("is_last_listed", [True, False])
def test_many_jobs_of_one_second_are_all_taken(
    is_last_listed: bool,  # noqa: FBT001 - pytest passes parameters by name
    deployed: Deployment,
) -> None:
    """It is not documented that CI lists the second named as the end: both are tried."""
    deployed.cos.ci.includes_ends = is_last_listed
    when = (datetime.now(timezone.utc) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S%z")
    for number in range(25):
        deployed.cos.ci.add(BUCKET, {**ended(number), "CreationTime": when})
    for number in range(25, 30):
        deployed.cos.ci.add(BUCKET, ended(number, ago=900 + number))
    limit(deployed, jobs=10, page=10)
    assert timer_until_done(deployed) == [10, 10, 10, 0]
    assert len(results(deployed)) == 30


@pytest.mark.parametrize("fraction", ["", ".2", ".9"])
def test_order_within_a_second_does_not_matter(
    fraction: str, deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI may list the jobs of a second in any order, and may name fractions."""
    for number in range(10):
        fields = ended(number, ago=1800)
        created = fields["CreationTime"].replace("+", f"{fraction}+")
        deployed.cos.ci.add(BUCKET, fields)
        known = deployed.cos.ci.get(BUCKET, f"s{number}")
        assert known is not None
        monkeypatch.setitem(known.detail, "CreationTime", created)
    limit(deployed, jobs=4, page=10)
    answer = deployed.cos.ci.answer
    orders = iter([False, True, False, True])

    def in_either_order(*asked: Any) -> Any:
        """Answer with the jobs in reverse order, every second time."""
        answered = answer(*asked)
        if "SoundHound" not in asked[0].query or not next(orders):
            return answered
        assert isinstance(answered, Response)
        head, *jobs = answered.body.split(b"<JobsDetail>")
        tail = jobs[-1].partition(b"</JobsDetail>")[2] if jobs else b""
        bodies = [each.partition(b"</JobsDetail>")[0] for each in jobs]
        content = head + b"".join(b"<JobsDetail>" + each + b"</JobsDetail>" for each in reversed(bodies)) + tail
        return Response(200, answered.headers, content)

    monkeypatch.setattr(deployed.cos.ci, "answer", in_either_order)
    for _ in range(4):
        timer(deployed)
    assert len(results(deployed)) == 10


def test_job_without_a_time_is_taken(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run continues from the job before it."""
    for number in range(4):
        deployed.cos.ci.add(BUCKET, ended(number, ago=100 * number + 100))
    lost = deployed.cos.ci.get(BUCKET, "s1")
    assert lost is not None
    monkeypatch.setitem(lost.detail, "CreationTime", "-")
    limit(deployed, jobs=2, page=10)
    assert sum(timer_until_done(deployed)) >= 4
    assert len(results(deployed)) == 4


@pytest.mark.parametrize("created", [None, "-", "0001-01-01T00:00:00+0000", "9999-12-31T23:59:59+0000", "soon"])
def test_impossible_times_stop_no_job(created: Any, deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs are taken, and the Tags behind them too."""
    for number in range(9):
        deployed.cos.ci.add(BUCKET, ended(number, ago=60))
        known = deployed.cos.ci.get(BUCKET, f"s{number}")
        assert known is not None
        monkeypatch.setitem(known.detail, "CreationTime", created)
    deployed.cos.ci.add(BUCKET, ended(9, Tag="Tts"))
    limit(deployed, jobs=4, page=10)
    for _ in range(4):
        timer(deployed)
    assert len(results(deployed)) == 10


def test_run_that_ci_interrupts_is_continued(deployed: Deployment) -> None:
    """The checkpoint is where it stopped."""
    for number in range(25):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    limit(deployed, page=10)
    deployed.cos.faults = Faults(only=lambda asked: asked.key == "jobs" and len(results(deployed)) >= 10, then="500")
    broken_off = timer(deployed)
    assert (broken_off["recovered"], broken_off["failed"]) == (10, 1)
    deployed.cos.faults = Faults()
    assert timer_until_done(deployed) == [15]
    assert len(results(deployed)) == 25
