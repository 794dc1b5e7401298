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
    """What an HTTP client sees."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def invocation(result: Any = None, error: Mapping[str, Any] | None = None) -> Invocation:
    """Return what a function's run came to."""
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


def test_a_function_url_event_has_exactly_these_keys() -> None:
    """No requestContext, no isBase64Encoded: just the five documented keys."""
    event = event_of(
        "function-url", "POST", "/ci/hook?token=t&env=dev", b'{"a":1}', {"Content-Type": "application/json"}
    )
    assert set(event) == {"body", "headers", "httpMethod", "path", "queryString"}
    assert (event["body"], event["httpMethod"], event["path"]) == ('{"a":1}', "POST", "/ci/hook")
    assert event["queryString"] == {"token": "t", "env": "dev"}


def test_an_apigw_event_has_the_documented_shape() -> None:
    """The request context names service and stage; unconfigured parameter objects are empty."""
    event = event_of("apigw", "POST", "/ci/hook", b"<a/>", {"Content-Type": "application/xml"})
    assert event["requestContext"]["serviceId"].startswith("service-")
    assert event["requestContext"]["stage"] == "release"
    assert (event["requestContext"]["httpMethod"], event["httpMethod"]) == ("ANY", "POST")
    assert (event["pathParameters"], event["queryStringParameters"], event["headerParameters"]) == ({}, {}, {})
    assert (event["body"], event["isBase64Encoded"], event["path"]) == ("<a/>", False, "/ci/hook")


@pytest.mark.parametrize("kind", KINDS)
def test_header_names_come_in_lower_case(kind: Kind) -> None:
    """Both triggers pass headers on by their lower-case names, UTF-8 values as text, repeated ones joined."""
    headers = event_of(kind, headers={"X-Song": "青花瓷".encode().decode("latin-1"), "User-Agent": "CI"})["headers"]
    assert (headers["x-song"], headers["user-agent"]) == ("青花瓷", "CI")
    assert "host" in headers
    assert all(name == name.lower() for name in headers)


def test_the_function_url_tells_the_client_s_address() -> None:
    """The platform's own header carries the caller's IP."""
    assert event_of("function-url")["headers"]["x-scf-remote-addr"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("function-url", {"tag": "a b", "bare": "", "empty": "", "中": "文"}),
        ("apigw", {"tag": ["a b", "c"], "bare": True, "empty": "", "中": "文"}),
    ],
)
def test_queries_differ_by_front(kind: Kind, query: dict[str, Any]) -> None:
    """The gateway lists repeated keys and marks bare ones; the URL's values are strings, the first one counts."""
    path = "/?tag=a+b&tag=c&bare&empty=&%E4%B8%AD=%E6%96%87"
    assert event_of(kind, "GET", path)["queryString"] == query


def test_the_stage_is_no_part_of_the_path() -> None:
    """The gateway's default domain has the stage in front of the path; the event does not."""
    assert event_of("apigw", "POST", "/release/ci/hook")["path"] == "/ci/hook"
    assert event_of("apigw", "POST", "/released")["path"] == "/released"
    assert event_of("function-url", "POST", "/release/ci/hook")["path"] == "/release/ci/hook"


def test_a_get_through_the_gateway_has_no_body() -> None:
    """As captured, the key is missing; through the URL the body is empty."""
    assert "body" not in event_of("apigw", "GET")
    assert event_of("function-url", "GET")["body"] == ""


def test_the_gateway_sends_what_is_no_text_as_base64() -> None:
    """Bytes that are no UTF-8 arrive whole."""
    event = event_of("apigw", body="青花瓷".encode("gbk"))
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]).decode("gbk") == "青花瓷"


def test_the_gateway_s_base64_switch_encodes_every_body() -> None:
    """With Base64 on at the API, text comes encoded too."""
    event = event_of("apigw", body=b"<a/>", base64=True)
    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"<a/>")


def test_the_function_url_replaces_what_is_no_text() -> None:
    """Its event cannot carry such bytes."""
    assert event_of("function-url", body=b"a\xffb")["body"] == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("kind", KINDS)
def test_a_chunked_body_arrives_whole(kind: Kind) -> None:
    """A sender that does not know the length may send in chunks."""
    event = event_of(kind, "POST", "/", iter([b"<a>", b"1", b"</a>"]), {"Transfer-Encoding": "chunked"})
    assert event["body"] == "<a>1</a>"


def test_trailers_of_a_chunked_body_are_no_part_of_it() -> None:
    """What follows the last chunk is read and dropped, and the connection goes on."""
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
def test_the_four_key_reply_becomes_the_answer(kind: Kind) -> None:
    """Status, headers and body reach the caller, whichever the trigger."""
    reply = {"isBase64Encoded": False, "statusCode": 401, "headers": {"Content-Type": "text/plain"}, "body": "否"}
    answer = answer_to(kind, invocation(reply))
    assert (answer.status, answer.headers["Content-Type"], answer.body.decode()) == (401, "text/plain", "否")


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_may_have_many_values(kind: Kind) -> None:
    """A list becomes one header each."""
    answer = answer_to(kind, invocation({"statusCode": 200, "headers": {"X-Demo": ["a", "b"]}, "body": ""}))
    assert answer.headers.get_all("X-Demo") == ["a", "b"]


def test_the_gateway_decodes_a_base64_reply() -> None:
    """`isBase64Encoded` in the reply gives the bytes."""
    reply = {"isBase64Encoded": True, "statusCode": 200, "headers": {}, "body": base64.b64encode(b"\xff").decode()}
    assert answer_to("apigw", invocation(reply)).body == b"\xff"


@pytest.mark.parametrize("reply", [{"outcome": "written"}, [1], "text", None])
def test_the_function_url_passes_any_json_on(reply: Any) -> None:
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
def test_the_gateway_accepts_only_its_shape(reply: Any) -> None:
    """Any other return value is "Invalid scf response"."""
    answer = answer_to("apigw", invocation(reply))
    assert answer.status == 403
    assert "Invalid scf response" in json.loads(answer.body)["error"]


@pytest.mark.parametrize(
    ("kind", "status_code", "status"),
    [("function-url", 430, 502), ("function-url", 433, 502), ("apigw", 430, 403), ("apigw", 433, 200)],
)
def test_a_failed_function_is_answered_by_the_platform(kind: Kind, status_code: int, status: int) -> None:
    """The caller gets the platform's status; behind the gateway a time-out looks like success."""
    error = {"statusCode": status_code, "errorCode": -1, "errorMessage": "x", "requestId": "request-1"}
    answer = answer_to(kind, invocation(error=error))
    assert answer.status == status
    if (kind, status_code) != ("apigw", 430):
        assert json.loads(answer.body) == error


def test_a_failure_of_the_emulator_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """An exception on our own side is a 500 that names it, and is logged."""

    def invoke(_: Any) -> Invocation:
        raise RuntimeError("ours")

    with Trigger("apigw", invoke) as trigger:
        connection = http.client.HTTPConnection(urlsplit(trigger.address).netloc)
        connection.request("POST", "/")
        response = connection.getresponse()
        assert (response.status, response.read()) == (500, b"the local cloud failed: RuntimeError: ours\n")
        connection.close()
    assert "failed to answer POST /" in caplog.text
