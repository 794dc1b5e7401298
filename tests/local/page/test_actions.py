"""What the page of `make serve` can do besides sending an event: commands, a body from a file, a verdict, a reset."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from local.ci.jobs import ci_time
from local.cloud import LocalCloud
from local.defaults import BUCKET, INPUT_KEY
from local.events.reviews import VERDICTS
from local.faults.requests import Faults
from local.page.feed import Feed
from tests.support.bodies import body, job

if TYPE_CHECKING:
    from local.scf.server import Invocation
    from tests.local.page.conftest import Visitor

GBK = '<?xml version="1.0" encoding="GBK"?><Response><JobsDetail>{}</JobsDetail></Response>'


def own(text: bytes, trigger: str = "function-url") -> dict[str, Any]:
    """Return the request that sends a body from a file."""
    return {"body": base64.b64encode(text).decode(), "trigger": trigger}


@pytest.mark.parametrize("command", ["replay", "sweep", "doctor"])
def test_command_is_invoked(visitor: Visitor, command: str) -> None:
    """Its report is the reply, and its name in the list."""
    delivery = visitor.send(command=command)
    assert (delivery["trigger"], delivery["status"], delivery["outcomes"]) == ("invoke", 200, [command])
    report = json.loads(delivery["reply"]["body"])
    assert {"replay": "dead_letters", "sweep": "found", "doctor": "findings"}[command] in report


def test_replay_removes_what_settles(visitor: Visitor) -> None:
    """So that the bucket shows it."""
    visitor.cloud.cos.put(BUCKET, "audio/song.mp3.SoundHound.json", b"foreign")
    visitor.send(own=own(body(job(JobId="r1")).encode()))
    taken = [key for key in visitor.cloud.listing() if "dead-letter" in key]
    for key in visitor.cloud.listing():
        if key != INPUT_KEY and "dead-letter" not in key:
            visitor.cloud.cos.delete(BUCKET, key)
    visitor.send(command="replay")
    assert not set(taken) & set(visitor.cloud.listing())


@pytest.mark.parametrize("trigger", ["function-url", "apigw"])
def test_body_from_a_file_is_posted(visitor: Visitor, trigger: str) -> None:
    """With the token, through the chosen trigger."""
    sent = body(job(JobId=trigger, Input={"BucketId": BUCKET, "Object": f"own/{trigger}.mp3"}))
    delivery = visitor.send(own=own(sent.encode(), trigger))
    assert (delivery["trigger"], delivery["outcomes"]) == (trigger, ["written"])
    assert delivery["request"]["body"] == sent
    assert delivery["request"]["line"] == "POST /••••"


def test_bytes_of_a_file_are_kept(visitor: Visitor) -> None:
    """Also those that are no UTF-8, through API Gateway as base64."""
    fields = "<JobId>g1</JobId><Tag>SoundHound</Tag><State>Success</State><Code>Success</Code>"
    fields += f"<Input><BucketId>{BUCKET}</BucketId><Object>own/晨曲.mp3</Object></Input>"
    delivery = visitor.send(own=own(GBK.format(fields).encode("gbk"), "apigw"))
    assert delivery["keys"] == ["own/晨曲.mp3.SoundHound.json"]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_generated_review_has_the_verdict(visitor: Visitor, verdict: str) -> None:
    """In CI's own number."""
    made = {"tag": "ReviewImage", "format": "json", "trigger": "invoke", "result": verdict}
    delivery = visitor.send(generated=made)
    detail = json.loads(delivery["request"]["body"])["JobsDetail"]
    assert detail["Result"] == VERDICTS.index(verdict)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"command": "smoke"}, "there is no command 'smoke' (there are replay, sweep, doctor)"),
        ({"own": {"body": "a"}}, "own.body: "),
        ({"own": own(b"{}", "cmq")}, "own.trigger: Input should be 'function-url' or 'apigw'"),
        ({"generated": {"tag": "ReviewImage", "format": "json", "result": "bad"}}, "generated.result: Input should be"),
        ({"generated": {"tag": "Tts", "result": "block"}}, "Tts is not a review"),
    ],
)
def test_impossible_action_is_400(visitor: Visitor, content: Any, message: str) -> None:
    """The message names it."""
    answer = visitor.ask("POST", "send", content)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_choices_name_the_reviews_and_their_verdicts(visitor: Visitor) -> None:
    """So that the form can switch to JSON."""
    offered = visitor.get("choices")
    assert set(offered["reviews"]) == {tag for tag in offered["tags"] if tag.startswith("Review")}
    assert offered["verdicts"] == ["normal", "block", "review"]


def test_reset_begins_anew(visitor: Visitor) -> None:
    """Only the input is left: no results, deliveries, faults, nor jobs that a sweep would recover."""
    cloud, before = visitor.cloud, visitor.get("state")
    visitor.send(recorded="function-url-xml-success")
    cloud.cos.ci.add(BUCKET, job(JobId="lost", CreationTime=ci_time(0)))
    cloud.cos.ci.others.add(BUCKET, "image/auditing", {"JobId": "r"})
    cloud.cos.faults = Faults.parse("latency=0.001")
    assert visitor.ask("POST", "reset", {}).status_code == 200
    after = visitor.get("state")
    assert after["run"] != before["run"]
    assert (after["deliveries"], after["faults"]) == ([], Faults().summary)
    assert cloud.listing() == [INPUT_KEY]
    assert (cloud.cos.ci.jobs, cloud.cos.ci.get(BUCKET, "lost")) == ([], None)
    assert visitor.send(recorded="function-url-xml-success")["outcomes"] == ["written"]


def test_reset_forgets_a_running_delivery() -> None:
    """It is not listed when it ends."""
    feed = Feed()
    with LocalCloud(triggers={}) as cloud:

        def invoke(event: Any) -> Invocation:
            feed.clear()
            return cloud.invoke(event)

        feed.watch(invoke)({"doctor": {}})
    assert feed.since(0) == []
