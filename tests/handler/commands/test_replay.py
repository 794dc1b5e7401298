"""Replay: dead letters are processed again."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.results import record
from local.faults.requests import Faults
from local.http.message import Response
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, OTHER_BUCKET, REGION, STRICT_ROUTES, Answer, log_lines
from tests.support.limited_run import limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.requests import Asked
    from tests.support.deployment import Deployment

KEY = "audio/song.mp3.SoundHound.json"


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with one key for each result."""
    return deploy(ROUTES=STRICT_ROUTES)


def replay(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Return the report of a replay."""
    answer = Answer(deployed.send({"replay": options}))
    assert answer.status == 200, answer.body
    return answer.body


def outcomes(report: dict[str, Any]) -> list[str]:
    """Return the outcome of each dead letter."""
    return [result["outcome"] for result in report["results"]]


def conflicting(deployed: Deployment, count: int = 1) -> None:
    """Make dead letters of valid callbacks: foreign objects had their keys."""
    for at in range(count):
        key = f"audio/{at}.mp3"
        deployed.cos.put(BUCKET, f"{key}.SoundHound.json", b"mine")
        assert deployed.post(body(job(JobId=f"s{at}", Input={"Object": key}))).outcomes == ["dead-lettered"]
        deployed.cos.delete(BUCKET, f"{key}.SoundHound.json")


def test_dead_letter_becomes_its_result_once_its_cause_is_fixed(deployed: Deployment) -> None:
    """It stays without `remove`, and answers `duplicate` the next time."""
    conflicting(deployed)
    report = replay(deployed)
    assert outcomes(report) == ["settled"]
    assert report["results"][0]["jobs"] == [{"JobId": "s0", "outcome": "written", "key": "audio/0.mp3.SoundHound.json"}]
    assert (report["results"][0]["reason"], report["next"]) == ("conflict", None)
    assert len(deployed.dead_letters()) == 1
    assert replay(deployed)["results"][0]["jobs"][0]["outcome"] == "duplicate"


def test_log_has_a_line_for_each_replayed_job(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """The replay's own line has the count."""
    conflicting(deployed, count=2)
    deployed.cos.put(BUCKET, "audio/1.mp3.SoundHound.json", b"mine")
    capsys.readouterr()
    replay(deployed)
    *jobs, replayed = log_lines(capsys)
    logged = {each["job_id"]: (each["outcome"], each["level"], each["command"]) for each in jobs}
    assert logged == {"s0": ("written", "INFO", "replay"), "s1": ("dead-lettered", "WARNING", "replay")}
    assert {each["request_id"] for each in jobs} == {replayed["request_id"]}
    assert replayed["dead_letters"] == 2


def test_log_names_the_bucket_that_holds_the_dead_letter(
    deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where only jobs of another bucket fail again."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou", ROUTES=STRICT_ROUTES)
    jobs = []
    for bucket in (BUCKET, OTHER_BUCKET):
        deployed.cos.put(bucket, KEY, b"mine")
        jobs.append(job(JobId=bucket, Input={"BucketId": bucket, "Object": "audio/song.mp3"}))
    deployed.post(body(*jobs))
    deployed.cos.delete(BUCKET, KEY)
    capsys.readouterr()
    assert outcomes(replay(deployed)) == ["kept"]
    *_, kept, _ = log_lines(capsys)
    assert (kept["job_id"], kept["bucket"], deployed.cos.has(BUCKET, kept["key"])) == (OTHER_BUCKET, BUCKET, True)


def test_log_lines_of_one_dead_letter_are_bounded(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """As a delivery's are; the report names fewer."""
    unlisted = {"BucketId": OTHER_BUCKET, "Object": "x"}
    deployed.post(body(*(job(JobId=f"s{at}", Input=unlisted) for at in range(1100))))
    capsys.readouterr()
    (result,) = replay(deployed)["results"]
    assert (result["outcome"], len(result["jobs"])) == ("kept", 20)
    *logged, _ = log_lines(capsys)
    assert len(logged) == 1000
    assert {each["outcome"] for each in logged} == {"dead-lettered"}


def test_remove_deletes_only_settled_dead_letters(deployed: Deployment) -> None:
    """Every job of it must be settled."""
    conflicting(deployed)
    deployed.post("no callback")
    assert sorted(outcomes(replay(deployed, remove=True))) == ["kept", "removed"]
    assert [dead_letter["reason"] for dead_letter in deployed.dead_letters()] == ["not-xml-or-json"]


def test_dead_letter_that_fails_again_stays_with_its_attempt_counted(deployed: Deployment) -> None:
    """Under its key, with its body and time of receipt, and the reason of this attempt."""
    deployed.cos.put(BUCKET, KEY, b"mine")
    deployed.post(body(job()))
    (before,) = deployed.dead_letters()
    for attempt in (2, 3):
        report = replay(deployed, remove=True)
        assert outcomes(report) == ["kept"]
        (after,) = deployed.dead_letters()
        assert (after["attempt"], after["body"], after["received"]) == (attempt, before["body"], before["received"])
    assert deployed.cos.get(BUCKET, KEY).body == b"mine"


def test_dry_run_only_reports(deployed: Deployment) -> None:
    """Dead letters are read, and nothing is changed."""
    conflicting(deployed)
    listing = deployed.listing()
    deployed.cos.forget_requests()
    report = replay(deployed, dry_run=True)
    assert outcomes(report) == ["found"]
    assert (report["results"][0]["reason"], report["results"][0]["attempt"]) == ("conflict", 1)
    assert set(deployed.methods) == {"GET"}
    assert deployed.listing() == listing


@pytest.mark.parametrize("content", [b"\xff\x00\x01", '<?xml version="1.0" encoding="GBK"?><a>海'.encode("gbk"), "{"])
def test_dead_letter_of_any_bytes_is_replayed(content: str | bytes, deployed: Deployment) -> None:
    """Also one in base64."""
    reason = deployed.post(content).body["reason"]
    assert outcomes(replay(deployed)) == ["kept"]
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["attempt"], dead_letter["reason"]) == (2, reason)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"since": "2025-03-02"}, ["b"]),
        ({"since": "2025-03-01T12:00:00+08:00"}, ["a2", "b"]),
        ({"since": "2025-03-03"}, []),
        ({"prefix": "2025-03-01/"}, ["a1", "a2", "c"]),
        ({"prefix": "ci-callback/dead-letter/2025-03-02/"}, ["b"]),
        ({"bucket": BUCKET}, ["a1", "a2", "b"]),
        ({"bucket": OTHER_BUCKET}, ["c"]),
        ({}, ["a1", "a2", "b", "c"]),
    ],
)
def test_dead_letters_are_selected_by_prefix_time_and_bucket(
    options: dict[str, Any], found: list[str], deploy: Callable[..., Deployment]
) -> None:
    """`prefix` is below DEAD_LETTER, `since` a day or a time."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou", ROUTES=STRICT_ROUTES)
    deployed.post("no callback")
    (first,) = [key for key in deployed.listing() if "dead-letter" in key]
    dead_letter = deployed.cos.get(BUCKET, first)
    deployed.cos.delete(BUCKET, first)
    for bucket, name, received in [
        (BUCKET, "2025-03-01/a1", "2025-03-01T03:00:00.000+00:00"),
        (BUCKET, "2025-03-01/a2", "2025-03-01T04:00:00.000+00:00"),
        (BUCKET, "2025-03-02/b", "2025-03-02T00:00:00.000+00:00"),
        (OTHER_BUCKET, "2025-03-01/c", "2025-03-01T00:00:00.000+00:00"),
    ]:
        content = json.dumps({**json.loads(dead_letter.body), "received": received}).encode()
        digest = hashlib.sha256(content).hexdigest()
        header = re.sub(r"content=\S+", f"content={digest}", dead_letter.metadata["ci-callback"])
        deployed.cos.put(bucket, f"ci-callback/dead-letter/{name}.json", content, metadata={"ci-callback": header})
    report = replay(deployed, dry_run=True, **options)
    assert [result["key"].rpartition("/")[2].removesuffix(".json") for result in report["results"]] == found


def test_report_has_the_beginning_of_an_endless_reason(deployed: Deployment) -> None:
    """Of a dead letter that an uploader has written."""
    deployed.post("no callback")
    (key,) = deployed.listing()
    stored = deployed.cos.get(BUCKET, key)
    content = stored.body.replace(b"not-xml-or-json", b"x" * 100_000)
    header = re.sub(" content=[0-9a-f]+", "", stored.metadata["ci-callback"])
    deployed.cos.put(BUCKET, key, content, metadata={"ci-callback": header})
    (found,) = replay(deployed, dry_run=True)["results"]
    assert found["reason"] == "x" * 1000


@pytest.mark.contradicts_schema
def test_invalid_dead_letter_is_left_alone(deployed: Deployment) -> None:
    """A foreign, cut off or changed object below the prefix is reported."""
    conflicting(deployed)
    (key,) = [key for key in deployed.listing() if "dead-letter" in key]
    dead_letter = deployed.cos.get(BUCKET, key)
    deployed.cos.delete(BUCKET, key)
    header = dead_letter.metadata["ci-callback"]
    described = {
        "not-json": b"{",
        "a-list": b"[]",
        "no-body": b'{"reason": "x"}',
        "no-time": dead_letter.body.replace(b"+00:00", b""),
        "changed": dead_letter.body.replace(b"s0", b"s1"),
        "rest": dead_letter.body[:-1] + b', "rest": {"jobs": 2, "spans": [[1, 9]], "failed": []}}',
    }
    invalid = {
        "foreign": (dead_letter.body, {}),
        "other-reason": (dead_letter.body.replace(b"conflict", b"no-field"), dead_letter.metadata),
    }
    for name, content in described.items():
        digest = f"content={hashlib.sha256(content).hexdigest()}"
        invalid[name] = (content, {"ci-callback": re.sub(r"content=\S+", digest, header)})
    for name, (content, metadata) in invalid.items():
        deployed.cos.put(BUCKET, f"ci-callback/dead-letter/{name}", content, metadata=metadata)
    report = replay(deployed, remove=True)
    assert outcomes(report) == ["invalid"] * len(invalid)
    assert len(deployed.listing()) == len(invalid)


def test_next_continues_a_replay(deployed: Deployment) -> None:
    """A run ends before the report's length does; none is taken twice."""
    limit(deployed, dead_letters=2, page=2)
    conflicting(deployed, 5)
    seen: list[str] = []
    begin = None
    for _ in range(3):
        report = replay(deployed, **({"next": begin} if begin else {}), remove=True)
        seen += [result["key"] for result in report["results"]]
        begin = report["next"]
    assert begin is None
    assert len(set(seen)) == len(seen) == 5
    assert deployed.dead_letters() == []


