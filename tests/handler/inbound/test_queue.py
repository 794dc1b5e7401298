"""Queues: CI delivers to a CMQ or CKafka topic, and the topic's trigger to the function."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.errors import Redeliver
from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, Answer, log_lines
from tests.support.limited_run import SlowCos

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


def records(*bodies: Any, queue: str = "CMQ") -> dict[str, Any]:
    """Return the event of a queue's trigger with these message bodies."""
    shared = {"type": "topic", "topicName": "ci-done"} if queue == "CMQ" else {"topic": "ci-done", "msgKey": "None"}
    return {"Records": [{queue: {**shared, "msgBody": each}} for each in bodies]}


@pytest.mark.parametrize("queue", ["CMQ", "Ckafka"])
def test_each_record_is_settled_on_its_own(
    queue: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """XML, JSON and nonsense in one event: two results, a dead letter, a log line for each."""
    reply = deployed.send(
        records(body(job(), form="xml"), body(job(JobId="b", Input={"Object": "b.mp3"})), "nonsense", queue=queue)
    )
    assert json.loads(reply["body"])["records"] == 3
    assert [key for key in deployed.listing() if key.endswith(".SoundHound.json")] == [
        "audio/song.mp3.SoundHound.json",
        "b.mp3.SoundHound.json",
    ]
    assert [dead_letter["source"] for dead_letter in deployed.dead_letters()] == ["queue"]
    lines = log_lines(capsys)
    assert [(line["source"], line["outcome"]) for line in lines] == [
        ("queue", "written"),
        ("queue", "written"),
        ("queue", "dead-lettered"),
    ]


def test_record_that_is_not_durable_is_redelivered(deployed: Deployment) -> None:
    """The platform repeats the event; the settled records are then duplicates."""
    event = records(body(job()))
    deployed.environ["TENCENTCLOUD_SECRETKEY"] = "expired"
    with pytest.raises(Redeliver, match="1 of 1 records are not durable"):
        deployed.send(event)
    deployed.environ["TENCENTCLOUD_SECRETKEY"] = deployed.cos.credentials.secret_key
    assert deployed.send(event)["statusCode"] == 200
    assert deployed.send(event)["statusCode"] == 200
    assert deployed.listing() == ["audio/song.mp3.SoundHound.json"]


def test_misconfigured_function_raises_for_records(deploy: Callable[..., Deployment]) -> None:
    """Any reply would acknowledge the records."""
    misconfigured = deploy(BUCKETS="")
    with pytest.raises(Redeliver, match="could not be served"):
        misconfigured.send(records(body(job())))
    assert misconfigured.send({"Records": [], "headers": {}})["statusCode"] == 500


@pytest.mark.parametrize("message", [None, "", 7, {"a": 1}])
def test_record_without_text_is_kept(message: Any, deployed: Deployment) -> None:
    """As a dead letter."""
    assert deployed.send(records(message))["statusCode"] == 200
    assert len(deployed.dead_letters()) == 1


@pytest.mark.parametrize("event", [{"Records": []}, {"Records": {}}, {"Records": ["x"]}, {"Records": [{"CMQ": "x"}]}])
def test_records_of_an_unknown_queue_are_400(event: dict[str, Any], deployed: Deployment) -> None:
    """Records of another trigger; COS sees no request."""
    answer = Answer(deployed.send(event))
    assert (answer.status, answer.body["error"]) == (400, "unknown-event")
    assert deployed.cos.requests == []


def test_unknown_record_does_not_affect_the_others(deployed: Deployment) -> None:
    """It is a dead letter; the messages become results."""
    event = records(body(job()))
    event["Records"].append({"cos": {"cosObject": {"key": "/1/b/k"}}})
    assert json.loads(deployed.send(event)["body"])["records"] == 2
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["reason"], json.loads(dead_letter["body"])) == ("unknown-record", event["Records"][1])
    assert "audio/song.mp3.SoundHound.json" in deployed.listing()


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize("is_message", [True, False])
def test_record_that_cannot_be_read_does_not_affect_the_others(
    is_message: bool,  # noqa: FBT001 - pytest passes parameters by name
    deployed: Deployment,
) -> None:
    """One that is nested too deeply cannot even be kept: its dead letter has no body."""
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    event = records(body(job()))
    event["Records"].insert(0, {"CMQ": {"msgBody": nested}} if is_message else nested)
    assert json.loads(deployed.send(event)["body"])["records"] == 2
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["reason"], dead_letter["body"]) == ("too-deep" if is_message else "unknown-record", "")
    assert "audio/song.mp3.SoundHound.json" in deployed.listing()


def review(verdict: int) -> str:
    """Return a review, which has no end: of two verdicts the later arrival is newer."""
    fields = {"JobId": "si0042", "State": "Success", "BucketId": BUCKET, "Object": "photos/7.jpg", "Result": verdict}
    return json.dumps({"EventName": "ReviewImage", "JobsDetail": fields})


@pytest.mark.parametrize("answers", [["503"] * 3, ["none", *["503"] * 3]], ids=["first", "second"])
def test_later_of_two_verdicts_in_one_event_stays_if_one_is_replayed(answers: list[Any], deployed: Deployment) -> None:
    """Their order counts, though they arrived at once."""
    deployed.cos.faults = Faults(answers, only=lambda asked: asked.key.startswith("photos/"))
    deployed.send(records(body(job()), review(2), review(1)))
    assert [each["reason"] for each in deployed.dead_letters()] == ["store-unavailable"]
    deployed.send({"replay": {"remove": True}})
    assert deployed.dead_letters() == []
    assert deployed.result("photos/7.jpg.ReviewImage.json")["Result"] == 1


def test_later_of_two_verdicts_stays_if_it_is_replayed_first(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay of a dead letter with several bodies begins at a random one."""
    songs = [body(job(JobId=f"s{at}", Input={"Object": f"audio/{at}.mp3"})) for at in range(20)]
    with monkeypatch.context() as patch:
        SlowCos(deployed, patch, request_s=0.4, limit_s=10)
        deployed.send(records(*songs, review(2), *map(review, (0, 1))))
    (dead_letter,) = deployed.dead_letters()
    assert [each["order"] for each in dead_letter["bodies"]][-3:] == [20, 21, 22]
    monkeypatch.setattr(time, "monotonic_ns", lambda: -1)  # the last
    deployed.send({"replay": {"remove": True}})
    assert deployed.dead_letters() == []
    assert deployed.result("photos/7.jpg.ReviewImage.json")["Result"] == 1


def test_copy_of_the_first_verdict_that_is_settled_first_does_not_replace_the_later(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that proves to be repeated goes on at a random record: a copy has arrived with the record it copies."""
    deployed.post(body(job()))
    monkeypatch.setattr(time, "monotonic_ns", lambda: -1)  # the last
    deployed.send(records(body(job()), review(2), review(1), review(2)))
    assert deployed.result("photos/7.jpg.ReviewImage.json")["Result"] == 1
