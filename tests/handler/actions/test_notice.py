"""Notices of new dead letters and of sweeps that fall behind: ON_DEAD_LETTER (promise 10)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook

from local.faults.requests import Faults
from tests.handler.actions.acting import KINDS, SECRETS, THEN, kinds
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, OTHER_BUCKET, REGION, STRICT_ROUTES, Answer, log_lines
from tests.support.limited_run import limit
from tests.support.sweeps import at, ended, put_checkpoint, timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.requests import Asked
    from local.http.message import Request
    from local.services.receivers import Receivers
    from tests.support.deployment import Deployment

pytestmark = pytest.mark.usefixtures("hurried")

UNLISTED = body(job(Input={"BucketId": "unlisted-1234567890", "Object": "x"}))
HALF_BROKEN = body(ended(0), job(JobId="broken", Tag="Transcode", Input="no element"))


def passing(receivers: Receivers) -> list[bool]:
    """Return for each notice whether its dead letter has a reason that passes."""
    return [json.loads(arrival.content)["data"]["passing"] for arrival in receivers.arrived]


def keep_half_broken(deployed: Deployment) -> None:
    """Send a callback whose first job COS does not take, so that its dead letter has a reason that passes."""
    deployed.cos.faults = Faults(then="503", only=lambda asked: asked.key.startswith("audio/"))
    deployed.post(HALF_BROKEN)


@pytest.fixture
def notifying(deploy: Callable[..., Deployment]) -> Callable[..., Deployment]:
    """Return a function that deploys with notices of these kinds."""

    def deployed(*kinds: str, **more: str) -> Deployment:
        actions = json.dumps([THEN[kind] for kind in kinds])
        return deploy(**{"ON_DEAD_LETTER": actions, "WEBHOOK_SECRET": SECRETS[0], "ROUTES": STRICT_ROUTES, **more})

    return deployed


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Return the log lines about notices."""
    return lambda: [line for line in log_lines(capsys) if "notice" in line]


