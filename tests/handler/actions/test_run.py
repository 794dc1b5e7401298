"""Actions run after a durable result, at least once, through the real SDKs over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ci_callback
from local.faults.requests import Faults
from tests.handler.actions.acting import ID, KEY, KINDS, SECRETS, THEN, event_id, first, kinds, routes
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, TOKEN, Answer
from tests.support.sweeps import counts, ended, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.services.receivers import Receivers
    from tests.support.deployment import Deployment

HANDLER = Path(ci_callback.__file__).parent.parent  # the one under test, which need not be the project's


def test_actions_run_after_the_result_is_stored(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """All four receive the same id and the complete result, after the object is stored; the reply names them."""
    deployed = acting()
    stored: list[bool] = []
    receivers.on_arrival = lambda _: stored.append(deployed.cos.has(BUCKET, KEY))
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (200, ["written"])
    assert first(answer)["then"] == "invoke:my-function,publish:eb-abcdefgh,topic:ci-results,post:example.com"
    assert kinds(receivers) == KINDS
    assert stored == [True] * 4
    assert {each.id for each in receivers.taken()} == {ID}
    result = deployed.result(KEY)
    for each in receivers.taken():
        message = json.loads(each.content)
        data = json.loads(message["Data"]) if each.kind == "publish" else message["data"]
        assert data.pop("result") == result
        assert data.pop("sha256") in deployed.cos.get(BUCKET, KEY).metadata["ci-callback"]
        assert data == {
            "bucket": BUCKET,
            "region": REGION,
            "key": KEY,
            "JobId": job()["JobId"],
            "Tag": "SoundHound",
            "State": "Success",
        }


def test_duplicate_runs_no_action_again(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Once all actions are noted, a duplicate costs the two requests of one without actions."""
    deployed = acting()
    deployed.post(body(job()))
    before = deployed.cos.get(BUCKET, KEY)
    deployed.cos.forget_requests()
    answer = deployed.post(body(job(), form="xml"))
    assert answer.outcomes == ["duplicate"]
    assert "then" not in first(answer)
    assert deployed.methods == ["PUT", "HEAD"]
    assert deployed.cos.get(BUCKET, KEY) == before
    assert kinds(receivers) == KINDS


