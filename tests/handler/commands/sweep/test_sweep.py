"""Sweeps of jobs whose callbacks were lost: results, reports, log lines and options (promise 3)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.cloud import ci
from ci_callback.commands.sweep.cursor import Cursor
from ci_callback.decode.answers import read_job_list
from ci_callback.settle import Settler
from tests.support.bodies import body
from tests.support.deployment import BUCKET, STRICT_ROUTES, Answer, log_lines
from tests.support.limited_run import limit
from tests.support.sweeps import counts, ended, sweep, timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci_callback.decode.answers import JobList
    from ci_callback.decode.job import Job
    from tests.support.deployment import Deployment

WINDOW = {"start": "2025-03-01T00:00:00+0000", "end": "2025-03-02T00:00:00+0000"}
NEXT = {"bucket": BUCKET, "tag": "T", "tags": ["T"], **WINDOW}


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with one key for each result."""
    return deploy(ROUTES=STRICT_ROUTES)


def test_lost_callback_is_recovered(deployed: Deployment) -> None:
    """A job without a result gets it, with the bytes that its callback would have led to."""
    lost = ended()
    deployed.cos.ci.add(BUCKET, lost)
    report = sweep(deployed)
    assert counts(report) == (1, 0, 1, 0, 0)
    assert report["recovered_jobs"] == [{"JobId": "s0", "tag": "SoundHound", "key": "audio/0.mp3.SoundHound.json"}]
    assert 50 < report["latest_s"] < 600
    swept = deployed.cos.get(BUCKET, "audio/0.mp3.SoundHound.json").body
    deployed.cos.delete(BUCKET, "audio/0.mp3.SoundHound.json")
    deployed.post(body(lost))
    assert deployed.cos.get(BUCKET, "audio/0.mp3.SoundHound.json").body == swept


def test_present_result_costs_one_request(deployed: Deployment) -> None:
    """A HEAD settles it."""
    jobs = [ended(number) for number in range(30)]
    for each in jobs:
        deployed.cos.ci.add(BUCKET, each)
        deployed.post(body(each))
    deployed.cos.forget_requests()
    assert counts(sweep(deployed, tags=["SoundHound"])) == (30, 30, 0, 0, 0)
    assert deployed.methods == ["GET", *["HEAD"] * 30]


def test_swept_jobs_match_routes(deploy: Callable[..., Deployment]) -> None:
    """Both final states are swept, each to its own route; ignored Tags are not listed."""
    deployed = deploy(
        ROUTES=json.dumps(
            [
                {"tag": "SoundHound", "state": "Success", "write": "{object}.{tag}.json"},
                {"tag": "MyOwnTag", "state": "*", "write": "{object}.{tag}.json"},
                {"tag": "V*", "state": "Failed", "write": "{object}.{tag}.json"},
                {"tag": "*", "state": "*", "ignore": True},
            ]
        )
    )
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.cos.ci.add(BUCKET, ended(2, State="Failed", Code="X"))
    deployed.cos.ci.add(BUCKET, ended(3, State="Running"))
    deployed.cos.ci.add(BUCKET, ended(4, Tag="MyOwnTag"))
    deployed.cos.ci.add(BUCKET, ended(5, Tag="VideoTag", State="Failed"))
    deployed.cos.ci.add(BUCKET, ended(6, Tag="Transcode"))
    assert counts(sweep(deployed)) == (4, 0, 3, 1, 0)
    asked = {request.query.partition("tag=")[2].partition("&")[0] for request in deployed.cos.requests if request.query}
    assert asked >= {"SoundHound", "MyOwnTag", "VideoTag", "VocalScore"}
    assert "Transcode" not in asked


def test_report_names_a_bounded_number_of_jobs(deployed: Deployment) -> None:
    """The counts are complete."""
    limit(deployed, named=1)
    for number in range(2):
        deployed.cos.ci.add(BUCKET, ended(number))
        deployed.cos.ci.add(BUCKET, ended(number + 2))
        deployed.cos.put(BUCKET, f"audio/{number}.mp3.SoundHound.json", b"mine")
    report = sweep(deployed)
    assert counts(report) == (4, 0, 2, 0, 2)
    assert (len(report["recovered_jobs"]), len(report["failed_jobs"])) == (1, 1)


