"""Callbacks in CI's format, sent with faults over real HTTP."""

from __future__ import annotations

import json
import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, get_args
from xml.etree import ElementTree as ET

import pytest

from local.ci.callbacks import Form, body_of, review_body
from local.ci.server import LocalCi
from local.faults.callback_sender import FOREIGN_BUCKET, CallbackSender
from local.faults.callbacks import FORGERIES, MISHAPS, CallbackFaults
from local.faults.requests import BadFaultsError
from local.scf.server import Invocation
from local.scf.trigger import Trigger
from models import wire
from tests.support.deployment import BUCKET, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.ci.jobs import Job
    from local.faults.callback_sender import Receipt, Sending
    from local.faults.callbacks import Forgery, Mishap
    from tests.support.deployment import Deployment

NOWHERE = ["http://127.0.0.1:1"]

DETAIL: dict[str, Any] = {
    "JobId": "s0",
    "Tag": "SoundHound",
    "State": "Success",
    "Message": "",
    "CreationTime": "2025-03-01T09:00:01+0800",
    "EndTime": "2025-03-01T09:00:09+0800",
    "Input": {"BucketId": BUCKET, "Region": "ap-chongqing", "Object": "a & b/中文.mp3"},
    "Operation": {
        "JobLevel": 0,
        "Cached": False,
        "Output": None,
        "SoundHoundResult": {"SongList": [{"Inlier": "0.87", "SongName": "<song>"}]},
        "Notes": ["one", "two"],
    },
}


def finished(count: int, **more: Any) -> list[Job]:
    """Return jobs that have ended, each on an object of its own."""
    ci = LocalCi()
    jobs = []
    for number in range(count):
        own = {"JobId": f"s{number}", "Input": {"Object": f"{number}.mp3"}, "Operation": {"UserData": f"{number}"}}
        jobs.append(ci.add(BUCKET, {**DETAIL, **own, **more}))
    return jobs


def plan(jobs: list[Job], **rates: float) -> list[Sending]:
    """Return the POSTs with these faults."""
    return CallbackSender(NOWHERE, TOKEN, CallbackFaults(rates)).plan(jobs)  # type: ignore[arg-type]  # literals of Mishap


def numbers(sendings: list[Sending]) -> list[int]:
    """Return the numbers of the jobs, in order."""
    return [int(sending.job.detail["JobId"][1:]) for sending in sendings]