def test_newer_result_runs_its_own_actions(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Under its own id; a stale result has none."""
    deployed = acting("topic")
    older = body(job(State="Failed", EndTime="2025-03-01T09:00:02+0800"))
    deployed.post(older)
    deployed.post(body(job()))
    assert deployed.post(older).outcomes == ["stale"]
    assert [each.id for each in receivers.taken()] == [event_id(State="Failed", EndTime="2025-03-01T09:00:02+0800"), ID]


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        (body(job(Input={"Object": "mine.mp3"})), "dead-lettered"),
        (body(job(Input={"BucketId": "unlisted-1234567890", "Object": "a"})), "dead-lettered"),
        ("no callback", "dead-lettered"),
    ],
)
def test_no_action_runs_without_a_result(
    sent: str, outcome: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """With a foreign object at the key, an unlisted bucket, or a body that is no callback."""
    deployed = acting()
    deployed.cos.put(BUCKET, "mine.mp3.SoundHound.json", b"mine")
    assert deployed.post(sent).outcomes == [outcome]
    assert receivers.arrived == []


def test_no_action_runs_while_cos_is_down(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """With COS down the answer is 503; the resend runs them all."""
    deployed = acting()
    deployed.cos.faults = Faults(["403"] * 2)
    assert deployed.post(body(job())).status == 503
    assert receivers.arrived == []
    assert deployed.post(body(job())).outcomes == ["written"]
    assert kinds(receivers) == KINDS


# Answers of each kind of service: transient and permanent ones.
TRANSIENT = {
    "invoke": ["InternalError", "RequestLimitExceeded", "down"],
    "publish": ["InternalError.System", "down"],
    "topic": ["ResourceUnavailable", "down"],
    "post": ["500", "503", "429", "408", "down"],
}
PERMANENT = {
    "invoke": ["UnauthorizedOperation", "ResourceNotFound.Function"],
    "publish": ["ResourceNotFound"],
    "topic": ["AuthFailure"],
    "post": ["400", "404", "410", "301", "302", "307", "308"],
}


def each_of(answers: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return every pair of a kind and an answer."""
    return [(kind, answer) for kind, each in answers.items() for answer in each]


@pytest.mark.parametrize(("kind", "answer"), each_of(TRANSIENT))
def test_transient_errors_are_retried(
    kind: str, answer: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """An action that fails twice is run a third time, under the same id."""
    receivers.answers[kind] = [answer] * 2
    assert acting(kind).post(body(job())).outcomes == ["written"]
    assert [(each.answer, each.id) for each in receivers.arrived] == [(answer, ID), (answer, ID), ("", ID)]


@pytest.mark.parametrize(("kind", "answer"), each_of(PERMANENT))
def test_permanent_errors_are_not_retried(
    kind: str, answer: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """A refusal or a redirect ends the action; the object is stored, and the delivery a dead letter."""
    deployed = acting(kind)
    receivers.answers[kind] = [answer]
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    assert len(receivers.arrived) == 1
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == "action-refused"
    assert answer in dead_letter["detail"]
    assert KEY in deployed.listing()


@pytest.mark.parametrize("kind", KINDS)
def test_replay_runs_only_missing_actions(kind: str, acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """With one service down the other three run and are noted; a resend or a replay runs the fourth alone."""
    deployed = acting()
    receivers.answers[kind] = ["down"] * 6
    for _ in range(2):
        answer = deployed.post(body(job()))
        assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
        assert sorted(kinds(receivers)) == sorted(set(KINDS) - {kind})
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == "action-unavailable"
    report = Answer(deployed.send({"replay": {"remove": True}})).body
    assert report["results"][0]["outcome"] == "removed"
    assert kinds(receivers)[3:] == [kind]
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert len(receivers.taken()) == 4


def test_failed_action_without_a_dead_letter_is_503(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """If the dead letter cannot be written, the answer is 503, and a resend runs the missing action."""
    deployed = acting("invoke", "post")
    receivers.answers["post"] = ["404"]
    deployed.cos.faults = Faults(["none", "none", "none", "403"])
    assert deployed.post(body(job())).status == 503
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes, first(answer)["then"]) == (200, ["duplicate"], "post:example.com")
    assert kinds(receivers) == ["invoke", "post"]


def test_sweep_runs_missing_actions(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """For a failed action and for a lost callback; a result with all actions costs one HEAD."""
    deployed = acting("publish")
    lost, failed, done = (ended(number) for number in range(3))
    for each in (lost, failed, done):
        deployed.cos.ci.add(BUCKET, each)
    deployed.post(body(done))
    receivers.answers["publish"] = ["AuthFailure"]
    deployed.post(body(failed))
    assert counts(sweep(deployed, tags=["SoundHound"])) == (3, 1, 2, 0, 0)
    sent = [json.loads(json.loads(each.content)["Data"])["JobId"] for each in receivers.taken()]
    assert sorted(sent) == ["s0", "s1", "s2"]
    deployed.cos.forget_requests()
    assert counts(sweep(deployed, tags=["SoundHound"])) == (3, 3, 0, 0, 0)
    assert deployed.methods == ["GET", "HEAD", "HEAD", "HEAD"]
    receivers.answers["publish"] = ["AuthFailure"]
    deployed.cos.ci.add(BUCKET, ended(4))
    assert counts(sweep(deployed, tags=["SoundHound"])) == (4, 3, 0, 0, 1)


def test_added_action_runs_alone(deploy: Callable[..., Deployment], receivers: Receivers) -> None:
    """The stored result gets only the new action."""
    deploy(ROUTES=routes(THEN["invoke"])).post(body(job()))
    later = deploy(ROUTES=routes(THEN["topic"], THEN["invoke"]))
    assert first(later.post(body(job())))["then"] == "topic:ci-results"
    assert kinds(receivers) == ["invoke", "topic"]


def test_message_has_the_stored_result(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Not the duplicate's values, which may differ, as in CI's XML and JSON."""
    deployed = acting("post")
    receivers.answers["post"] = ["404"]
    deployed.post(body(job()))
    deployed.post(body(job(Message="another")))
    (arrival,) = receivers.taken()
    data = json.loads(arrival.content)["data"]
    assert data["result"] == deployed.result(KEY)
    assert data["result"]["Message"] == ""
    assert data["sha256"] in deployed.cos.get(BUCKET, KEY).metadata["ci-callback"]


@pytest.mark.parametrize("instead", [None, body(job(JobId="other", EndTime="2025-03-03T00:00:00Z"))])
def test_changed_object_is_not_sent(
    instead: str | None, acting: Callable[..., Deployment], deploy: Callable[..., Deployment], receivers: Receivers
) -> None:
    """An object that was deleted or replaced before it is read is not sent under a wrong id."""
    deployed = acting("post")
    receivers.answers["post"] = ["404"]
    deployed.post(body(job()))
    faults = Faults()

    def change(_: Any) -> None:
        if faults.seen[-1:] == ["GET"]:
            deployed.cos.delete(BUCKET, KEY)
            if instead:
                stored = other.cos.get(BUCKET, "other.json")
                deployed.cos.put(BUCKET, KEY, stored.body, metadata=stored.metadata)

    other = deploy(ROUTES='[{"tag":"*","state":"*","write":"other.json"}]')
    if instead:
        other.post(instead)
    faults.on_request = change
    deployed.cos.faults = faults
    assert deployed.post(body(job(Message="another"))).outcomes == ["dead-lettered"]
    assert receivers.taken() == []


def test_short_time_is_enough_for_note_and_dead_letter(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Services that do not answer leave enough time to note the finished actions and to write the dead letter."""
    deployed = acting()
    deployed.context["time_limit_in_ms"] = 3500
    receivers.answers = {kind: ["down", "drip", "drip"] for kind in KINDS[1:]}
    answer = deployed.post(body(job()))
    assert answer.outcomes == ["dead-lettered"]
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == "action-unavailable"
    assert "publish:eb-abcdefgh did not answer" in dead_letter["detail"]  # the client's timeout or the function's
    assert "post:example.com was not begun again." in dead_letter["detail"]
    receivers.answers.clear()
    assert first(deployed.post(body(job())))["then"] == "publish:eb-abcdefgh,topic:ci-results,post:example.com"


def test_ignored_job_runs_no_action(deploy: Callable[..., Deployment], receivers: Receivers) -> None:
    """Those of another route do not apply."""
    one = {"tag": "*", "state": "Success", "write": "{object}.{tag}.json", "then": [THEN["topic"]]}
    deployed = deploy(ROUTES=json.dumps([one, {"tag": "*", "state": "*", "ignore": True}]))
    assert deployed.post(body(job(State="Failed"))).outcomes == ["ignored"]
    assert receivers.arrived == []


def test_no_secret_of_an_action_is_revealed(
    acting: Callable[..., Deployment], receivers: Receivers, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither the webhook's secret, nor the path of its URL, nor a key, in a log line, a reply or an object."""
    deployed = acting(LOG_LEVEL="DEBUG")
    receivers.answers["post"] = ["404"]
    output = json.dumps([deployed.post(body(job())).reply, deployed.post(body(job())).reply])
    output += "".join(capfd.readouterr())
    for key in deployed.listing():
        stored = deployed.cos.get(BUCKET, key)
        output += stored.body.decode() + str(dict(stored.metadata))
    credentials = deployed.cos.credentials
    for secret in (SECRETS[0], SECRETS[0][6:], "path-canary", credentials.secret_id, credentials.secret_key):
        assert secret not in output
    assert "post:example.com" in output


@pytest.mark.parametrize("kind", KINDS)
def test_no_key_is_in_the_logs_of_the_sdks(kind: str, cos: LocalCos) -> None:
    """In an instance that logs everything: nothing of the role's key."""
    credentials = cos.credentials
    environ = {
        "PYTHONPATH": str(HANDLER),
        "BUCKETS": f"{BUCKET}/{REGION}",
        "CALLBACK_TOKENS": TOKEN,
        "COS_ENDPOINT": cos.address,
        "ROUTES": routes(THEN[kind]),
        "WEBHOOK_SECRET": SECRETS[0],
        "TENCENTCLOUD_SECRETID": credentials.secret_id,
        "TENCENTCLOUD_SECRETKEY": credentials.secret_key,
        "TENCENTCLOUD_SESSIONTOKEN": credentials.token,
    }
    code = (
        "import logging; logging.basicConfig(level='DEBUG')\n"
        f"import index; print(index.main_handler({{'body': {body(job())!r}}}, {{'time_limit_in_ms': 30000}}))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert "written" in done.stdout
    assert kinds(cos.receivers) == [kind]
    for secret in (credentials.secret_id, credentials.secret_key, credentials.token, SECRETS[0][6:]):
        assert secret not in done.stdout + done.stderr