def test_new_dead_letter_is_notified_to_every_receiver(
    notifying: Callable[..., Deployment], receivers: Receivers, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """Once it is stored, in the form of a result's message."""
    deployed = notifying(*KINDS)
    seen: list[int] = []
    receivers.on_arrival = lambda _: seen.append(len(deployed.dead_letters()))
    answer = deployed.post(UNLISTED)
    assert answer.outcomes == ["dead-lettered"]
    assert (kinds(receivers), seen) == (KINDS, [1] * 4)
    assert len({arrival.id for arrival in receivers.taken()}) == 1
    (dead_letter,) = deployed.dead_letters()
    key = answer.body["jobs"][0]["key"]
    (posted,) = receivers.taken("post")
    message = Webhook(SECRETS[0]).verify(posted.content, dict(posted.headers))
    assert message["type"] == "ci-callback.dead-letter"
    assert message["data"] == {
        "reason": "bucket-not-listed",
        "passing": False,
        "bucket": BUCKET,
        "region": REGION,
        "key": key,
        "received": dead_letter["received"],
        "attempt": 1,
        "jobs": [{"JobId": job()["JobId"], "Tag": "SoundHound", "State": "Success", "reason": "bucket-not-listed"}],
        "more_jobs": 0,
    }
    (published,) = receivers.taken("publish")
    event = json.loads(published.content)
    assert (event["Type"], event["Subject"], event["Id"]) == (message["type"], f"{BUCKET}/{key}", message["id"])
    assert json.loads(event["Data"]) == message["data"]
    (line,) = lines()
    assert (line["level"], line["notice"], line["key"]) == ("INFO", message["type"], key)
    assert line["then"] == "invoke:my-function,publish:eb-abcdefgh,topic:ci-results,post:example.com"


def test_dead_letter_is_notified_once(notifying: Callable[..., Deployment], receivers: Receivers) -> None:
    """Not for a delivery that is kept already, a result, or a command that keeps the dead letter for its reason."""
    deployed = notifying("invoke")
    for content in (UNLISTED, UNLISTED, body(job()), "no callback", "no callback"):
        deployed.post(content)
    deployed.send({"replay": {}})
    timer(deployed, tags=["SoundHound"])
    first, second = (json.loads(arrival.content) for arrival in receivers.arrived)
    assert (first["data"]["reason"], second["data"]["reason"]) == ("bucket-not-listed", "not-xml-or-json")
    assert first["id"] != second["id"]
    assert second["data"]["jobs"] == []


def test_dead_letter_whose_answer_is_lost_is_notified_once(
    notifying: Callable[..., Deployment], receivers: Receivers
) -> None:
    """The second attempt finds it stored."""
    deployed = notifying("invoke")
    deployed.cos.faults = Faults(["lost-answer"])
    for _ in range(2):
        deployed.post("no callback")
    assert len(deployed.dead_letters()) == len(receivers.arrived) == 1


def test_healed_dead_letter_is_notified_once_it_waits_for_a_person(
    notifying: Callable[..., Deployment], receivers: Receivers
) -> None:
    """With another id; not while its reason passes."""
    deployed = notifying("invoke")
    keep_half_broken(deployed)
    timer(deployed, tags=["SoundHound"])
    assert len(receivers.arrived) == 1
    deployed.cos.faults = Faults()
    timer(deployed, tags=["SoundHound"])
    timer(deployed, tags=["SoundHound"])
    first, second = (json.loads(arrival.content) for arrival in receivers.arrived)
    assert (first["data"]["reason"], first["data"]["passing"]) == ("bad-field,store-unavailable", True)
    assert (second["data"]["reason"], second["data"]["passing"], second["data"]["attempt"]) == ("bad-field", False, 3)
    assert first["id"] != second["id"]


def test_dead_letter_moved_by_two_replays_at_once_is_notified_once(
    notifying: Callable[..., Deployment], receivers: Receivers
) -> None:
    """The second one finds it moved."""
    deployed, other = notifying("invoke"), notifying("invoke")
    keep_half_broken(deployed)
    deployed.cos.faults = Faults()
    meanwhile = [other]

    def replay_meanwhile(asked: Asked, _: Request) -> None:
        if asked.method == "DELETE" and meanwhile:
            meanwhile.pop().send({"replay": {}})

    deployed.cos.intercept = replay_meanwhile
    deployed.send({"replay": {}})
    assert not meanwhile
    assert passing(receivers) == [True, False]


def test_moved_dead_letter_is_notified_once_though_the_earlier_one_cannot_be_removed(
    notifying: Callable[..., Deployment], receivers: Receivers
) -> None:
    """The next timer removes it."""
    deployed = notifying("invoke")
    keep_half_broken(deployed)
    deployed.cos.faults = Faults(then="503", only=lambda asked: asked.method == "DELETE")
    timer(deployed, tags=["SoundHound"])
    assert (passing(receivers), len(deployed.dead_letters())) == ([True, False], 2)
    deployed.cos.faults = Faults()
    timer(deployed, tags=["SoundHound"])
    assert (passing(receivers), len(deployed.dead_letters())) == ([True, False], 1)


@pytest.mark.parametrize(
    ("answers", "reason"), [(["down"] * 3, "action-unavailable"), (["ResourceNotFound.Function"], "action-refused")]
)
def test_failed_notice_is_logged_and_changes_nothing_else(
    answers: list[str],
    reason: str,
    notifying: Callable[..., Deployment],
    receivers: Receivers,
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    """Neither the reply nor the bucket; the other receivers get it."""
    reply = Answer(notifying("topic").send({"body": UNLISTED}))
    deployed = notifying("invoke", "topic", BUCKETS=f"{OTHER_BUCKET}/ap-guangzhou")
    receivers.arrived.clear()
    receivers.answers["invoke"] = answers
    lines()
    answer = Answer(deployed.send({"body": UNLISTED}))
    assert [{**each, "key": ""} for each in answer.body["jobs"]] == [{**each, "key": ""} for each in reply.body["jobs"]]
    assert (answer.status, len(deployed.dead_letters(OTHER_BUCKET)), len(deployed.listing(OTHER_BUCKET))) == (200, 1, 1)
    assert kinds(receivers) == ["topic"]
    (line,) = lines()
    assert (line["level"], line["reason"], line["then"]) == ("WARNING", reason, "topic:ci-results")
    assert "my-function" in line["detail"]


def test_defect_in_a_notice_changes_nothing_else(
    notifying: Callable[..., Deployment],
    monkeypatch: pytest.MonkeyPatch,
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    """It is logged."""
    monkeypatch.setattr("ci_callback.actions.services.send", lambda *_: 1 / 0)
    assert notifying("invoke").post(UNLISTED).outcomes == ["dead-lettered"]
    (line,) = lines()
    assert (line["level"], line["reason"]) == ("WARNING", "internal-error")
    assert "ZeroDivisionError" in line["detail"]


def test_receiver_that_is_down_is_tried_for_one_notice_only(
    notifying: Callable[..., Deployment], receivers: Receivers, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """Of a queue's batch; each record is settled before any notice is sent."""
    deployed = notifying("invoke", "topic")
    receivers.answers["invoke"] = ["down"] * 9
    seen: list[int] = []
    receivers.on_arrival = lambda _: seen.append(len(deployed.dead_letters()))
    records = [{"CMQ": {"msgBody": f"no callback {number}"}} for number in range(3)]
    assert Answer(deployed.send({"Records": records})).status == 200
    assert set(seen) == {3}
    assert [arrival.kind for arrival in receivers.arrived] == ["invoke"] * 3 + ["topic"] * 3
    assert ["earlier notice" in line["detail"] for line in lines()] == [False, True, True]


def test_notice_is_sent_though_the_queue_must_send_again(
    notifying: Callable[..., Deployment], receivers: Receivers
) -> None:
    """For the records that are kept."""
    deployed = notifying("invoke")
    deployed.cos.faults = Faults(then="503", only=lambda asked: asked.key.startswith("audio/") or "retry/" in asked.key)
    records = [{"CMQ": {"msgBody": content}} for content in ("no callback", body(job()))]
    with pytest.raises(Exception, match="must be sent again"):
        deployed.send({"Records": records})
    assert kinds(receivers) == ["invoke"]


def test_nothing_is_notified_without_a_dead_letter(notifying: Callable[..., Deployment], receivers: Receivers) -> None:
    """What is not durable is sent again."""
    deployed = notifying("invoke")
    deployed.cos.faults = Faults(then="503")
    assert deployed.post(UNLISTED).status == 503
    assert receivers.arrived == []


def test_names_in_a_notice_are_bounded(notifying: Callable[..., Deployment], receivers: Receivers) -> None:
    """Twenty jobs, and 200 characters of each name."""
    deployed = notifying("publish")
    jobs = [job(JobId=f"{number}-{'n' * 240}", Input={"BucketId": "unlisted-1", "Object": "x"}) for number in range(25)]
    deployed.post(body(*jobs))
    (arrival,) = receivers.taken()
    data = json.loads(json.loads(arrival.content)["Data"])
    assert (len(data["jobs"]), data["more_jobs"], len(data["jobs"][0]["JobId"])) == (20, 5, 200)


def test_sweep_that_falls_behind_is_notified_once_a_run(
    notifying: Callable[..., Deployment], receivers: Receivers
) -> None:
    """Its window is more than two hours old."""
    deployed = notifying("invoke")
    limit(deployed, jobs=1)
    deployed.cos.ci.add(BUCKET, ended(0))
    deployed.cos.ci.add(BUCKET, ended(1, ago=9000))
    window = {"start": at(90_000), "end": at(8000)}
    cursor = {"bucket": BUCKET, "tag": "SoundHound", "tags": ["SoundHound"], **window}
    timer(deployed, tags=["SoundHound"])
    assert receivers.arrived == []
    (checkpoint,) = [key for key in deployed.listing() if "sweep-" in key]
    put_checkpoint(deployed, {"next": cursor}, key=checkpoint)
    report = timer(deployed, tags=["SoundHound"])
    (arrival,) = receivers.arrived
    message = json.loads(arrival.content)
    assert message["type"] == "ci-callback.sweep-behind"
    assert message["data"] == {name: report[name] for name in ("behind_s", "found", "recovered", "failed")}
    assert message["data"]["behind_s"] > 7200


def test_sweep_that_ci_keeps_behind_is_notified(notifying: Callable[..., Deployment], receivers: Receivers) -> None:
    """The timer answers 503 while CI answers about no Tag, as before; two hours of it are too long."""
    deployed = notifying("invoke")
    deployed.cos.faults = Faults(then="503", only=lambda asked: asked.service == "ci")
    began = datetime.now(timezone.utc)
    hours = iter(range(4))
    deployed.function.now = lambda: began + timedelta(hours=next(hours))
    for _ in range(4):
        assert deployed.send({"Type": "Timer", "TriggerName": "sweep", "Message": ""})["statusCode"] == 503
    (arrival,) = receivers.arrived
    message = json.loads(arrival.content)
    assert (message["type"], message["data"]["behind_s"] // 3600) == ("ci-callback.sweep-behind", 3)