def without(detail: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the fields but one."""
    return {each: value for each, value in detail.items() if each != name}


def hit(faults: CallbackFaults, mishap: Mishap, count: int) -> list[int]:
    """Return the numbers of the callbacks that meet a mishap."""
    return [number for number in range(count) if mishap in faults.mishaps(faults.chance(number))]


def answered(status: int, outcome: str = "written") -> Invocation:
    """Return the invocation of a function that answers so."""
    reply = {"statusCode": status, "headers": {}, "body": json.dumps({"jobs": [{"outcome": outcome}]})}
    return Invocation("id", reply, None, "", None, 1, 128, 1.0)


def test_json_body_is_xml_converted() -> None:
    """Every value is a text, one item an object and several an array, and empty elements are absent."""
    callback = json.loads(wire.body_of(DETAIL, "json"))
    assert callback == {
        "EventName": "TaskFinish",
        "JobsDetail": {
            **{name: value for name, value in DETAIL.items() if name != "Message"},
            "Operation": {
                "JobLevel": "0",
                "Cached": "false",
                "SoundHoundResult": {"SongList": {"Inlier": "0.87", "SongName": "<song>"}},
                "Notes": ["one", "two"],
            },
        },
    }


def test_xml_body_repeats_elements_and_keeps_empty_ones() -> None:
    """A list is a repeated element, and an empty value an empty element."""
    root = ET.fromstring(wire.body_of(DETAIL, "xml"))  # noqa: S314  # our own
    assert root.tag == "Response"
    assert root.findtext("EventName") == "TaskFinish"
    operation = root.find("JobsDetail/Operation")
    assert operation is not None
    texts = [(element.tag, element.text) for element in operation if not len(element)]
    assert texts == [
        ("JobLevel", "0"),
        ("Cached", "false"),
        ("Output", None),
        ("Notes", "one"),
        ("Notes", "two"),
    ]
    assert root.findtext("JobsDetail/Message") == ""
    assert root.findtext("JobsDetail/Input/Object") == "a & b/中文.mp3"


def test_all_forms_and_the_sweep_write_the_same_object(deployed: Deployment) -> None:
    """The bytes of the XML, of both kinds of JSON and of the listed job are equal."""
    key = "a & b/中文.mp3.SoundHound.json"
    operation = without(DETAIL["Operation"], "Cached")  # of unknown fields the types differ
    deployed.cos.ci.add(BUCKET, {**without(DETAIL, "CreationTime"), "Operation": operation})
    created = deployed.cos.ci.jobs[0].detail
    objects = []
    deliveries: list[Callable[[], object]] = [
        *(partial(deployed.post, body_of(created, form)) for form in get_args(Form)),
        partial(deployed.send, {"sweep": {"tags": ["SoundHound"]}}),
    ]
    for deliver in deliveries:
        deliver()
        objects.append(deployed.cos.get(BUCKET, key).body)
        deployed.cos.delete(BUCKET, key)
    assert len(set(objects)) == 1


def test_without_faults_each_finished_job_is_called_back_once() -> None:
    """In the order of the jobs, in XML or JSON; jobs that have not ended are skipped."""
    sendings = plan([*finished(30), *finished(1, State="Running"), *finished(1, State="Failed")])
    assert numbers(sendings) == [*range(30), 0]
    assert {(sending.kind, sending.path) for sending in sendings} == {("true", f"/{TOKEN}")}
    assert {sending.form for sending in sendings} == {"xml", "json", "native"}
    for sending in sendings:
        assert sending.body == body_of(sending.job.detail, sending.form)


def test_callback_is_never_sent_or_sent_twice() -> None:
    """A repeated one follows at once."""
    assert plan(finished(20), never=1, twice=1, late=1, shuffled=1) == []
    assert numbers(plan(finished(20), twice=1)) == [number for number in range(20) for _ in range(2)]


def test_late_callback_follows_all_others() -> None:
    """If it is sent twice, only the second is late."""
    late = hit(CallbackFaults({"late": 0.3}), "late", 100)
    assert 10 < len(late) < 60
    order = numbers(plan(finished(100), late=0.3))
    assert order[: -len(late)] == [number for number in range(100) if number not in late]
    assert sorted(order[-len(late) :]) == late
    twice = numbers(plan(finished(100), late=1, twice=1))
    assert twice[:100] == sorted(twice[100:]) == list(range(100))


def test_shuffled_callback_is_sent_at_any_time() -> None:
    """None is lost or doubled."""
    order = numbers(plan(finished(100), shuffled=1))
    assert order != sorted(order)
    assert sorted(order) == list(range(100))


def test_mishaps_are_drawn_independently() -> None:
    """Each has its share, by the seed alone."""
    faults = CallbackFaults({"never": 0.1, "twice": 0.3})
    assert len(hit(faults, "never", 3000)) == pytest.approx(300, rel=0.2)
    assert len(hit(faults, "twice", 3000)) == pytest.approx(900, rel=0.1)
    other = CallbackFaults({"never": 0.5, "twice": 0.3, "no-token": 0.5})
    assert hit(other, "twice", 500) == hit(faults, "twice", 500)
    assert hit(CallbackFaults({"twice": 0.3}, seed=2), "twice", 500) != hit(faults, "twice", 500)
    jobs = finished(100)
    assert plan(jobs, shuffled=0.5, twice=0.5) == plan(jobs, shuffled=0.5, twice=0.5)


@pytest.mark.parametrize("kind", FORGERIES)
def test_forgery_is_sent_beside_the_true_callback(kind: Forgery) -> None:
    """It differs only in what makes it a forgery."""
    sendings = CallbackSender(NOWHERE, TOKEN, CallbackFaults({kind: 1}), forms=["json"]).plan(finished(40))
    assert numbers([sending for sending in sendings if sending.kind == "true"]) == list(range(40))
    forged = [sending for sending in sendings if sending.kind == kind]
    assert sorted(numbers(forged)) == list(range(40))
    paths = {
        "no-token": {"/"},
        "wrong-token": {f"/{TOKEN[:-1]}x", f"/{TOKEN[:-1]}", f"/{TOKEN}{TOKEN[-1]}"},
    }
    assert {sending.path for sending in forged} == paths.get(kind, {f"/{TOKEN}"})
    for sending in forged:
        true, false = sending.job.detail, json.loads(sending.body)["JobsDetail"]
        assert false["Operation"] != true["Operation"]
        assert false["Input"]["Object"] == true["Input"]["Object"]
        assert (false["Input"].get("BucketId") == FOREIGN_BUCKET) == (kind == "foreign-bucket")
        assert (false["JobId"] == true["JobId"]) == (kind == "other-content")
        assert (false["EndTime"] > true["EndTime"]) == (kind != "other-content")


def test_callbacks_are_posted_to_each_trigger_in_turn() -> None:
    """Each event has the body, its content type and the token of the sending."""
    events: list[dict[str, Any]] = []

    def take(event: dict[str, Any]) -> Invocation:
        events.append(event)
        return answered(200)

    with Trigger("function-url", take) as url, Trigger("apigw", take) as gateway:
        sender = CallbackSender([url.address, gateway.address], TOKEN)
        sendings = sender.plan(finished(6))
        told: list[Receipt] = []
        receipts = sender.deliver(sendings, on_receipt=told.append)
    assert told == receipts
    assert [receipt.sending for receipt in receipts] == sendings
    assert {(receipt.status, *receipt.outcomes) for receipt in receipts} == {(200, "written")}
    assert ["requestContext" in event for event in events] == [False, True] * 3
    for sending, event in zip(sendings, events, strict=True):
        assert event["body"].encode() == sending.body
        assert event["headers"]["content-type"] == ("application/xml" if sending.form == "xml" else "application/json")
        assert (event["httpMethod"], event["path"]) == ("POST", f"/{TOKEN}")


def test_callbacks_are_sent_in_parallel() -> None:
    """`at_once` of them wait for their replies at the same time."""
    meeting = threading.Barrier(3)

    def take(_: object) -> Invocation:
        meeting.wait(30)
        return answered(200)

    with Trigger("function-url", take) as trigger:
        sender = CallbackSender([trigger.address], TOKEN)
        receipts = sender.deliver(sender.plan(finished(6)), at_once=3)
    assert [receipt.status for receipt in receipts] == [200] * 6


def test_callback_is_not_retried() -> None:
    """Neither 503 nor a missing reply makes a second try."""
    statuses = iter([503, 200])
    with Trigger("function-url", lambda _: answered(next(statuses), "retry")) as trigger:
        sender = CallbackSender([trigger.address], TOKEN)
        sendings = sender.plan(finished(2))
        receipts = sender.deliver(sendings)
    assert [(receipt.status, *receipt.outcomes) for receipt in receipts] == [(503, "retry"), (200, "retry")]
    assert [(receipt.status, *receipt.outcomes) for receipt in sender.deliver(sendings)] == [(0,), (0,)]


def verdict(result: int) -> tuple[Job, bytes]:
    """Return a verdict of one review and its callback."""
    detail = {"JobId": "si1", "State": "Success", "BucketId": BUCKET, "Object": "a.jpg", "Result": f"{result}"}
    return LocalCi().add(BUCKET, {**detail, "Tag": "ReviewImage"}), review_body("ReviewImage", detail)


def test_verdicts_of_a_review_are_sent_in_order_until_they_are_kept() -> None:
    """A copy follows at once or after the last verdict; 503 and a lost reply are repeated, -1 before each."""
    statuses = iter([503, 200, 503, 503, 200, 200, 200])
    bodies: list[int] = []

    def take(event: dict[str, Any]) -> Invocation:
        bodies.append(json.loads(event["body"])["JobsDetail"]["Result"])
        return answered(next(statuses))

    with Trigger("function-url", take) as trigger:
        sender = CallbackSender(
            [trigger.address], TOKEN, CallbackFaults({"late": 1, "never": 1}), before_repeat=lambda: bodies.append(-1)
        )
        sendings = sender.plan_verdicts(7, [verdict(0), verdict(1)])
        receipts = sender.deliver(sendings, at_once=2)
    assert bodies == [0, -1, 0, 1, -1, 1, -1, 1, 0, 1]
    assert [receipt.status for receipt in receipts] == [503, 200, 503, 503, 200, 200, 200]
    assert len(sender.plan_verdicts(7, [verdict(0)])) == 2
    assert len(CallbackSender([], TOKEN, CallbackFaults({"twice": 1})).plan_verdicts(7, [verdict(0)])) == 2


@pytest.mark.parametrize(("first", "sent"), [("written", [0, 1, 0, 1]), ("dead-lettered", [0, 1, 1])])
def test_verdict_in_a_dead_letter_is_not_sent_after_a_later_one(first: str, sent: list[int]) -> None:
    """Its key never had it, so the copy would count as a new verdict."""
    outcomes = iter([first, "written", "stale", "duplicate"])
    bodies: list[int] = []

    def take(event: dict[str, Any]) -> Invocation:
        bodies.append(json.loads(event["body"])["JobsDetail"]["Result"])
        return answered(200, next(outcomes))

    with Trigger("function-url", take) as trigger:
        sender = CallbackSender([trigger.address], TOKEN, CallbackFaults({"late": 1}))
        sender.deliver(sender.plan_verdicts(7, [verdict(0), verdict(1)]))
    assert bodies == sent


def test_forgery_gets_no_further_than_its_token(deployed: Deployment) -> None:
    """Without the token 401 and no request; with it, for a bucket that is not listed, a dead letter."""
    faults = CallbackFaults({"no-token": 1, "wrong-token": 1, "foreign-bucket": 1, "never": 1})
    with Trigger("apigw", lambda event: Invocation("id", deployed.send(event), None, "", None, 1, 128, 1.0)) as trigger:
        sender = CallbackSender([trigger.address], TOKEN, faults)
        receipts = sender.deliver(sender.plan(finished(9)))
    answers = Counter((receipt.sending.kind, receipt.status, *receipt.outcomes) for receipt in receipts)
    assert answers == {
        ("no-token", 401): 9,
        ("wrong-token", 401): 9,
        ("foreign-bucket", 200, "dead-lettered"): 9,
    }
    assert deployed.methods == ["PUT"] * 9
    assert {dead_letter["reason"] for dead_letter in deployed.dead_letters()} == {"bucket-not-listed"}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", CallbackFaults()),
        ("none", CallbackFaults()),
        ("never=0.1, twice=1,seed=7", CallbackFaults({"never": 0.1, "twice": 1}, 7)),
        ("forged=0.4,no-token=0", CallbackFaults({**dict.fromkeys(FORGERIES, 0.1), "no-token": 0})),
    ],
)
def test_callback_faults_are_parsed(text: str, faults: CallbackFaults) -> None:
    """The summary is a description again."""
    assert CallbackFaults.parse(text) == faults
    assert CallbackFaults.parse(faults.summary) == faults


def test_flaky_callback_faults_are_a_preset() -> None:
    """It loses one callback in ten, and later words override it."""
    flaky = CallbackFaults.parse("flaky,late=0")
    assert (flaky.rates["never"], flaky.rates["late"]) == (0.1, 0)
    assert "other-content" not in flaky.rates


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stormy", "unknown faults: stormy (there are none, flaky)"),
        ("error=0.1", f"unknown faults: error (there are none, flaky, forged, seed, {', '.join(MISHAPS)})"),
        ("never=often", "never wants a number"),
        ("never=1.1", "the share of a mishap is between 0 and 1"),
        ("late=-0.1", "the share of a mishap is between 0 and 1"),
    ],
)
def test_unknown_callback_faults_are_refused(text: str, said: str) -> None:
    """The message is one line with the words there are."""
    with pytest.raises(BadFaultsError) as error:
        CallbackFaults.parse(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_misspelt_mishap_is_refused() -> None:
    """It would never happen."""
    with pytest.raises(BadFaultsError, match="no such mishap: newer"):
        CallbackFaults({"newer": 1})  # type: ignore[dict-item]  # the mistake
