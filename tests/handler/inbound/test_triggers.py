"""Events of all triggers, direct Invokes, and access by token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback.function import MAX_BODY_BYTES
from tests.handler.test_events import event
from tests.support.bodies import body, job
from tests.support.deployment import OWN_TOKEN, TOKEN, Answer, url_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci_callback.function import Function
    from tests.support.deployment import Deployment

OTHER_TOKEN = "the-next-token-9876543210"
GATEWAY = event("apigw-json-success")
RIGHT = body(job())


@pytest.mark.parametrize(
    "place",
    [
        {"path": f"/{TOKEN}"},
        {"path": f"/release/ci/{TOKEN}"},
        {"path": f"/{TOKEN}/"},
        {"path": f"/{TOKEN.replace('-', '%2D')}"},
        {"path": "/", "queryString": {"token": TOKEN}},
        {"path": "/", "queryString": {"token": ["old", TOKEN]}},
        {"path": "/", "queryString": {}, "queryStringParameters": {"token": TOKEN}},
        {"path": "/wrong", "queryString": {"token": TOKEN}},
        {"path": f"/{TOKEN}", "queryString": {"token": "wrong"}},
        {"path": f"/{OTHER_TOKEN}"},
        {"queryString": {"token": OTHER_TOKEN}},
    ],
)
@pytest.mark.parametrize("trigger", [url_event(RIGHT, token=""), {**GATEWAY, "body": RIGHT, "path": "/ci"}])
def test_token_is_accepted_in_path_and_query(
    place: dict[str, Any], trigger: dict[str, Any], deploy: Callable[..., Deployment]
) -> None:
    """Each configured token, as last path segment or as ?token=, through both triggers."""
    deployed = deploy(CALLBACK_TOKENS=f"{TOKEN}, {OTHER_TOKEN}")
    assert Answer(deployed.send(trigger | place)).outcomes == ["written"]


@pytest.mark.parametrize(
    "place",
    [
        {"path": "/"},
        {"path": ""},
        {"path": None},
        {"path": f"/{TOKEN}/more"},
        {"path": f"/{TOKEN[:-1]}"},
        {"path": f"/{TOKEN}x"},
        {"path": f"/{TOKEN.upper()}"},
        {"path": f"/{TOKEN},{OTHER_TOKEN}"},
        {"path": "/" + "x" * 100_000},
        {"path": "/\u5bc6\u94a5\ud800"},
        {"path": "/%ff%00"},
        {"queryString": {"token": ""}},
        {"queryString": {"token": True}},
        {"queryString": {"token": [True, None, {"a": TOKEN}]}},
        {"queryString": {"TOKEN": TOKEN}},
        {"queryString": f"token={TOKEN}"},
        {"queryString": [TOKEN]},
        {"headers": {"token": TOKEN, "authorization": f"Bearer {TOKEN}"}},
        {"requestContext": {"identity": {"secretId": TOKEN}, "serviceId": "s"}},
    ],
)
@pytest.mark.parametrize("content", [RIGHT, "no callback at all", ""])
def test_missing_token_is_401_without_a_trace(place: dict[str, Any], content: str, deployed: Deployment) -> None:
    """No token, a wrong, a partial or a malformed one: 401, and no request to COS (guarantee 4)."""
    reply = deployed.send(url_event(content, token="") | place)
    assert reply["statusCode"] == 401
    assert deployed.cos.requests == []
    assert TOKEN not in json.dumps(reply)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", ""])
def test_other_methods_are_405(method: str, deployed: Deployment) -> None:
    """With `Allow: POST`, with a token or without."""
    reply = deployed.send(url_event(RIGHT, httpMethod=method))
    assert (reply["statusCode"], reply["headers"]["Allow"]) == (405, "POST")
    assert deployed.send(url_event(RIGHT, token="", httpMethod=method))["statusCode"] == 405


def test_checks_run_in_order(deploy: Callable[..., Deployment]) -> None:
    """Configuration, method, token, size, content."""
    deployed = deploy()
    huge = "x" * (MAX_BODY_BYTES + 1)
    assert deploy(BUCKETS="").send(url_event(huge, token="", httpMethod="GET"))["statusCode"] == 500
    assert deployed.send(url_event(huge, token="", httpMethod="GET"))["statusCode"] == 405
    assert deployed.send(url_event(huge, token=""))["statusCode"] == 401
    assert deployed.send(url_event(huge))["statusCode"] == 413
    assert deployed.listing() == []
    assert deployed.send(url_event(huge[1:]))["statusCode"] == 400


@pytest.mark.parametrize(
    "invoked",
    [
        {"EventName": "TaskFinish", "JobsDetail": job()},
        {"Response": {"JobsDetail": [job()]}},
        {"body": RIGHT},
        {"body": body(job(), form="xml")},
        {"code": 0, "message": "Test request when setting callback url", "data": {"trace_id": "test_trace_id"}},
    ],
)
def test_direct_invoke_needs_no_token(invoked: dict[str, Any], deployed: Deployment) -> None:
    """CAM has authorised it; the event is the callback itself, or its text in `body`."""
    assert Answer(deployed.send(invoked)).outcomes in (["written"], ["ignored"])


@pytest.mark.parametrize(
    "unknown",
    [
        None,
        [],
        "text",
        7,
        {},
        {"Type": "Timetable", "TriggerName": "t", "Time": "2025-04-05T06:00:00Z", "Message": ""},
        {"Records": [{"cos": {"cosObject": {"key": "/1/b/k"}}}]},
        {"specversion": "0", "data": {"msgBody": "{}"}},
        {"headers": {}, "payload": {"EventName": "TaskFinish"}, "isBase64Encoded": "false"},
        {"headers": {}, "body": RIGHT},
        {"path": f"/{TOKEN}", "EventName": "TaskFinish", "JobsDetail": job()},
    ],
)
def test_unknown_event_is_400(unknown: Any, deployed: Deployment) -> None:
    """400 with a reason; nothing that looks like HTTP is served without a token."""
    answer = Answer(deployed.send(unknown))
    assert (answer.status, answer.body["error"]) == (400, "unknown-event")
    assert deployed.cos.requests == []


@pytest.mark.usefixtures("no_gc")
def test_deeply_nested_invoke_is_400(deployed: Deployment) -> None:
    """It cannot be serialised as JSON again, and is refused."""
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    assert Answer(deployed.send({"EventName": "TaskFinish", "JobsDetail": nested})).status == 400


@pytest.mark.parametrize(
    ("content", "more", "reason"),
    [
        (None, {}, "empty-body"),
        ("", {}, "empty-body"),
        (7, {}, "not-xml-or-json"),
        ("not base64!", {"isBase64Encoded": True}, "bad-base64"),
        ("YQ", {"isBase64Encoded": True}, "bad-base64"),
        ("YWJj$$", {"isBase64Encoded": "true"}, "bad-base64"),
        ("密", {"isBase64Encoded": True}, "bad-base64"),
        ("\ud800", {}, "not-xml-or-json"),
    ],
)
def test_invalid_body_is_400_and_kept(content: Any, more: dict[str, Any], reason: str, deployed: Deployment) -> None:
    """A missing or wrongly encoded body: 400 with its reason, and a dead letter."""
    answer = Answer(deployed.send(url_event("", body=content, **more)))
    assert (answer.status, answer.body["reason"]) == (400, reason)
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == reason


def test_body_parsed_by_the_trigger_is_read(deployed: Deployment) -> None:
    """A body that arrives as an object is the callback that its JSON is."""
    assert Answer(deployed.send(url_event("", body=json.loads(RIGHT)))).outcomes == ["written"]
    assert deployed.post(RIGHT).outcomes == ["duplicate"]


def test_event_without_a_body_key_is_400(deployed: Deployment) -> None:
    """API Gateway leaves `body` out if it is empty."""
    without = url_event("")
    del without["body"]
    assert Answer(deployed.send(without)).body["reason"] == "empty-body"


@pytest.mark.parametrize("flag", [True, "true", "TRUE"])
def test_base64_with_line_breaks_is_decoded(flag: object, deployed: Deployment) -> None:
    """As some encoders write it."""
    encoded = url_event(RIGHT.encode())["body"]
    lines = "\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    assert Answer(deployed.send(url_event("", body=lines, isBase64Encoded=flag))).outcomes == ["written"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = ["httpMethod", "path", "headers", "queryString", "requestContext", "isBase64Encoded", "body", "EventName"]


@pytest.fixture(scope="module")
def offline() -> Function:
    """Return a function whose COS cannot be reached."""
    from ci_callback.function import Function  # noqa: PLC0415 - after conftest has set pydantic's switch

    environ = dict.fromkeys(["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"], "x")
    return Function(environ | {"BUCKETS": "a-12345/ap-x", "CALLBACK_TOKENS": OWN_TOKEN})


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON) | _JSON)
def test_any_event_has_a_reply(offline: Function, anything: Any) -> None:
    """Of the four keys, and no server error (guarantee 5)."""
    reply = offline.handle(anything, {"time_limit_in_ms": 1})  # no time: nothing is sent
    assert set(reply) == {"isBase64Encoded", "statusCode", "headers", "body"}
    assert isinstance(json.loads(reply["body"]), dict)
    if isinstance(anything, dict) and "httpMethod" in anything:
        assert reply["statusCode"] in {400, 401, 405}
