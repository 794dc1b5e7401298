"""Access to the function: requests without the token leave no trace."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.support.bodies import body, job
from tests.support.deployment import TOKEN, url_event
from tests.support.sources import RESULT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment
    from tests.support.sources import Deliver, Wording


WRONG = {
    "none": "",
    "wrong": "wrong-token-9876543210",
    "prefix": TOKEN[:-1],
    "suffix": TOKEN[1:],
    "longer": f"{TOKEN}0",
    "twice": TOKEN * 2,
    "upper-case": TOKEN.upper(),
    "space": f" {TOKEN}",
    "line-end": f"{TOKEN}\n",
    "nul": f"{TOKEN}\0",
    "list": f"{TOKEN},{TOKEN}",
    "escaped-twice": quote(TOKEN.replace("-", "%2D"), safe=""),
    "pattern": "*",
    "unicode": "\u5bc6\u94a5" * 8,
    "look-alike": "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN),  # NFKC would make the token of it
    "invisible": f"{TOKEN}\u200b",
    "half-a-pair": "\ud800",
    "oversized": "x" * 100_000,
    "oversized-prefix": TOKEN + "x" * 100_000,
}
# The shapes in which a query can reach the function, and places where a token does not count.
ODD: dict[str, dict[str, Any]] = {
    "array-of-wrong": {"queryString": {"token": [TOKEN[:-1], TOKEN[1:]]}},
    "array-in-array": {"queryString": {"token": [[TOKEN]]}},
    "empty-array": {"queryString": {"token": []}},
    "boolean": {"queryString": {"token": True}},
    "number": {"queryString": {"token": 0}},
    "object": {"queryString": {"token": {TOKEN: TOKEN}}},
    "other-name": {"queryString": {"Token": TOKEN, "token[]": TOKEN, "access_token": TOKEN}},
    "query-as-text": {"queryString": f"token={TOKEN}"},
    "header": {"headers": {"Authorization": f"Bearer {TOKEN}", "token": TOKEN, "cookie": f"token={TOKEN}"}},
    "not-the-last-segment": {"path": f"/{TOKEN}/callback"},
    "before-dots": {"path": f"/{TOKEN}/.."},
    "path-as-array": {"path": [f"/{TOKEN}"]},
    "path-parameters": {"pathParameters": {"token": TOKEN}, "headerParameters": {"token": TOKEN}},
}
CLOSED: dict[str, dict[str, Any]] = {
    **{f"path-{name}": {"path": f"/ci/{value}"} for name, value in WRONG.items()},
    **{f"query-{name}": {"queryString": {"token": value}} for name, value in WRONG.items()},
    **ODD,
}


@pytest.mark.parametrize("case", CLOSED)
@pytest.mark.parametrize("content", [body(job()), "no callback"], ids=["callback", "nonsense"])
def test_requests_without_the_token_leave_no_trace(
    case: str, content: str, trigger: Wording, deploy: Callable[..., Deployment]
) -> None:
    """Each trigger answers 401 without a detail, sends no request to COS and stores nothing."""
    deployed = deploy()
    reply = deployed.send({**trigger(content), "path": "/", "queryString": {}, **CLOSED[case]})
    assert reply["statusCode"] == 401
    assert json.loads(reply["body"])["error"] == "unauthorized"
    assert deployed.cos.requests == []


LARGE: dict[str, dict[str, Any]] = {
    "path": {"path": "/" + "%2D" * 1_000_000},
    "path-of-slashes": {"path": "/" * 3_000_000},
    "query": {"queryString": {"token": "%2D" * 1_000_000}},
    "values": {"queryString": {"token": ["%2D" * 100] * 100_000}},
    "base64": {"isBase64Encoded": True, "body": "QUJD" * 750_000},
    "base64-with-spaces": {"isBase64Encoded": True, "body": "Q " * 1_500_000},
    "parsed-body": {"body": [{"a": "b"}] * 100_000},
}


@pytest.mark.parametrize("case", LARGE)
def test_requests_without_the_token_need_little_memory(case: str, deployed: Deployment) -> None:
    """Nothing of the body is read before the token is checked, and few candidates of the URL are."""
    sent = url_event("", token="") | LARGE[case]
    deployed.send(url_event("", token=""))
    tracemalloc.start()
    reply = deployed.send(sent)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reply["statusCode"] == 401
    assert peak < 3_500_000  # one copy of the path


def test_first_values_of_a_token_count(deployed: Deployment) -> None:
    """Eight of each query."""
    for before, status in ((7, 200), (8, 401)):
        sent = url_event(body(job()), token="", queryString={"token": [*["x"] * before, TOKEN]})
        assert deployed.send(sent)["statusCode"] == status


def test_requests_with_the_token_are_served(source: Wording, deliver: Deliver) -> None:
    """The same event with its token is served, so that the refused ones lack nothing but the token."""
    assert deliver(source(body(job()))).results == [RESULT]


@pytest.mark.parametrize("content", [body(job()), "no callback"], ids=["callback", "nonsense"])
@pytest.mark.parametrize(
    "extra",
    [
        {"EventName": "TaskFinish", "JobsDetail": [job()]},
        {"Response": {"EventName": "TaskFinish", "JobsDetail": [job()]}},
        {"Records": [{"CMQ": {"type": "topic", "topicName": "t", "msgBody": body(job())}}]},
        {"replay": {}},
        {"sweep": {}},
        {"Type": "Timer", "TriggerName": "sweep", "Time": "2025-04-05T06:00:00Z", "Message": ""},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_an_http_event_with_fields_of_another_trigger_needs_its_token(
    extra: dict[str, Any], content: str, trigger: Wording, deploy: Callable[..., Deployment]
) -> None:
    """An HTTP event stays one, and needs its token, beside any field of an Invoke, a queue or a timer."""
    deployed = deploy()
    sent = {**trigger(content), "path": "/", "queryString": {}, **extra}
    assert deployed.send(sent)["statusCode"] == 401
    del sent["httpMethod"]  # an unknown trigger is no Invoke either
    assert deployed.send(sent)["statusCode"] == 400
    assert deployed.cos.requests == []
