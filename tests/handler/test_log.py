"""The log: one JSON line per delivery, job and problem, which CLS can search and no caller can forge."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.deployment import log_lines, url_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


def test_delivery_is_one_line(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """With ids, Tag, State, route, outcome, key, bytes, requests, milliseconds by phase, and 1 for a cold start."""
    sent = body(job())
    deployed.post(sent)
    deployed.post(sent)
    first, second = log_lines(capsys)
    times = {name: first.pop(name) for name in list(first) if name.endswith("_ms")}
    assert list(times) == ["decode_ms", "store_ms", "total_ms"]
    assert all(isinstance(spent, float) for spent in times.values())
    assert first.pop("request_id")
    assert first.pop("late_s") > 0
    assert first == {
        "level": "INFO",
        "cold_start": 1,
        "source": "function-url",
        "bytes": len(sent),
        "job_id": job()["JobId"],
        "tag": "SoundHound",
        "state": "Success",
        "route": 4,
        "outcome": "written",
        "bucket": "test-1234567890",
        "key": "audio/song.mp3.SoundHound.json",
        "status": 200,
        "requests": 1,
    }
    assert (second["cold_start"], second["outcome"], second["requests"]) == (0, "duplicate", 2)


def test_several_jobs_have_a_line_each(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the delivery's line, with the same id and the fields of a job."""
    elsewhere = job(JobId="b", Input={"BucketId": "foreign-1234567890", "Object": "b.mp3"})
    deployed.post(body(job(JobId="a"), elsewhere, job(JobId="c", State="Running")))
    *jobs, delivery = log_lines(capsys)
    assert [(each["job_id"], each["outcome"], each["level"]) for each in jobs] == [
        ("a", "written", "INFO"),
        ("b", "dead-lettered", "WARNING"),
        ("c", "ignored", "INFO"),
    ]
    assert {each["request_id"] for each in jobs} == {delivery["request_id"]}
    assert (delivery["jobs"], delivery["status"], delivery["level"]) == (3, 200, "WARNING")
    assert not {"outcome", "job_id"} & delivery.keys()


def test_job_that_is_not_durable_is_an_error(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several jobs, only those that must be sent again are errors."""
    deployed.cos.faults = Faults(then="403")
    deployed.post(body(job(JobId="a"), job(JobId="b", State="Running")))
    *jobs, delivery = log_lines(capsys)
    assert [(each["outcome"], each["level"]) for each in jobs] == [("retry", "ERROR"), ("ignored", "INFO")]
    assert (delivery["status"], delivery["level"]) == (503, "ERROR")


def test_lines_of_a_delivery_are_limited(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Of more than 1,000 jobs the first have a line; the delivery's line counts all."""
    deployed.post(body(*[job(JobId=f"s{at}", State="Running") for at in range(1001)]))
    *jobs, delivery = log_lines(capsys)
    assert [each["job_id"] for each in jobs] == [f"s{at}" for at in range(1000)]
    assert delivery["jobs"] == 1001


def test_urgent_jobs_are_logged_first(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """If not every job has a line, each that must be sent again has one."""
    deployed.cos.faults = Faults(then="403")
    jobs = [job(JobId=f"s{at}", State="Running") for at in range(1500)]
    jobs[0] = job(JobId="s0")
    jobs[1200] = job(JobId="s1200")
    deployed.post(body(*jobs))
    *logged, delivery = log_lines(capsys)
    assert [each["job_id"] for each in logged] == [*(f"s{at}" for at in range(999)), "s1200"]
    assert [each["outcome"] for each in (logged[0], logged[-1])] == ["retry", "retry"]
    assert (delivery["jobs"], delivery["status"]) == (1500, 503)


def test_lateness_is_logged_with_an_end_time(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """`late_s` counts from the EndTime to the invocation."""
    now = datetime.now(timezone.utc)
    for ended in ((now - timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%S%z"), "-", None):
        deployed.post(body(job(EndTime=ended)))
    line, *others = log_lines(capsys)
    assert 89 <= line["late_s"] <= 100
    assert not any("late_s" in other for other in others)


@pytest.mark.parametrize("character", ["t", "青", "\N{MUSICAL SYMBOL G CLEF}"])
def test_long_line_is_shortened(character: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """SCF truncates lines at 8 KB: long texts are shortened, and the job is still named."""
    deployed.post(
        body(job(JobId=character * 256, Tag=character * 256, State=character * 256, Input={"Object": character * 250}))
    )
    out = capsys.readouterr().out
    assert len(out) < 8000
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert line["job_id"].startswith(character * 64)


@pytest.mark.parametrize("text", ['x"}\n{"level":"INFO"', "\x1b[31m", "\u2028\u202e", "x" * 250])
def test_text_of_a_caller_is_escaped(text: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Line breaks, terminal controls and direction marks are escaped."""
    deployed.post(body(job(Tag=text, JobId=text, State=text)))
    deployed.post(json.dumps({"EventName": text}))
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 2
    assert all("level" in json.loads(line) for line in out.splitlines())
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("level", "expected"),
    [("DEBUG", 4), ("INFO", 4), ("WARNING", 3), ("ERROR", 1)],
)
def test_level_is_a_threshold(
    level: str, expected: int, deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]
) -> None:
    """Written is INFO, dead-lettered and refused WARNING, not durable ERROR."""
    deployed = deploy(LOG_LEVEL=level)
    deployed.post(body(job()))
    deployed.post("no callback")
    deployed.send(url_event("", token=""))
    deployed.context["time_limit_in_ms"] = 1
    deployed.post(body(job()))
    assert len(log_lines(capsys)) == expected


def test_loop_is_a_warning(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """A workflow that starts on results."""
    deployed.post(body(job()))
    deployed.post(body(job(Input={"Object": "audio/song.mp3.SoundHound.json"})))
    assert [line["level"] for line in log_lines(capsys)] == ["INFO", "WARNING"]
