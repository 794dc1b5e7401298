"""The log: one canonical JSON line per delivery, one per problem, no line a caller can forge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from bodies import body, job
from conftest import url_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Deployment


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the log lines since the last look."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_delivery_is_one_line(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids, Tag, State, route, outcome, key, bytes, tries, milliseconds by phase and whether the start was cold."""
    sent = body(job())
    deployed.post(sent)
    deployed.post(sent)
    first, second = lines(capsys)
    times = {name: first.pop(name) for name in list(first) if name.endswith("_ms")}
    assert list(times) == ["decode_ms", "store_ms", "total_ms"]
    assert all(isinstance(spent, float) for spent in times.values())
    assert first.pop("request_id")
    assert first == {
        "level": "INFO",
        "cold_start": True,
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
        "tries": 1,
    }
    assert (second["cold_start"], second["outcome"], second["tries"]) == (False, "duplicate", 2)


def test_many_jobs_are_still_one_short_line(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """A delivery of many jobs stays below the 8 KB at which SCF cuts a line."""
    jobs = [job(JobId=f"{at}" * 50, State="Running", Tag="t" * 250) for at in range(30)]
    deployed.post(body(*jobs))
    out = capsys.readouterr().out
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert len(out) < 8000
    assert (line["jobs_total"], len(line["jobs"])) == (30, 10)


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
