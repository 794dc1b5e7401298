"""The request of each kind of action: function, event bus, topic, webhook."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from tests.handler.actions.acting import ID, KEY, KINDS, SECRETS, THEN, routes
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.services.receivers import Receivers
    from tests.support.deployment import Deployment


def test_invoke_starts_a_function_asynchronously(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """`invoke` is SCF's Invoke of type Event, in the function's region, with the role's key."""
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


def test_invoke_names_namespace_and_version(deploy: Callable[..., Deployment], receivers: Receivers) -> None:
    """By `namespace` and `qualifier`."""
    action = {"invoke": "my-function", "namespace": "team", "qualifier": "$DEFAULT"}
    deploy(ROUTES=routes(action)).post(body(job()))
    (arrival,) = receivers.taken("invoke")
    assert (arrival.wanted["Namespace"], arrival.wanted["Qualifier"]) == ("team", "$DEFAULT")


def test_publish_sends_a_cloud_event(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """`publish` is EventBridge's PutEvents with id, source, type, subject and the job's time."""
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


def test_post_is_signed(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """A Standard Webhook: its library verifies it with either of two secrets, and with no other."""
    acting("post", WEBHOOK_SECRET=",".join(SECRETS)).post(body(job()))
    (arrival,) = receivers.taken("post")
    assert arrival.target == THEN["post"]["post"]
    headers = dict(arrival.headers)
    assert headers["webhook-id"] == ID
    for secret in SECRETS:
        message = Webhook(secret).verify(arrival.content, headers)
        assert (message["type"], message["timestamp"]) == ("ci.SoundHound.Success", "2025-03-01T01:00:09+00:00")
    with pytest.raises(Exception, match="No matching signature"):
        Webhook("whsec_" + base64.b64encode(bytes(32)).decode()).verify(arrival.content, headers)


@pytest.mark.parametrize("kind", KINDS)
def test_oversized_result_is_left_out_of_the_message(
    kind: str, acting: Callable[..., Deployment], receivers: Receivers
) -> None:
    """Above 128 KB (64 KB on a bus, 1 MB elsewhere) the message has its location and digest instead."""
    deployed = acting(kind)
    deployed.post(body(job(Operation={"UserData": "音" * 400_000})))
    (arrival,) = receivers.taken(kind)
    assert len(arrival.content) < 2000
    message = json.loads(arrival.content)
    data = json.loads(message["Data"]) if kind == "publish" else message["data"]
    assert "result" not in data
    assert (data["bucket"], data["region"], data["key"]) == (BUCKET, REGION, KEY)


def test_job_without_a_time_has_a_constant_timestamp(acting: Callable[..., Deployment], receivers: Receivers) -> None:
    """The same for duplicates: 1970."""
    acting("invoke").post(body(job(EndTime=None, CreationTime=None)))
    (arrival,) = receivers.taken()
    assert json.loads(arrival.content)["timestamp"] == "1970-01-01T00:00:00+00:00"
