"""The local triggers: from HTTP to an SCF event, and from the function's reply back to HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from local.scf.server import Invocation
from local.scf.trigger import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.scf.trigger import Kind

KINDS: tuple[Kind, ...] = ("function-url", "apigw")


@dataclass
class Answer:
    """The answer to an HTTP client."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def invocation(result: Any = None, error: Mapping[str, Any] | None = None) -> Invocation:
    """Return an invocation."""
    return Invocation("request-1", result, error, "", None, 1, 128, 10.0)


def ask(  # a request's parts
    kind: Kind,
    outcome: Invocation,
    method: str = "POST",
    path: str = "/",
    body: bytes | Iterable[bytes] | None = b"",
    headers: Mapping[str, str] | None = None,
    *,
    base64: bool = False,
) -> tuple[Any, Answer]:
    """Return the event one HTTP request became, and the answer to it."""
    events: list[Any] = []

    def invoke(event: Any) -> Invocation:
        events.append(event)
        return outcome

    with Trigger(kind, invoke, base64=base64) as trigger:
        connection = http.client.HTTPConnection(urlsplit(trigger.address).netloc)
        connection.request(method, path, body, dict(headers or {}), encode_chunked=not isinstance(body, bytes))
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
    return events[0], answer


def event_of(kind: Kind, *arguments: Any, **options: Any) -> Any:
    """Return the event one HTTP request became."""
    return ask(kind, invocation({"statusCode": 200}), *arguments, **options)[0]


def answer_to(kind: Kind, outcome: Invocation) -> Answer:
    """Return the HTTP answer made of a function's run."""
    return ask(kind, outcome)[1]


def test_function_url_event_has_the_documented_keys() -> None:
    """No requestContext, no isBase64Encoded: just the five keys."""
    event = event_of(
        "function-url", "POST", "/ci/hook?token=t&env=dev", b'{"a":1}', {"Content-Type": "application/json"}
    )
    assert set(event) == {"body", "headers", "httpMethod", "path", "queryString"}
    assert (event["body"], event["httpMethod"], event["path"]) == ('{"a":1}', "POST", "/ci/hook")
    assert event["queryString"] == {"token": "t", "env": "dev"}


def test_apigw_event_has_the_documented_shape() -> None:
    """The request context names service and stage; unconfigured parameter objects are empty."""
    event = event_of("apigw", "POST", "/ci/hook", b"<a/>", {"Content-Type": "application/xml"})
    assert event["requestContext"]["serviceId"].startswith("service-")
    assert event["requestContext"]["stage"] == "release"
    assert (event["requestContext"]["httpMethod"], event["httpMethod"]) == ("ANY", "POST")
    assert (event["pathParameters"], event["queryStringParameters"], event["headerParameters"]) == ({}, {}, {})
    assert (event["body"], event["isBase64Encoded"], event["path"]) == ("<a/>", False, "/ci/hook")


@pytest.mark.parametrize("kind", KINDS)
def test_header_names_are_lower_case(kind: Kind) -> None:
    """UTF-8 values are text, repeated ones joined, with both triggers."""
    headers = event_of(kind, headers={"X-Song": "青花瓷".encode().decode("latin-1"), "User-Agent": "CI"})["headers"]
    assert (headers["x-song"], headers["user-agent"]) == ("青花瓷", "CI")
    assert "host" in headers
    assert all(name == name.lower() for name in headers)


def test_function_url_event_has_the_client_address() -> None:
    """A header of the platform has the caller's IP."""
    assert event_of("function-url")["headers"]["x-scf-remote-addr"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("function-url", {"tag": "a b", "bare": "", "empty": "", "中": "文"}),
        ("apigw", {"tag": ["a b", "c"], "bare": True, "empty": "", "中": "文"}),
    ],
)
def test_queries_differ_by_trigger(kind: Kind, query: dict[str, Any]) -> None:
    """The gateway lists repeated keys and marks bare ones; the URL's values are strings, the first one counts."""
    path = "/?tag=a+b&tag=c&bare&empty=&%E4%B8%AD=%E6%96%87"
    assert event_of(kind, "GET", path)["queryString"] == query


def test_stage_is_no_part_of_the_path() -> None:
    """The gateway's default domain has the stage in front of the path; the event does not."""
    assert event_of("apigw", "POST", "/release/ci/hook")["path"] == "/ci/hook"
    assert event_of("apigw", "POST", "/released")["path"] == "/released"
    assert event_of("function-url", "POST", "/release/ci/hook")["path"] == "/release/ci/hook"


def test_get_through_the_gateway_has_no_body() -> None:
    """As captured, the key is missing; through the URL the body is empty."""
    assert "body" not in event_of("apigw", "GET")
    assert event_of("function-url", "GET")["body"] == ""


def test_gateway_sends_binary_bodies_as_base64() -> None:
    """Bytes that are not UTF-8 are complete."""
    event = event_of("apigw", body="青花瓷".encode("gbk"))
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]).decode("gbk") == "青花瓷"


