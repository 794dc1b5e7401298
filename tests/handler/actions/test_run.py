"""What follows a durable result, through the real SDKs over real HTTP: once where all goes well, at least once ever."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook

import ci_callback
from local.cos.server import Credentials, LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from tests.handler.commands.sweep.test_sweep import counts, ended, sweep
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, TOKEN, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.http.message import Request
    from local.services.receivers import Receivers
    from tests.support.deployment import Deployment

HANDLER = Path(ci_callback.__file__).parent.parent  # the one under test, which need not be the project's
KEY = "audio/song.mp3.SoundHound.json"
ID = f"{job()['JobId']}-Success"
SECRETS = [f"whsec_{base64.b64encode(bytes([each]) * 32).decode()}" for each in (1, 2)]

THEN: dict[str, dict[str, str]] = {
    "invoke": {"invoke": "my-function"},
    "publish": {"publish": "eb-abcdefgh"},
    "topic": {"topic": "ci-results"},
    "post": {"post": "https://example.com/hook/path-canary?a=b"},
}
KINDS = list(THEN)


def routes(*then: dict[str, str], key: str = "{object}.{tag}.json") -> str:
    """Return ROUTES by which these actions follow every result."""
    return json.dumps([{"tag": "*", "state": "*", "write": key, "then": list(then)}])


@pytest.fixture
def acting(deploy: Callable[..., Deployment]) -> Callable[..., Deployment]:
    """Return a way to deploy a function with actions of these kinds, all of them where none is named."""

    def deployed(*kinds: str, **more: str) -> Deployment:
        then = [THEN[kind] for kind in kinds or KINDS]
        return deploy(**{"ROUTES": routes(*then), "WEBHOOK_SECRET": SECRETS[0], **more})

    return deployed


@pytest.fixture
def receivers(cos: LocalCos) -> Receivers:
    """Return who the actions are for."""
    return cos.receivers


def kinds(receivers: Receivers) -> list[str]:
    """Return the kinds of what was taken, in order."""
    return [each.kind for each in receivers.taken()]


def first(answer: Answer) -> dict[str, str]:
    """Return what is said of the first job."""
    job_: dict[str, str] = answer.body["jobs"][0]
    return job_


def test_each_action_follows_the_written_result(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """All four are told the same id and the whole result, after the object is there; the reply names them."""
    deployed = acting()
    there: list[bool] = []
    receivers.on_arrival = lambda _: there.append(deployed.cos.has(BUCKET, KEY))
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (200, ["written"])
    assert first(answer)["then"] == "invoke:my-function,publish:eb-abcdefgh,topic:ci-results,post:example.com"
    assert kinds(receivers) == KINDS
    assert there == [True] * 4
    assert {each.id for each in receivers.taken()} == {ID}
    result = deployed.result(KEY)
    for each in receivers.taken():
        told = json.loads(each.content)
        data = json.loads(told["Data"]) if each.kind == "publish" else told["data"]
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


def test_noting_what_was_done_costs_two_requests(acting: Callable[..., Deployment]) -> None:
    """After the PUT a HEAD and a copy onto itself, with a condition; bytes and type stay as they are."""
    plain = acting(ROUTES='[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]')
    plain.post(body(job()))
    before = plain.cos.get(BUCKET, KEY)
    plain.cos.delete(BUCKET, KEY)
    plain.cos.forget_requests()
    deployed = acting()
    deployed.post(body(job()))
    assert deployed.methods == ["PUT", "HEAD", "PUT"]
    assert deployed.cos.requests[2].headers["x-cos-copy-source-if-match"]
    after = deployed.cos.get(BUCKET, KEY)
    assert (after.body, after.content_type) == (before.body, "application/json")
    assert after.metadata["ci-callback"].count(",") == 3


def test_a_function_is_started_asynchronously(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """`invoke` is SCF's Invoke of type Event, in the function's own region, by the role's key."""
    deployed = acting("invoke", TENCENTCLOUD_REGION="ap-shanghai")
    deployed.post(body(job()))
    (arrival,) = receivers.taken("invoke")
    assert arrival.wanted == {
        "FunctionName": "my-function",
        "InvocationType": "Event",
        "ClientContext": arrival.content,
    }
    assert arrival.headers["x-tc-region"] == "ap-shanghai"
    assert arrival.headers["x-tc-token"] == deployed.environ["TENCENTCLOUD_SESSIONTOKEN"]
    assert deployed.environ["TENCENTCLOUD_SECRETID"] in arrival.headers["authorization"]