def test_dry_run_names_what_is_missing(deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]) -> None:
    """With its key and its actions: a result, an action of another, one that would be newer; nothing is written."""
    then = [{"invoke": "my-function"}]
    deployed = deploy(ROUTES=json.dumps([{"tag": "*", "state": "*", "write": "{object}.json", "then": then}]))
    again: dict[str, Any] = {"Input": {"Object": "audio/3.mp3"}}
    deployed.cos.receivers.answers["invoke"] = ["ResourceNotFound.Function"]
    for each in (ended(2), ended(1), ended(3, ago=900, **again)):
        deployed.post(body(each))
        deployed.cos.ci.add(BUCKET, each)
    deployed.cos.ci.add(BUCKET, ended(0))
    deployed.cos.ci.add(BUCKET, ended(4, **again))
    deployed.cos.ci.add(BUCKET, ended(5))
    deployed.cos.put(BUCKET, "audio/5.mp3.json", b"mine")
    stored = {key: deployed.cos.get(BUCKET, key) for key in deployed.listing()}
    deployed.cos.forget_requests()
    capsys.readouterr()
    report = sweep(deployed, dry_run=True, tags=["SoundHound"])
    assert sorted((each["JobId"], each["key"], each.get("then", "")) for each in report["missing_jobs"]) == [
        ("s0", "audio/0.mp3.json", "invoke:my-function"),
        ("s2", "audio/2.mp3.json", "invoke:my-function"),
        ("s4", "audio/3.mp3.json", "invoke:my-function"),
    ]
    assert [report[name] for name in ("found", "present", "missing", "failed")] == [6, 2, 3, 1]
    assert report["failed_jobs"][0]["reason"] == "conflict"
    assert set(deployed.methods) == {"GET", "HEAD"}
    assert {key: deployed.cos.get(BUCKET, key) for key in deployed.listing()} == stored
    assert len(log_lines(capsys)) == 1


def test_conflict_is_reported_without_a_dead_letter(deployed: Deployment) -> None:
    """Each sweep by hand reports it again, since CI still has the job."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.put(BUCKET, "audio/0.mp3.SoundHound.json", b"mine")
    for _ in range(2):
        report = sweep(deployed)
        assert counts(report) == (1, 0, 0, 0, 1)
        assert report["failed_jobs"][0]["reason"] == "conflict"
    assert deployed.dead_letters() == []


def test_job_without_an_end_is_recovered(deployed: Deployment) -> None:
    """It does not count for latest_s."""
    deployed.cos.ci.add(BUCKET, {**ended(), "EndTime": "-"})
    report = sweep(deployed)
    assert (counts(report), report["latest_s"]) == ((1, 0, 1, 0, 0), 0)


def test_log_has_a_line_for_each_recovered_or_failed_job(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sweep's own line has the counts."""
    deployed.cos.ci.add(BUCKET, ended(0))
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.cos.put(BUCKET, "audio/1.mp3.SoundHound.json", b"mine")
    deployed.post(body(ended(2)))
    deployed.cos.ci.add(BUCKET, ended(2))
    capsys.readouterr()
    sweep(deployed)
    *jobs, swept = log_lines(capsys)
    logged = {each["job_id"]: (each["outcome"], each["level"], each["command"]) for each in jobs}
    assert logged == {"s0": ("written", "INFO", "sweep"), "s1": ("retry", "ERROR", "sweep")}
    assert all(50 < each["late_s"] < 600 and each["request_id"] == swept["request_id"] for each in jobs)
    assert (swept["found"], swept["recovered"], swept["failed"]) == (3, 1, 1)


