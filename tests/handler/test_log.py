"""The log: a canonical JSON line per delivery, job and problem, which CLS can search and no caller can forge."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job
from tests.support.deployment import url_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the log lines since the last look."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_delivery_is_one_line(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids, Tag, State, route, outcome, key, bytes, requests, milliseconds by phase and whether the start was cold."""
    sent = body(job())
    deployed.post(sent)
    deployed.post(sent)
    first, second = lines(capsys)
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
        "route": 3,
        "outcome": "written",
        "bucket": "test-1234567890",
        "key": "audio/song.mp3.SoundHound.json",
        "status": 200,
        "requests": 1,
    }
    assert (second["cold_start"], second["outcome"], second["requests"]) == (0, "duplicate", 2)


def test_several_jobs_have_a_line_each(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """What a single job's line says of it stands in a line of its own, with the same id, before the delivery's."""
    elsewhere = job(JobId="b", Input={"BucketId": "foreign-1234567890", "Object": "b.mp3"})
    deployed.post(body(job(JobId="a"), elsewhere, job(JobId="c", State="Running")))
    *jobs, delivery = lines(capsys)
    assert [(each["job_id"], each["outcome"], each["level"]) for each in jobs] == [
        ("a", "written", "INFO"),
        ("b", "dead-lettered", "WARNING"),
        ("c", "ignored", "INFO"),
    ]
    assert {each["request_id"] for each in jobs} == {delivery["request_id"]}
    assert (delivery["jobs"], delivery["status"], delivery["level"]) == (3, 200, "WARNING")
    assert not {"outcome", "job_id"} & delivery.keys()


def test_what_is_not_durable_is_an_error_of_its_job(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several jobs, those that must come again are told apart."""
    deployed.context["time_limit_in_ms"] = 1
    deployed.post(body(job(JobId="a"), job(JobId="b", State="Running")))
    *jobs, delivery = lines(capsys)
    assert [(each["outcome"], each["level"]) for each in jobs] == [("retry", "ERROR"), ("ignored", "INFO")]
    assert (delivery["status"], delivery["level"]) == (503, "ERROR")


def test_the_lines_of_one_delivery_are_bounded(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Of more jobs than SCF takes lines 1,000 are told, as they came; the delivery's line counts them all."""
    deployed.post(body(*[job(JobId=f"s{at}", State="Running") for at in range(1001)]))
    *jobs, delivery = lines(capsys)
    assert [each["job_id"] for each in jobs] == [f"s{at}" for at in range(1000)]
    assert delivery["jobs"] == 1001


def test_what_somebody_must_look_at_is_told_before_all_else(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where not every job has a line, each that must come again has one, wherever it stands in the delivery."""
    deployed.context["time_limit_in_ms"] = 1
    jobs = [job(JobId=f"s{at}", State="Running") for at in range(1500)]
    jobs[0] = job(JobId="s0")
    jobs[1200] = job(JobId="s1200")
    deployed.post(body(*jobs))
    *told, delivery = lines(capsys)
    assert [each["job_id"] for each in told] == [*(f"s{at}" for at in range(999)), "s1200"]
    assert [each["outcome"] for each in (told[0], told[-1])] == ["retry", "retry"]
    assert (delivery["jobs"], delivery["status"]) == (1500, 503)


def test_lateness_is_told_of_jobs_that_say_when_they_ended(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """`late_s` counts from the job's EndTime to the function's call."""
    now = datetime.now(timezone.utc)
    for ended in ((now - timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%S%z"), "-", None):
        deployed.post(body(job(EndTime=ended)))
    told, *others = lines(capsys)
    assert 89 <= told["late_s"] <= 100
    assert not any("late_s" in line for line in others)


@pytest.mark.parametrize("letter", ["t", "青", "\N{MUSICAL SYMBOL G CLEF}"])
def test_no_line_is_so_long_that_it_would_be_cut(
    letter: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """However long the texts, a line is whole JSON below the 8 KB at which SCF cuts it, and names its job."""
    deployed.post(body(job(JobId=letter * 256, Tag=letter * 256, State=letter * 256, Input={"Object": letter * 250})))
    out = capsys.readouterr().out
    assert len(out) < 8000
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert line["job_id"].startswith(letter * 64)


@pytest.mark.parametrize("text", ['x"}\n{"level":"INFO"', "\x1b[31m", "\u2028\u202e", "x" * 250])
def test_no_text_of_a_caller_breaks_the_line(
    text: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line breaks, terminal controls and direction marks in a body stay escaped inside one line."""
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
def test_the_level_is_a_threshold(
    level: str, expected: int, deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]
) -> None:
    """Written is INFO, dead-lettered and refused are WARNING, what is not durable is ERROR."""
    deployed = deploy(LOG_LEVEL=level)
    deployed.post(body(job()))
    deployed.post("no callback")
    deployed.send(url_event("", token=""))
    deployed.context["time_limit_in_ms"] = 1
    deployed.post(body(job()))
    assert len(lines(capsys)) == expected


def test_a_loop_is_worth_a_warning(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody should look at what starts jobs on results."""
    deployed.post(body(job()))
    deployed.post(body(job(Input={"Object": "audio/song.mp3.SoundHound.json"})))
    assert [line["level"] for line in lines(capsys)] == ["INFO", "WARNING"]