def test_gateway_with_base64_encodes_every_body() -> None:
    """With the switch on, text is encoded too."""
    event = event_of("apigw", body=b"<a/>", base64=True)
    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"<a/>")


def test_function_url_replaces_invalid_utf_8() -> None:
    """Its event cannot carry such bytes."""
    assert event_of("function-url", body=b"a\xffb")["body"] == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("kind", KINDS)
def test_chunked_body_is_joined(kind: Kind) -> None:
    """A sender that does not know the length may send chunks."""
    event = event_of(kind, "POST", "/", iter([b"<a>", b"1", b"</a>"]), {"Transfer-Encoding": "chunked"})
    assert event["body"] == "<a>1</a>"


def test_trailers_of_a_chunked_body_are_dropped() -> None:
    """The connection stays open."""
    bodies: list[str] = []

    def invoke(event: Any) -> Invocation:
        bodies.append(event["body"])
        return invocation({"statusCode": 200})

    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with (
        Trigger("function-url", invoke) as trigger,
        socket.create_connection(("127.0.0.1", int(trigger.address.rpartition(":")[2]))) as connection,
        connection.makefile("rb") as answer,
    ):
        for _ in range(2):
            connection.sendall(head + b"3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
            assert answer.readline().startswith(b"HTTP/1.1 200 ")
            while answer.readline().strip():
                pass
    assert bodies == ["abc", "abc"]


@pytest.mark.parametrize("kind", KINDS)
def test_four_key_reply_becomes_the_answer(kind: Kind) -> None:
    """Status, headers and body reach the caller, with both triggers."""
    reply = {"isBase64Encoded": False, "statusCode": 401, "headers": {"Content-Type": "text/plain"}, "body": "否"}
    answer = answer_to(kind, invocation(reply))
    assert (answer.status, answer.headers["Content-Type"], answer.body.decode()) == (401, "text/plain", "否")


@pytest.mark.parametrize("kind", KINDS)
def test_header_with_a_list_is_repeated(kind: Kind) -> None:
    """A list becomes one header each."""
    answer = answer_to(kind, invocation({"statusCode": 200, "headers": {"X-Demo": ["a", "b"]}, "body": ""}))
    assert answer.headers.get_all("X-Demo") == ["a", "b"]


def test_gateway_decodes_a_base64_reply() -> None:
    """`isBase64Encoded` in the reply sends the bytes."""
    reply = {"isBase64Encoded": True, "statusCode": 200, "headers": {}, "body": base64.b64encode(b"\xff").decode()}
    assert answer_to("apigw", invocation(reply)).body == b"\xff"


@pytest.mark.parametrize("reply", [{"outcome": "written"}, [1], "text", None])
def test_function_url_returns_any_json(reply: Any) -> None:
    """A return value without statusCode is the body of a 200."""
    answer = answer_to("function-url", invocation(reply))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert json.loads(answer.body) == reply


@pytest.mark.parametrize(
    "reply",
    [
        {"outcome": "written"},
        "text",
        None,
        {"statusCode": "200", "body": ""},
        {"statusCode": 200, "headers": {}, "body": {"a": 1}},
        {"statusCode": 200, "headers": [], "body": ""},
        {"statusCode": 200, "headers": {}, "body": "no base64!", "isBase64Encoded": True},
    ],
)
def test_gateway_refuses_other_replies(reply: Any) -> None:
    """Any other return value is "Invalid scf response"."""
    answer = answer_to("apigw", invocation(reply))
    assert answer.status == 403
    assert "Invalid scf response" in json.loads(answer.body)["error"]


@pytest.mark.parametrize(
    ("kind", "status_code", "status"),
    [("function-url", 430, 502), ("function-url", 433, 502), ("apigw", 430, 403), ("apigw", 433, 200)],
)
def test_failed_function_has_the_answer_of_the_platform(kind: Kind, status_code: int, status: int) -> None:
    """The caller gets the platform's status; behind the gateway a time-out looks like success."""
    error = {"statusCode": status_code, "errorCode": -1, "errorMessage": "x", "requestId": "request-1"}
    answer = answer_to(kind, invocation(error=error))
    assert answer.status == status
    if (kind, status_code) != ("apigw", 430):
        assert json.loads(answer.body) == error


def test_error_of_the_local_cloud_is_500(caplog: pytest.LogCaptureFixture) -> None:
    """The answer names the exception, and it is logged."""

    def invoke(_: Any) -> Invocation:
        raise RuntimeError("ours")

    with Trigger("apigw", invoke) as trigger:
        connection = http.client.HTTPConnection(urlsplit(trigger.address).netloc)
        connection.request("POST", "/")
        response = connection.getresponse()
        assert (response.status, response.read()) == (500, b"the local cloud failed: RuntimeError: ours\n")
        connection.close()
    assert "failed to answer POST /" in caplog.text
