"""The sweep: jobs that CI's API says have ended, against what is there (promise 3)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from local.faults.requests import Faults
from models.catalog import catalog
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, Answer
from tests.support.tired import tire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

OTHER = "other-1234567890"
WINDOW = {"start": "2025-03-01T00:00:00+0000", "end": "2025-03-02T00:00:00+0000"}
NEXT = {"bucket": BUCKET, "tag": "T", "tags": ["T"], **WINDOW}


def ended(number: int = 0, *, ago: float = 60, **more: Any) -> dict[str, Any]:
    """Return a job that was created, and ended, some seconds ago."""
    when = datetime.now(timezone.utc) - timedelta(seconds=ago)
    time = when.strftime("%Y-%m-%dT%H:%M:%S%z")
    fields = {"JobId": f"s{number}", "Input": {"BucketId": BUCKET, "Object": f"audio/{number}.mp3"}, **more}
    return job(CreationTime=time, StartTime=time, EndTime=time, **fields)


def sweep(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Return the report of a sweep."""
    answer = Answer(deployed.send({"sweep": options}))
    assert answer.status == 200, answer.body
    return answer.body


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    """Return found, there, healed, ignored and failed."""
    return tuple(report[name] for name in ("found", "present", "recovered", "ignored", "failed"))


def test_a_callback_that_never_came_is_healed(deployed: Deployment) -> None:
    """A finished job without a result gets it, with the very bytes its callback would have led to."""
    lost = ended()
    deployed.cos.ci.add(BUCKET, lost)
    report = sweep(deployed)
    assert counts(report) == (1, 0, 1, 0, 0)
    assert report["recovered_jobs"] == [{"JobId": "s0", "tag": "SoundHound", "key": "audio/0.mp3.SoundHound.json"}]
    assert 50 < report["latest_s"] < 600
    swept = deployed.cos.get(BUCKET, "audio/0.mp3.SoundHound.json")
    deployed.cos.delete(BUCKET, "audio/0.mp3.SoundHound.json")
    deployed.post(body(lost))
    assert deployed.cos.get(BUCKET, "audio/0.mp3.SoundHound.json") == swept


def test_what_is_there_costs_one_request(deployed: Deployment) -> None:
    """A job whose result is there is settled by a HEAD, and changes nothing."""
    jobs = [ended(number) for number in range(30)]
    for each in jobs:
        deployed.cos.ci.add(BUCKET, each)
        deployed.post(body(each))
    deployed.cos.forget_requests()
    assert counts(sweep(deployed, tags=["SoundHound"])) == (30, 30, 0, 0, 0)
    assert deployed.methods == ["GET", *["HEAD"] * 30]


def test_routes_decide_for_swept_jobs_too(deploy: Callable[..., Deployment]) -> None:
    """Both final states are swept, each to its own route; states that are not final are not asked for."""
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


def test_what_is_no_job_is_not_asked_for(deploy: Callable[..., Deployment]) -> None:
    """Workflow runs and reviews are in ROUTES like jobs, but CI's job API does not list them."""
    catalogued = {tag: entry for tag, entry in catalog().items() if not entry.is_job}
    rows = [{"tag": tag, "state": "*", "write": "{object}.{tag}.json"} for tag in catalogued]
    deployed = deploy(ROUTES=json.dumps([*rows, {"tag": "*", "state": "*", "ignore": True}]))
    assert counts(sweep(deployed)) == (0, 0, 0, 0, 0)
    assert deployed.cos.requests == []
    assert len(catalogued) == 8


def test_a_pattern_stands_for_every_tag_that_ci_lists(deployed: Deployment) -> None:
    """All jobs that are known, but those on files, of which CI documents no list."""
    sweep(deployed)
    asked = {request.query.partition("tag=")[2].partition("&")[0] for request in deployed.cos.requests}
    jobs = {tag: entry.api for tag, entry in catalog().items() if entry.is_job}
    assert asked == {tag for tag, api in jobs.items() if api != "file_jobs"}
    assert len(jobs) - len(asked) == 3


