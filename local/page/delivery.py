"""A delivery on the page of `make serve`: bounded text with the token hidden.

All of it is from a caller or from the function, so its types and sizes are checked.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.http.message import Response
from local.scf.trigger import apigw_response, function_url_response

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from local.scf.server import Invocation

MOST_TEXT = 128 << 10  # characters of a body or a log that are kept
_MOST_JOBS, _MOST_NAME = 10, 200  # in a line of the list
_HIDDEN = "••••"
_SHORTEST_TOKEN = 16  # characters, as CALLBACK_TOKENS has them


@dataclass(frozen=True)
class Message:
    """A request or a reply in text; without HTTP there is only a body. `left_out` counts the characters cut off."""

    line: str = ""
    headers: str = ""
    body: str = ""
    left_out: int = 0


@dataclass(frozen=True)
class Job:
    """One job in the function's log; "" for what is missing."""

    tag: str
    state: str
    outcome: str
    key: str


@dataclass(frozen=True)
class Arrival:
    """The input of an invocation. `secrets` are its possible tokens."""

    trigger: str
    request: Message
    secrets: frozenset[str]


@dataclass(frozen=True)
class Ending:
    """The output of an invocation; the status is None without one."""

    status: int | None
    ms: int
    jobs: tuple[Job, ...]
    word: str  # in place of the jobs, if there are none
    reply: Message
    log: str
    report: str


def arrival_of(event: Any) -> Arrival:
    """Return the shown part of an event."""
    trigger = _trigger(event)
    if trigger not in {"function-url", "apigw"}:
        return Arrival(trigger, _message(body=json.dumps(event)), frozenset())
    path, query = str(event.get("path", "")), _mapping(event.get("queryString"))
    parts = [*path.split("/"), *(str(value) for name, value in _pairs(query) if name == "token")]
    secrets = frozenset(part for part in parts if len(part) >= _SHORTEST_TOKEN)
    asked = "&".join(f"{name}={_HIDDEN if name == 'token' else each}" for name, each in _pairs(query))
    headers = "\n".join(f"{name}: {value}" for name, value in _mapping(event.get("headers")).items())
    line = f"{event.get('httpMethod', '')} {path}{asked and '?'}{asked}"
    return Arrival(trigger, _message(line, headers, _body(event), secrets), secrets)


def ending_of(arrival: Arrival, invocation: Invocation) -> Ending:
    """Return the shown part of an invocation."""
    answer = _answer(arrival.trigger, invocation)
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    line = str(answer.status or "")
    reply = _message(line, headers, answer.body.decode("utf-8", "replace"), arrival.secrets)
    lines = list(_log_lines(invocation.log))
    jobs = [_job(line) for line in lines if "outcome" in line][:_MOST_JOBS]
    return Ending(
        status=answer.status or None,
        ms=invocation.duration_ms,
        jobs=tuple(jobs),
        word="" if jobs else _word(invocation, lines),
        reply=reply,
        log=_hide(invocation.log, arrival.secrets)[:MOST_TEXT],
        report=invocation.report,
    )


def text_of(content: bytes) -> str | None:
    """Return the content as text, None if it is binary."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _trigger(event: Any) -> str:
    """Recognise the trigger by the shape of the event."""
    if not isinstance(event, dict):
        return "invoke"
    if "httpMethod" in event:
        return "apigw" if "requestContext" in event else "function-url"
    if event.get("Type") == "Timer":
        return "timer"
    records = event.get("Records")
    if not isinstance(records, list):
        return "invoke"
    first = _mapping(records[0]) if records else {}
    return next((name.lower() for name in ("CMQ", "Ckafka") if name in first), "queue")


def _body(event: Mapping[str, Any]) -> str:
    """Return the body, decoded if it is text."""
    body = event.get("body", "")
    if not isinstance(body, str):
        return json.dumps(body)
    if not event.get("isBase64Encoded"):
        return body
    try:
        return text_of(base64.b64decode(body, validate=True)) or body
    except (binascii.Error, ValueError):
        return body


def _answer(trigger: str, invocation: Invocation) -> Response:
    """Return the HTTP response of the trigger; without HTTP the function's status, 0 without one."""
    try:
        if trigger == "apigw":
            return apigw_response(invocation)
        if trigger == "function-url" or _has_status(invocation):
            return function_url_response(invocation)
    except (AttributeError, TypeError, ValueError) as bad:  # no reply: the trigger answers 500 as well
        return Response(500, (), f"{type(bad).__name__}: {bad}".encode())
    status, content = 0, invocation.result
    if invocation.error is not None:
        status, content = invocation.error["statusCode"], invocation.error
    return Response(status, (), json.dumps(content).encode())


def _has_status(invocation: Invocation) -> bool:
    return invocation.error is None and isinstance(_mapping(invocation.result).get("statusCode"), int)


def _word(invocation: Invocation, lines: Iterable[Mapping[str, Any]]) -> str:
    if invocation.error is not None:
        return "failed"
    words = (line.get(name) for line in lines for name in ("reason", "command"))
    return next((each[:_MOST_NAME] for each in words if isinstance(each, str)), "")


def _job(line: Mapping[str, Any]) -> Job:
    names = (line.get(name) for name in ("tag", "state", "outcome"))
    tag, state, outcome = (name[:_MOST_NAME] if isinstance(name, str) else "" for name in names)
    key = line.get("key")
    return Job(tag, state, outcome, key if isinstance(key, str) else "")


def _log_lines(log: str) -> Iterator[dict[str, Any]]:
    for line in log.splitlines():
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            yield content


def _message(line: str = "", headers: str = "", body: str = "", secrets: Collection[str] = ()) -> Message:
    line, headers, kept = (_hide(text, secrets)[:MOST_TEXT] for text in (line, headers, body))
    return Message(line, headers, kept, left_out=max(0, len(body) - MOST_TEXT))


def _hide(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text


def _pairs(query: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names and values, of a repeated name each value."""
    for name, value in query.items():
        yield from ((name, each) for each in (value if isinstance(value, list) else [value]))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