def test_a_functions_namespace_and_version_can_be_named(
    deploy: Callable[..., Deployment], receivers: Receivers
) -> None:
    """`namespace` and `qualifier` go along where they are given."""
    there = {"namespace": "team", "qualifier": "$DEFAULT"}
    deploy(ROUTES=routes({"invoke": "my-function", **there})).post(body(job()))
    (arrival,) = receivers.taken("invoke")
    assert (arrival.wanted["Namespace"], arrival.wanted["Qualifier"]) == ("team", "$DEFAULT")


def test_an_event_is_published_in_the_form_of_cloud_events(
    acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """`publish` is EventBridge's PutEvents, with an id, a source, a type, a subject and the job's time."""
    acting("publish").post(body(job()))
    (arrival,) = receivers.taken("publish")
    event = json.loads(arrival.content)
    assert arrival.wanted["EventBusId"] == "eb-abcdefgh"
    assert event.pop("Data")
    assert event == {
        "Id": ID,
        "Source": "ci-callback",
        "Type": "ci.SoundHound.Success",
        "Region": REGION,
        "Subject": f"{BUCKET}/{KEY}",
        "Time": 1740790809000,
    }


def test_a_post_is_signed(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """`post` is a Standard Webhook: its library takes it by either secret while they are changed, and by no other."""
    acting("post", WEBHOOK_SECRET=",".join(SECRETS)).post(body(job()))
    (arrival,) = receivers.taken("post")
    assert arrival.target == THEN["post"]["post"]
    headers = dict(arrival.headers)
    assert headers["webhook-id"] == ID
    for secret in SECRETS:
        told = Webhook(secret).verify(arrival.content, headers)
        assert (told["type"], told["timestamp"]) == ("ci.SoundHound.Success", "2025-03-01T01:00:09+00:00")
    with pytest.raises(Exception, match="No matching signature"):
        Webhook("whsec_" + base64.b64encode(bytes(32)).decode()).verify(arrival.content, headers)


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_that_is_too_long_is_referred_to(
    kind: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """Beyond 128 KB (64 KB on a bus, 1 MB elsewhere) the message says where the result is, and how to know it."""
    deployed = acting(kind)
    deployed.post(body(job(Operation={"UserData": "音" * 400_000})))
    (arrival,) = receivers.taken(kind)
    assert len(arrival.content) < 2000
    told = json.loads(arrival.content)
    data = json.loads(told["Data"]) if kind == "publish" else told["data"]
    assert "result" not in data
    assert (data["bucket"], data["region"], data["key"]) == (BUCKET, REGION, KEY)


def test_a_job_without_a_time_is_told_of_too(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Where CI said no time the event has the beginning of time, the same for duplicates."""
    acting("invoke").post(body(job(EndTime=None, CreationTime=None)))
    (arrival,) = receivers.taken()
    assert json.loads(arrival.content)["timestamp"] == "1970-01-01T00:00:00+00:00"


def test_a_duplicate_does_nothing_more(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Once all actions are done, the same job again costs what it costs without actions."""
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


def test_a_newer_result_has_its_own_actions(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """What replaces an older result is told of under its own id; a stale one is not told of at all."""
    deployed = acting("topic")
    older = body(job(State="Failed", EndTime="2025-03-01T09:00:02+0800"))
    deployed.post(older)
    deployed.post(body(job()))
    assert deployed.post(older).outcomes == ["stale"]
    assert [each.id for each in receivers.taken()] == [f"{job()['JobId']}-Failed", ID]


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        (body(job(Input={"Object": "mine.mp3"})), "dead-lettered"),
        (body(job(Input={"BucketId": "unlisted-1234567890", "Object": "a"})), "dead-lettered"),
        ("no callback", "dead-lettered"),
    ],
)
def test_no_action_runs_for_what_was_not_written(
    sent: str, outcome: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """A foreign object at the key, a bucket that is not listed, a body that is no callback: nobody is told."""
    deployed = acting()
    deployed.cos.put(BUCKET, "mine.mp3.SoundHound.json", b"mine")
    assert deployed.post(sent).outcomes == [outcome]
    assert receivers.arrived == []


def test_no_action_runs_while_nothing_can_be_written(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """With COS down the caller is asked to come again; then everything happens."""
    deployed = acting()
    deployed.cos.faults = Faults(["403"] * 2)
    assert deployed.post(body(job())).status == 503
    assert receivers.arrived == []
    assert deployed.post(body(job())).outcomes == ["written"]
    assert kinds(receivers) == KINDS


# What each kind can be answered: what may pass, and what will not.
PASSING = {
    "invoke": ["InternalError", "RequestLimitExceeded", "down"],
    "publish": ["InternalError.System", "down"],
    "topic": ["ResourceUnavailable", "down"],
    "post": ["500", "503", "429", "408", "down"],
}
LASTING = {
    "invoke": ["UnauthorizedOperation", "ResourceNotFound.Function"],
    "publish": ["ResourceNotFound"],
    "topic": ["AuthFailure"],
    "post": ["400", "404", "410", "301", "302", "307", "308"],
}


def each_of(answers: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return every pair of a kind and an answer."""
    return [(kind, answer) for kind, said in answers.items() for answer in said]


@pytest.mark.parametrize(("kind", "answer"), each_of(PASSING))
def test_what_passes_is_tried_again(
    kind: str, answer: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """An action that fails twice in a way that may pass is done at the third try, under the same id."""
    receivers.answers[kind] = [answer] * 2
    assert acting(kind).post(body(job())).outcomes == ["written"]
    assert [(each.answer, each.id) for each in receivers.arrived] == [(answer, ID), (answer, ID), ("", ID)]


@pytest.mark.parametrize(("kind", "answer"), each_of(LASTING))
def test_what_will_not_pass_is_not_tried_again(
    kind: str, answer: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """A refusal, and a redirect is one, ends the action; the delivery is kept, and the object is there."""
    deployed = acting(kind)
    receivers.answers[kind] = [answer]
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    assert len(receivers.arrived) == 1
    (letter,) = deployed.letters()
    assert letter["reason"] == "action-refused"
    assert answer in letter["detail"]
    assert KEY in deployed.listing()


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_repeats_only_what_is_missing(
    kind: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """With one receiver down the other three are done and noted; a resend or a replay does the fourth alone."""
    deployed = acting()
    receivers.answers[kind] = ["down"] * 6
    for _ in range(2):
        answer = deployed.post(body(job()))
        assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
        assert sorted(kinds(receivers)) == sorted(set(KINDS) - {kind})
    (letter,) = deployed.letters()
    assert letter["reason"] == "action-unavailable"
    report = Answer(deployed.send({"replay": {"remove": True}})).body
    assert report["results"][0]["outcome"] == "removed"
    assert kinds(receivers)[3:] == [kind]
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert len(receivers.taken()) == 4


def test_without_a_letter_the_caller_is_asked_to_come_again(
    acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """Where the letter cannot be kept either the answer is 503, and a resend does what is missing."""
    deployed = acting("invoke", "post")
    receivers.answers["post"] = ["404"]
    deployed.cos.faults = Faults(["none", "none", "none", "403"])
    assert deployed.post(body(job())).status == 503
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes, first(answer)["then"]) == (200, ["duplicate"], "post:example.com")
    assert kinds(receivers) == ["invoke", "post"]


def test_what_cannot_be_noted_is_kept_and_done_again(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Where the note is refused (the role may not copy) the delivery is no success: it would go on repeating."""
    deployed = acting("invoke")
    deployed.cos.faults = Faults(["none", "none", "403"])
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    assert deployed.letters()[0]["reason"] == "store-refused"
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert [each.id for each in receivers.taken()] == [ID] * 2


def test_a_copy_that_fails_midway_is_not_taken_for_done(acting: Callable[..., Deployment], cos: LocalCos) -> None:
    """COS may begin a copy with 200 and end it with an error: that is worth a replay, and no fault of the policy."""
    real = cos._answer
    parts = {"Code": "InternalError", "Message": "Try again.", "Resource": "r", "RequestId": "1", "TraceId": "2"}
    failed = f"<Error>{''.join(f'<{name}>{value}</{name}>' for name, value in parts.items())}</Error>".encode()

    def answer(request: Request) -> Response:
        answered = real(request)
        return Response(200, answered.headers, failed) if request.header("x-cos-copy-source") else answered

    cos._server._server.answer = answer
    deployed = acting("invoke")
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    (letter,) = deployed.letters()
    assert (letter["reason"], letter["detail"]) == ("store-unavailable", "COS answered 200 InternalError")


def test_the_sweep_does_what_is_missing(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """A result whose action failed, and one that never came, are healed; one that is done costs one HEAD."""
    deployed = acting("publish")
    lost, failed, done = (ended(number) for number in range(3))
    for each in (lost, failed, done):
        deployed.cos.ci.add(BUCKET, each)
    deployed.post(body(done))
    receivers.answers["publish"] = ["AuthFailure"]
    deployed.post(body(failed))
    assert counts(sweep(deployed, tags=["SoundHound"])) == (3, 1, 2, 0, 0)
    assert sorted(each.id for each in receivers.taken()) == ["s0-Success", "s1-Success", "s2-Success"]
    deployed.cos.forget_requests()
    assert counts(sweep(deployed, tags=["SoundHound"])) == (3, 3, 0, 0, 0)
    assert deployed.methods == ["GET", "HEAD", "HEAD", "HEAD"]
    receivers.answers["publish"] = ["AuthFailure"]
    deployed.cos.ci.add(BUCKET, ended(4))
    assert counts(sweep(deployed, tags=["SoundHound"])) == (4, 3, 0, 0, 1)


def test_an_added_action_is_done_and_no_other(deploy: Callable[..., Deployment], receivers: Receivers) -> None:
    """A route that gets another action has only that one done for a result that is there."""
    deploy(ROUTES=routes(THEN["invoke"])).post(body(job()))
    later = deploy(ROUTES=routes(THEN["topic"], THEN["invoke"]))
    assert first(later.post(body(job())))["then"] == "topic:ci-results"
    assert kinds(receivers) == ["invoke", "topic"]


def test_what_is_told_is_what_lies_there(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Where a duplicate says something else than the object, as CI's XML and JSON do, the object is told."""
    deployed = acting("post")
    receivers.answers["post"] = ["404"]
    deployed.post(body(job()))
    deployed.post(body(job(Message="another")))
    (arrival,) = receivers.taken()
    told = json.loads(arrival.content)["data"]
    assert told["result"] == deployed.result(KEY)
    assert told["result"]["Message"] == ""
    assert told["sha256"] in deployed.cos.get(BUCKET, KEY).metadata["ci-callback"]


@pytest.mark.parametrize("instead", [None, body(job(JobId="other", EndTime="2025-03-03T00:00:00Z"))])
def test_an_object_that_changes_before_it_is_told_is_left_to_the_next_time(
    instead: str | None, acting: Callable[..., Deployment], deploy: Callable[..., Deployment], receivers: Receivers
) -> None:
    """If it has to be read and is gone, or is another by then, nothing is sent under a wrong id."""
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


@pytest.mark.parametrize("moment", ["before the look", "before the copy"])
@pytest.mark.parametrize("what", ["newer", "foreign", "gone"])
def test_noting_never_covers_what_came_meanwhile(
    moment: str, what: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """A newer result, an upload of somebody's or a deletion while actions run stays as it is."""
    deployed = acting("invoke")
    newer = body(job(JobId="later", EndTime="2025-03-02T09:00:00+0800"))
    faults = Faults()

    def come(_: object = None) -> None:
        receivers.on_arrival, faults.on_request = (lambda _: None), (lambda _: None)
        if what == "newer":
            deployed.cos.faults = Faults()
            assert acting(ROUTES='[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]').post(newer).status == 200
        elif what == "foreign":
            deployed.cos.put(BUCKET, KEY, b"mine")
        else:
            deployed.cos.delete(BUCKET, KEY)

    if moment == "before the look":
        receivers.on_arrival = come
    else:
        faults.on_request = lambda _: come() if len(faults.seen) == 3 else None
        deployed.cos.faults = faults
    assert deployed.post(body(job())).outcomes == ["written"]
    assert kinds(receivers) == ["invoke"]
    if what == "gone":
        assert deployed.listing() == []
    elif what == "foreign":
        assert deployed.cos.get(BUCKET, KEY).body == b"mine"
    else:
        assert deployed.result(KEY)["JobId"] == "later"
        assert "done=" not in deployed.cos.get(BUCKET, KEY).metadata["ci-callback"]


def test_two_that_do_actions_at_once_lose_no_note(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """What another instance has noted meanwhile stays noted beside one's own."""
    one, other = acting("invoke", "topic"), acting("invoke", "topic")
    receivers.answers = {"invoke": ["", "AuthFailure"], "topic": ["", "AuthFailure"]}

    def come(_: object) -> None:
        receivers.on_arrival = lambda _: None
        assert first(other.post(body(job())))["then"] == "topic:ci-results"

    receivers.on_arrival = come
    assert first(one.post(body(job())))["then"] == "invoke:my-function"
    assert "then" not in first(one.post(body(job())))
    assert kinds(receivers) == ["invoke", "topic"]


def test_in_the_time_that_is_left_the_rest_is_kept(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Receivers that answer nothing take so little of a short time that what was done is noted, and the rest kept."""
    deployed = acting()
    deployed.context["time_limit_in_ms"] = 3500
    receivers.answers = {kind: ["down", "drip", "drip"] for kind in KINDS[1:]}
    answer = deployed.post(body(job()))
    assert answer.outcomes == ["dead-lettered"]
    (letter,) = deployed.letters()
    assert letter["reason"] == "action-unavailable"
    assert "publish:eb-abcdefgh did not answer" in letter["detail"]  # its client's time is over first, or ours
    assert "post:example.com was not begun again." in letter["detail"]
    receivers.answers.clear()
    assert first(deployed.post(body(job())))["then"] == "publish:eb-abcdefgh,topic:ci-results,post:example.com"


def test_with_versions_the_note_is_what_is_on_top(deploy: Callable[..., Deployment]) -> None:
    """In a bucket with versions the noted one stays on top, and a duplicate does nothing more, cold or warm."""
    credentials = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
    with LocalCos(buckets={BUCKET: REGION}, credentials=credentials, versioned={BUCKET}) as cos:
        deployed = [deploy(ROUTES=routes(THEN["invoke"]), COS_ENDPOINT=cos.address) for _ in range(2)]
        assert deployed[0].post(body(job())).outcomes == ["written"]
        for each in [*deployed, *deployed]:
            assert each.post(body(job())).outcomes == ["duplicate"]
        assert kinds(cos.receivers) == ["invoke"]
        assert "done=" in cos.get(BUCKET, KEY).metadata["ci-callback"]


def test_an_ignored_job_is_not_told_of(deploy: Callable[..., Deployment], receivers: Receivers) -> None:
    """A job that another route ignores has no actions."""
    one = {"tag": "*", "state": "Success", "write": "{object}.{tag}.json", "then": [THEN["topic"]]}
    deployed = deploy(ROUTES=json.dumps([one, {"tag": "*", "state": "*", "ignore": True}]))
    assert deployed.post(body(job(State="Failed"))).outcomes == ["ignored"]
    assert receivers.arrived == []


def test_no_secret_of_an_action_is_told(
    acting: Callable[..., Deployment], receivers: Receivers, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither the webhook's secret, nor the path of its URL, nor a key is in a log line, a reply or an object."""
    deployed = acting(LOG_LEVEL="DEBUG")
    receivers.answers["post"] = ["404"]
    said = json.dumps([deployed.post(body(job())).reply, deployed.post(body(job())).reply])
    said += "".join(capfd.readouterr())
    for key in deployed.listing():
        stored = deployed.cos.get(BUCKET, key)
        said += stored.body.decode() + str(dict(stored.metadata))
    credentials = deployed.cos.credentials
    for secret in (SECRETS[0], SECRETS[0][6:], "path-canary", credentials.secret_id, credentials.secret_key):
        assert secret not in said
    assert "post:example.com" in said


@pytest.mark.parametrize("kind", KINDS)
def test_no_key_is_in_the_log_of_the_clients_of_actions(kind: str, cos: LocalCos) -> None:
    """In an instance of its own that logs everything, as a platform may: nothing of the role's key is said."""
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