@pytest.mark.parametrize(("tag", "family"), [("PicProcess", "pic_jobs"), ("DocProcess", "doc_jobs"), ("Tts", "jobs")])
def test_each_tag_is_asked_for_at_its_path(tag: str, family: Any, deployed: Deployment) -> None:
    """Pictures, documents and speech have lists of their own."""
    deployed.cos.ci.add(BUCKET, ended(Tag=tag), family=family)
    assert counts(sweep(deployed)) == (1, 0, 1, 0, 0)


def test_every_listed_bucket_is_swept(deploy: Callable[..., Deployment]) -> None:
    """Jobs of each bucket in BUCKETS are found."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.cos.ci.add(OTHER, ended(2, Input={"BucketId": OTHER, "Object": "b.mp3"}))
    assert counts(sweep(deployed)) == (2, 0, 2, 0, 0)
    assert deployed.listing(OTHER) == ["b.mp3.SoundHound.json"]


def test_many_pages_are_swept(deployed: Deployment) -> None:
    """A list is followed to its end, be that an absent or an empty token, and no job is taken twice."""
    for number in range(250):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    assert counts(sweep(deployed, tags=["SoundHound"])) == (250, 0, 250, 0, 0)
    deployed.cos.ci.empty_last_token = True
    assert counts(sweep(deployed, tags=["SoundHound"])) == (250, 250, 0, 0, 0)


def test_only_jobs_of_the_window_are_swept(deployed: Deployment) -> None:
    """`hours` is how far back jobs were created."""
    deployed.cos.ci.add(BUCKET, ended(1, ago=3 * 3600))
    deployed.cos.ci.add(BUCKET, ended(2, ago=30 * 3600))
    assert counts(sweep(deployed, hours=2))[0] == 0
    assert counts(sweep(deployed))[0] == 1
    assert counts(sweep(deployed, hours=48))[0] == 2


def test_a_report_names_only_so_many(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are whole, while the jobs that are named are bounded in number."""
    monkeypatch.setattr("ci_callback.commands.sweep.run._MAX_NAMED", 1)
    for number in range(2):
        deployed.cos.ci.add(BUCKET, ended(number))
        deployed.cos.ci.add(BUCKET, ended(number + 2))
        deployed.cos.put(BUCKET, f"audio/{number}.mp3.SoundHound.json", b"mine")
    report = sweep(deployed)
    assert counts(report) == (4, 0, 2, 0, 2)
    assert (len(report["recovered_jobs"]), len(report["failed_jobs"])) == (1, 1)


def test_a_dry_run_only_counts(deployed: Deployment) -> None:
    """`dry_run` lists and touches nothing."""
    deployed.cos.ci.add(BUCKET, ended())
    assert counts(sweep(deployed, dry_run=True)) == (1, 0, 0, 0, 0)
    assert set(deployed.methods) == {"GET"}
    assert deployed.listing() == []


def test_a_job_that_cannot_be_written_is_told_and_found_again(deployed: Deployment) -> None:
    """A conflict is reported each time and leaves no dead letter: CI still has the job."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.put(BUCKET, "audio/0.mp3.SoundHound.json", b"mine")
    for _ in range(2):
        report = sweep(deployed)
        assert counts(report) == (1, 0, 0, 0, 1)
        assert report["failed_jobs"][0]["reason"] == "conflict"
    assert deployed.letters() == []


def test_a_job_without_an_end_is_healed_too(deployed: Deployment) -> None:
    """Lateness is told only of jobs that say when they ended."""
    deployed.cos.ci.add(BUCKET, {**ended(), "EndTime": "-"})
    report = sweep(deployed)
    assert (counts(report), report["latest_s"]) == ((1, 0, 1, 0, 0), 0)


def test_the_log_names_the_jobs_that_were_healed_or_failed(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has a line as a callback's job has, lateness included; the sweep's own has the counts."""
    deployed.cos.ci.add(BUCKET, ended(0))
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.cos.put(BUCKET, "audio/1.mp3.SoundHound.json", b"mine")
    deployed.post(body(ended(2)))
    deployed.cos.ci.add(BUCKET, ended(2))
    capsys.readouterr()
    sweep(deployed)
    *jobs, swept = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = {each["job_id"]: (each["outcome"], each["level"], each["command"]) for each in jobs}
    assert told == {"s0": ("written", "INFO", "sweep"), "s1": ("retry", "ERROR", "sweep")}
    assert all(50 < each["late_s"] < 600 and each["request_id"] == swept["request_id"] for each in jobs)
    assert (swept["found"], swept["recovered"], swept["failed"]) == (3, 1, 1)