def test_no_dead_letter_is_taken_without_time(deployed: Deployment) -> None:
    """`next` is the beginning."""
    conflicting(deployed)
    deployed.context["time_limit_in_ms"] = 1500
    report = replay(deployed)
    assert report["results"] == []
    assert report["next"] == {"bucket": BUCKET, "key": ""}
    deployed.context["time_limit_in_ms"] = 30_000
    assert outcomes(replay(deployed, next=report["next"])) == ["settled"]


def test_listing_that_fails_later_leaves_the_report(deployed: Deployment) -> None:
    """With a `next` behind all that was taken; a first listing that fails is an error."""
    for number in range(2):
        deployed.post(f"not a callback {number}")
    limit(deployed, page=1)
    listed = []

    def fails(asked: Asked) -> bool:
        listed.extend([asked] if (asked.method, asked.key) == ("GET", "") else [])
        return len(listed) > 1

    deployed.cos.faults = Faults(only=fails, then="503")
    report = replay(deployed)
    (taken,) = report["results"]
    assert report["next"] == {"bucket": BUCKET, "key": taken["key"]}
    assert Answer(deployed.send({"replay": {"next": report["next"]}})).status == 503


NO_LISTINGS = [
    "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
    "<ListBucketResult><Contents>a</Contents></ListBucketResult>",
    "<Other/>",
    '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult/>',
]


