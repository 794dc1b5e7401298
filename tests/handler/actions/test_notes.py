"""The note of finished actions in the object's metadata, among concurrent changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.cos.server import Credentials, LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from tests.handler.actions.acting import ID, KEY, THEN, first, kinds, routes
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION

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
    assert deployed.letters()[0]["reason"] == "store-refused"
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
    (letter,) = deployed.letters()
    assert (letter["reason"], letter["detail"]) == ("store-unavailable", "COS answered 200 InternalError")


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