@pytest.mark.parametrize("method", ["settle", "after", "created"])
def test_defect_met_by_one_job_does_not_end_the_run(
    method: str, deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported and logged like any failure."""
    owner: Any = Settler if method == "settle" else Cursor
    original = getattr(owner, method)

    def fail_for_one(self: Any, job: Job, *more: str) -> Any:
        if job.job_id == "s1":
            raise RecursionError
        return original(self, job, *more)

    monkeypatch.setattr(owner, method, fail_for_one)
    for number in range(3):
        deployed.cos.ci.add(BUCKET, ended(number, ago=60 + number))
    report = sweep(deployed)
    assert (report["found"], report["recovered"], report["failed"]) == (3, 2 + (method != "settle"), 1)
    assert report["failed_jobs"][0]["reason"] == "internal-error"
    assert "RecursionError" in report["failed_jobs"][0]["detail"]


def test_defect_met_by_one_page_does_not_end_the_run(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Tag is looked at again."""

    def fail_for_one(answer: bytes) -> JobList:
        if b"<Tag>SoundHound" in answer:
            raise RecursionError
        return read_job_list(answer)

    deployed.cos.ci.add(BUCKET, ended(0))
    deployed.cos.ci.add(BUCKET, ended(1, Tag="Tts"))
    with monkeypatch.context() as patch:
        patch.setattr(ci, "read_job_list", fail_for_one)
        report = timer(deployed)
    assert counts(report) == (1, 0, 1, 0, 1)
    assert [(each["tag"], each["reason"]) for each in report["failed_jobs"]] == [("SoundHound", "internal-error")]
    assert timer(deployed)["recovered"] == 1


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+0800", "9999-12-31T23:59:59-0800", "2025-02-30T00:00:00Z", "-", "x"]
)
def test_job_with_an_impossible_time_is_swept(time: str, deployed: Deployment) -> None:
    """It counts as created when the job before it was."""
    deployed.cos.ci.add(BUCKET, ended())
    listed = deployed.cos.ci.answer

    def answer(*asked: Any) -> Any:
        response = listed(*asked)
        changed = re.sub(rb"(?<=Time>)[^<]+", time.encode(), response.body)
        return replace(response, body=changed) if b"SoundHound" in response.body else response

    deployed.cos.ci.answer = answer  # type: ignore[assignment]  # times that no job of the local CI has
    assert counts(sweep(deployed)) == (1, 0, 1, 0, 0)


@pytest.mark.parametrize("message", ["", " ", '{"sweep": {"hours": 48, "tags": ["SoundHound"]}}'])
def test_timer_event_starts_a_sweep(message: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """The timer's argument may hold the options."""
    deployed.cos.ci.add(BUCKET, ended())
    timer = {"Type": "Timer", "TriggerName": "sweep", "Time": "2025-04-05T06:00:00Z", "Message": message}
    assert Answer(deployed.send(timer)).body["recovered"] == 1
    line = log_lines(capsys)[-1]
    assert (line["command"], line["found"], line["recovered"], line["next"]) == ("timer", 1, 1, False)


def test_timer_with_wrong_options_is_refused(deployed: Deployment) -> None:
    """They are checked like those of a command."""
    answer = Answer(deployed.send({"Type": "Timer", "Message": '{"sweep": []}'}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")


@pytest.mark.parametrize("message", ["{", "[" * 100_000, "[]", '{"replay": {}}', '{"sweep": {}, "x": 1}'])
@pytest.mark.usefixtures("no_gc")
def test_timer_with_another_argument_is_refused(message: str, deployed: Deployment) -> None:
    """Nothing is requested."""
    answer = Answer(deployed.send({"Type": "Timer", "Message": message}))
    assert (answer.status, answer.body["error"]) == (400, "unknown-event")
    assert deployed.cos.requests == []


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ([], "takes an object"),
        ({"hour": 1}, "sweep.hour"),
        ({"hours": 0}, "sweep.hours"),
        ({"hours": "24"}, "sweep.hours"),
        ({"tags": "SoundHound"}, "sweep.tags"),
        ({"tags": ["SoundHound"] * 501}, "sweep.tags"),
        ({"tags": ["SoundHound", "Workflow", "ReviewText"]}, "CI has no list of"),
        ({"next": {**NEXT, "tags": [*NEXT["tags"], "Workflow"]}}, "CI has no list of Workflow."),
        ({"next": {**NEXT, "bucket": "unlisted-1"}}, "sweep.next.bucket"),
        ({"next": {**NEXT, "tag": "Other"}}, "its tag is among its tags"),
        ({"next": {**NEXT, "start": ""}}, "its times are times"),
        ({"next": {**NEXT, "hold": "soon"}}, "its times are times"),
        ({"next": {"bucket": BUCKET}}, "sweep.next.tag"),
        ({"next": NEXT, "resume": True}, "sweep.next and sweep.resume"),
    ],
)
def test_wrong_option_is_named(options: Any, detail: str, deployed: Deployment) -> None:
    """Nothing is requested."""
    answer = Answer(deployed.send({"sweep": options}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert detail in answer.body["detail"]
    assert deployed.cos.requests == []