@pytest.mark.parametrize("page", NO_LISTINGS)
def test_listing_that_is_none_is_no_answer(page: str, deployed: Deployment) -> None:
    """It may be one the next time."""
    deployed.cos.intercept = lambda *_: Response(200, (), page.encode())
    answer = Answer(deployed.send({"replay": {}}))
    assert (answer.status, answer.body["error"]) == (503, "store-unavailable")


def test_unavailable_dead_letter_is_skipped(deployed: Deployment) -> None:
    """It is reported, and stays for the next run."""
    conflicting(deployed, 2)
    faults = deployed.cos.faults = Faults(["none", "403"])
    report = replay(deployed, remove=True)
    assert outcomes(report) == ["unavailable", "removed"]
    faults.script = ["none", "cut-body", "cut-body", "cut-body"]
    assert outcomes(replay(deployed)) == ["unavailable"]
    faults.then = "403"
    assert Answer(deployed.send({"replay": {}})).body["error"] == "store-refused"
    deployed.cos.delete(BUCKET, report["results"][1]["key"])
    assert len(deployed.dead_letters()) == 1


@pytest.mark.contradicts_schema
@pytest.mark.usefixtures("no_gc")
def test_defect_met_by_one_dead_letter_does_not_end_the_run(deployed: Deployment) -> None:
    """Such as one that is nested too deeply to be read."""
    conflicting(deployed)
    nested = b"[" * 100_000
    header = record.dead_letter_header("0" * 64, nested)
    deployed.cos.put(BUCKET, "ci-callback/dead-letter/0", nested, metadata={"ci-callback": header})
    report = replay(deployed)
    assert outcomes(report) == ["unavailable", "settled"]
    assert "RecursionError" in report["results"][0]["detail"]


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        (None, "takes an object"),
        ([], "takes an object"),
        ({"dryrun": True}, "replay.dryrun"),
        ({"dry_run": "yes"}, "replay.dry_run"),
        ({"since": "yesterday"}, "replay.since"),
        ({"since": "2025-13-01"}, "replay.since"),
        ({"bucket": "unlisted-1234567890"}, "replay.bucket"),
        ({"next": {"bucket": BUCKET}}, "replay.next.key"),
    ],
)
def test_wrong_option_is_named(options: Any, detail: str, deployed: Deployment) -> None:
    """Nothing is requested."""
    answer = Answer(deployed.send({"replay": options}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert detail in answer.body["detail"]
    assert deployed.cos.requests == []


def test_http_request_cannot_start_a_replay(deployed: Deployment) -> None:
    """In a callback's body the command is no callback."""
    conflicting(deployed)
    assert deployed.post(json.dumps({"replay": {"remove": True}})).outcomes == ["dead-lettered"]
    assert Answer(deployed.send({"replay": {}, "headers": {}})).status == 400
    assert len(deployed.dead_letters()) == 2


def test_vanished_dead_letter_is_invalid(deployed: Deployment) -> None:
    """It was removed after the listing."""
    conflicting(deployed)
    (key,) = [key for key in deployed.listing() if "dead-letter" in key]
    deployed.cos.faults = Faults(
        only=lambda asked: asked.key == key, on_request=lambda asked: deployed.cos.delete(asked.bucket, asked.key)
    )
    assert outcomes(replay(deployed)) == ["invalid"]
