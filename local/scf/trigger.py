"""The function's triggers on your machine: HTTP in, an SCF event to the function, its reply as HTTP out.

Two kinds, as on the platform: the function URL (document 583/96099) and the API Gateway integration request
(document 583/12513). Decided here, where the documents leave it open:

- Function URL, a body that is no UTF-8: undecodable bytes become U+FFFD, since the event must be JSON and has
  no sign for base64. Through the API Gateway the same body is base64, complete.
- Function URL, a repeated query key: the first value. API Gateway: the list, and `true` for a bare key.
- Function URL, the function failed: HTTP 502 with the platform's error as JSON. API Gateway: the body
  "Invalid scf response" with HTTP 403 (the `errno` in it), but HTTP 200 after a time-out (documented).
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from typing import TYPE_CHECKING, Any, Literal

from local.http.message import Request, Response
from local.http.server import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.scf.server import Invocation

Kind = Literal["function-url", "apigw"]
_STAGE = "release"
_TIME_LIMIT_REACHED = 433


class Trigger(Service):
    """Listens from construction, answers from `start` to `stop` (or inside a `with`).

    `base64` is the switch of the same name on an API Gateway API: every body is encoded.
    """

    def __init__(self, kind: Kind, invoke: Callable[[Any], Invocation], *, port: int = 0, base64: bool = False) -> None:
        super().__init__(port)
        self.kind = kind
        self._invoke = invoke
        self._base64 = base64

    def _answer(self, request: Request) -> Response:
        invocation = self._invoke(event_of(self.kind, request, always_base64=self._base64))
        return apigw_response(invocation) if self.kind == "apigw" else function_url_response(invocation)


def event_of(kind: Kind, request: Request, *, always_base64: bool = False) -> dict[str, Any]:
    """Build the event of a trigger."""
    if kind == "apigw":
        return apigw_event(request, always_base64=always_base64)
    return function_url_event(request)


def function_url_event(request: Request) -> dict[str, Any]:
    """Build the event of a function URL."""
    query: dict[str, str] = {}
    for name, value in _query(request):
        query.setdefault(name, value or "")
    return {
        "body": request.body.decode("utf-8", "replace"),
        "headers": {**_headers(request), "x-scf-remote-addr": request.client},
        "httpMethod": request.method,
        "path": _text(request.path),
        "queryString": query,
    }


def apigw_event(request: Request, *, always_base64: bool = False) -> dict[str, Any]:
    """Build the event of an API Gateway ANY-method API; a GET has no `body`."""
    path = _text(request.path)
    path = path.removeprefix(f"/{_STAGE}") if path.startswith(f"/{_STAGE}/") else path
    event = {
        "requestContext": {
            "serviceId": "service-local000",
            "path": path,
            "httpMethod": "ANY",
            "identity": {},
            "sourceIp": request.client,
            "stage": _STAGE,
        },
        "headers": {**_headers(request), "requestsource": "APIGW", "x-api-requestid": uuid.uuid4().hex},
        "pathParameters": {},
        "queryStringParameters": {},
        "headerParameters": {},
        "path": path,
        "queryString": _captured_query(request),
        "httpMethod": request.method,
    }
    if request.method in {"GET", "HEAD"} and not request.body:
        return event
    text = _utf8(request.body)
    if always_base64 or text is None:
        return {**event, "body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
    return {**event, "body": text, "isBase64Encoded": False}


def function_url_response(invocation: Invocation) -> Response:
    """Build the HTTP response of a function URL."""
    if invocation.error is not None:
        return _json(502, invocation.error)
    reply = invocation.result
    if not (isinstance(reply, dict) and isinstance(reply.get("statusCode"), int)):
        return _json(200, reply)
    return _reply(reply, str(reply.get("body") or "").encode())


def apigw_response(invocation: Invocation) -> Response:
    """Build the HTTP response of an API Gateway with integrated responses."""
    if invocation.error is not None and invocation.error["statusCode"] == _TIME_LIMIT_REACHED:
        return _json(200, invocation.error)
    reply = invocation.result
    body = _apigw_body(reply) if invocation.error is None else None
    if body is None:
        error = f"requestId {invocation.request_id}, Invalid scf response. expected scf response valid JSON."
        return _json(403, {"errno": 403, "error": error})
    return _reply(reply, body)


def _apigw_body(reply: Any) -> bytes | None:
    """Return the bytes of a well-formed reply's body, None for any other reply."""
    if not (isinstance(reply, dict) and isinstance(reply.get("statusCode"), int)):
        return None
    body = reply.get("body", "")
    if not isinstance(body, str) or not isinstance(reply.get("headers", {}), dict):
        return None
    if not reply.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return None


def _reply(reply: Mapping[str, Any], body: bytes) -> Response:
    headers = []
    for name, value in (reply.get("headers") or {}).items():
        headers += [(name, _wire(str(each))) for each in (value if isinstance(value, list) else [value])]
    return Response(reply["statusCode"], tuple(headers), body)


def _json(status: int, value: Any) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


def _headers(request: Request) -> dict[str, str]:
    return {name.lower(): _text(request.header(name.lower())) for name, _ in request.headers}


def _query(request: Request) -> list[tuple[str, str | None]]:
    """Return the decoded query in order; a bare name has no value."""
    bare = ["=" not in part for part in request.query.split("&") if part]
    return [
        (name.decode("utf-8", "replace"), None if is_bare else value.decode("utf-8", "replace"))
        for is_bare, (name, value) in zip(bare, request.parameters, strict=True)
    ]


def _captured_query(request: Request) -> dict[str, Any]:
    query: dict[str, list[str | bool]] = {}
    for name, value in _query(request):
        query.setdefault(name, []).append(True if value is None else value)
    return {name: values[0] if len(values) == 1 else values for name, values in query.items()}


def _utf8(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _text(wire: str) -> str:
    return wire.encode("latin-1").decode("utf-8", "replace")


def _wire(text: str) -> str:
    return text.encode().decode("latin-1")