def test_a_list_that_is_refused_does_not_keep_the_others_from_being_swept(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Tag whose list CI refuses (its service is not open for the bucket) is told as a warning; the sweep goes on."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.faults = Faults(only=lambda asked: asked.key == "doc_jobs", then="403")
    report = sweep(deployed)
    assert counts(report) == (1, 0, 1, 0, 3)
    assert {each["reason"] for each in report["failed_jobs"]} == {"store-refused"}
    assert [each["tag"] for each in report["failed_jobs"]] == ["DocAIGCMetadata", "DocProcess", "DocWatermark"]
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["level"] == "WARNING"


def test_a_sweep_goes_on_where_the_last_one_ended(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose time is over says where; the next begins there, with the same window, and misses nothing."""
    tire(monkeypatch, 13)
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


def test_no_page_is_begun_when_the_time_is_nearly_over(deployed: Deployment) -> None:
    """With too little time left nothing is asked, and `next` is the beginning."""
    deployed.context["time_limit_in_ms"] = 2000
    report = sweep(deployed)
    assert (report["found"], report["next"]["bucket"], report["next"]["until"]) == (0, BUCKET, "")
    assert deployed.cos.requests == []


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_a_ci_that_does_not_answer_ends_the_sweep(fault: Any, deployed: Deployment) -> None:
    """Without the list there is nothing to report; the answer says why, and the next timer tries again."""
    deployed.cos.faults = Faults(then=fault)
    answer = Answer(deployed.send({"sweep": {}}))
    assert answer.status == 503
    assert answer.body["error"] == "store-unavailable"


def test_a_list_that_cannot_be_read_is_told(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of nonsense, or one that is no list at all, does not keep the other Tags from being swept."""
    deployed.cos.ci.add(BUCKET, ended(Tag="Tts"))
    pages = iter([b"<html>", b"<Response>text</Response>"])
    from ci_callback.cloud.cos import Store  # noqa: PLC0415 - this test alone stands between function and CI

    real = Store.query_ci
    monkeypatch.setattr(Store, "query_ci", lambda *given: next(pages, None) or real(*given))
    report = sweep(deployed, tags=["SoundHound", "Snapshot", "Tts"])
    assert counts(report) == (1, 0, 1, 0, 2)
    assert [each["reason"] for each in report["failed_jobs"]] == ["bad-xml", "not-an-answer"]


@pytest.mark.parametrize("message", ["", " ", '{"sweep": {"hours": 48, "tags": ["SoundHound"]}}'])
def test_a_timer_sweeps(message: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """The timer's event orders a sweep; its argument may hold the options; the log line tells the counts."""
    deployed.cos.ci.add(BUCKET, ended())
    timer = {"Type": "Timer", "TriggerName": "sweep", "Time": "2025-04-05T06:00:00Z", "Message": message}
    assert Answer(deployed.send(timer)).body["recovered"] == 1
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["command"], line["found"], line["recovered"], line["next"]) == ("sweep", 1, 1, False)


@pytest.mark.parametrize("message", ["{", "[" * 100_000, "[]", '{"replay": {}}', '{"sweep": {}, "x": 1}'])
@pytest.mark.usefixtures("no_gc")
def test_a_timer_with_another_argument_gets_a_clear_answer(message: str, deployed: Deployment) -> None:
    """An argument that is no sweep is refused, and nothing is done."""
    answer = Answer(deployed.send({"Type": "Timer", "Message": message}))
    assert (answer.status, answer.body["error"]) == (400, "unknown-event")
    assert deployed.cos.requests == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "takes an object"),
        ({"hour": 1}, "sweep.hour"),
        ({"hours": 0}, "sweep.hours"),
        ({"hours": "24"}, "sweep.hours"),
        ({"tags": "SoundHound"}, "sweep.tags"),
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
def test_unknown_options_get_a_clear_answer(options: Any, said: str, deployed: Deployment) -> None:
    """A wrong option is named, and nothing is done."""
    answer = Answer(deployed.send({"sweep": options}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert said in answer.body["detail"]
    assert deployed.cos.requests == []
