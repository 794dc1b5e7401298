"""The note of finished actions in the object's metadata, among concurrent changes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from local.cos.server import Credentials, LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from tests.handler.actions.acting import ID, KEY, THEN, event_id, first, kinds, routes
from tests.support.bodies import body, job
from tests.support.bucket import result_of
from tests.support.deployment import BUCKET, RECORD_SECRET, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.http.message import Request
    from local.services.receivers import Receivers
    from tests.support.deployment import Deployment


def test_noting_actions_costs_two_requests(acting: Callable[..., Deployment]) -> None:
    """After the PUT a HEAD and a conditional copy onto itself; bytes and type do not change."""
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


def test_action_that_cannot_be_noted_is_a_dead_letter(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """If the copy is refused, the delivery is a dead letter: its action would run again and again."""
    deployed = acting("invoke")
    deployed.cos.faults = Faults(["none", "none", "403"])
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    assert deployed.dead_letters()[0]["reason"] == "store-refused"
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert [each.id for each in receivers.taken()] == [ID] * 2


def test_copy_that_fails_midway_is_no_note(acting: Callable[..., Deployment], cos: LocalCos) -> None:
    """COS may start a copy with 200 and end it with an error: the reason is transient."""
    real = cos._answer
    parts = {"Code": "InternalError", "Message": "Try again.", "Resource": "r", "RequestId": "1", "TraceId": "2"}
    failed = f"<Error>{''.join(f'<{name}>{value}</{name}>' for name, value in parts.items())}</Error>".encode()

    def answer(request: Request) -> Response:
        answered = real(request)
        return Response(200, answered.headers, failed) if request.header("x-cos-copy-source") else answered

    cos._server._server.answer = answer
    deployed = acting("invoke")
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["reason"], dead_letter["detail"]) == ("store-unavailable", "COS answered 200 InternalError")


@pytest.mark.parametrize("moment", ["before the HEAD", "before the copy"])
@pytest.mark.parametrize("change", ["newer", "foreign", "deleted"])
def test_noting_never_covers_a_concurrent_change(
    moment: str, change: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """A newer result, a foreign upload or a deletion while actions run is kept."""
    deployed = acting("invoke")
    newer = body(job(JobId="later", EndTime="2025-03-02T09:00:00+0800"))
    faults = Faults()

    def interfere(_: object = None) -> None:
        receivers.on_arrival, faults.on_request = (lambda _: None), (lambda _: None)
        if change == "newer":
            deployed.cos.faults = Faults()
            assert acting(ROUTES='[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]').post(newer).status == 200
        elif change == "foreign":
            deployed.cos.put(BUCKET, KEY, b"mine")
        else:
            deployed.cos.delete(BUCKET, KEY)

    if moment == "before the HEAD":
        receivers.on_arrival = interfere
    else:
        faults.on_request = lambda _: interfere() if len(faults.seen) == 3 else None
        deployed.cos.faults = faults
    assert deployed.post(body(job())).outcomes == ["written"]
    assert kinds(receivers) == ["invoke"]
    if change == "deleted":
        assert deployed.listing() == []
    elif change == "foreign":
        assert deployed.cos.get(BUCKET, KEY).body == b"mine"
    else:
        assert deployed.result(KEY)["JobId"] == "later"
        assert "done=" not in deployed.cos.get(BUCKET, KEY).metadata["ci-callback"]


def test_concurrent_actions_are_all_noted(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Each instance keeps the other's note beside its own."""
    one, other = acting("invoke", "topic"), acting("invoke", "topic")
    receivers.answers = {"invoke": ["", "AuthFailure"], "topic": ["", "AuthFailure"]}

    def interfere(_: object) -> None:
        receivers.on_arrival = lambda _: None
        assert first(other.post(body(job())))["then"] == "topic:ci-results"

    receivers.on_arrival = interfere
    assert first(one.post(body(job())))["then"] == "invoke:my-function"
    assert "then" not in first(one.post(body(job())))
    assert kinds(receivers) == ["invoke", "topic"]


def test_noted_version_is_the_current_one(deploy: Callable[..., Deployment]) -> None:
    """In a bucket with versions; a duplicate runs no action, in a cold or a warm instance."""
    credentials = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
    with LocalCos(buckets={BUCKET: REGION}, credentials=credentials, versioned={BUCKET}) as cos:
        deployed = [deploy(ROUTES=routes(THEN["invoke"]), COS_ENDPOINT=cos.address) for _ in range(2)]
        assert deployed[0].post(body(job())).outcomes == ["written"]
        for each in [*deployed, *deployed]:
            assert each.post(body(job())).outcomes == ["duplicate"]
        assert kinds(cos.receivers) == ["invoke"]
        assert "done=" in cos.get(BUCKET, KEY).metadata["ci-callback"]


@pytest.mark.parametrize("secret", ["", RECORD_SECRET])
def test_edited_object_is_not_sent(secret: str, acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """An object whose bytes do not match its record is a conflict, which a person must look at: no retry helps."""
    deployed = acting("topic", RECORD_SECRET=secret)
    receivers.answers["topic"] = ["AuthFailure"]
    deployed.post(body(job()))
    stored = deployed.cos.get(BUCKET, KEY)
    deployed.cos.put(BUCKET, KEY, stored.body.replace(b"Band", b"Gang"), metadata=stored.metadata)
    answer = deployed.post(body(job(Message="another")))
    assert (answer.outcomes, first(answer)["reason"]) == (["dead-lettered"], "conflict")
    assert receivers.taken() == []
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert [json.loads(each.content)["data"]["result"] for each in receivers.taken()] == [
        json.loads(result_of(body(job())))
    ]


@pytest.mark.contradicts_schema
@pytest.mark.parametrize(
    "content", [b"1", b"[]", b"{}", b"[" * 100_000, '{"JobId":"","Tag":"","State":""}'.encode("utf-16")]
)
def test_forged_object_is_not_sent(content: bytes, acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """Without a secret a forged record may describe any bytes; no message is made of those that are no result."""
    deployed = acting("topic")
    digest = hashlib.sha256(content).hexdigest()
    record = f"v1 job={job()['JobId']} state=Success time=- sha256={digest}"
    deployed.cos.put(BUCKET, KEY, content, metadata={"ci-callback": record})
    answer = deployed.post(body(job()))
    assert (answer.outcomes, first(answer)["reason"]) == (["dead-lettered"], "conflict")
    assert receivers.taken() == []


@pytest.mark.parametrize(
    "other", [{"JobId": "a-Success", "State": "Failed"}, {"JobId": "a", "State": "Success-Failed"}]
)
def test_event_id_is_unambiguous(
    other: dict[str, str], acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """No job and state give the id of another job and state, nor does the same job under another key."""
    acting("topic").post(body(job(**other)))
    acting("topic", ROUTES=routes(THEN["topic"], key="{object}.2.json")).post(body(job(**other)))
    ids = [each.id for each in receivers.taken()]
    assert ids == [event_id(**other), event_id("audio/song.mp3.2.json", **other)]
