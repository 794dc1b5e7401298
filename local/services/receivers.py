"""Who the actions after a result are for, on your machine: functions, event buses, topics and webhooks, at one address.

What comes by the Tencent Cloud API (583/17243 Invoke, 1359/67705 PutEvents, 1496/61005 PublishCmqMsg) or as a Standard
Webhook is taken and kept in `arrived`. Signatures are not checked: who wants to know finds them in the headers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.http.message import Delivery, Response
from local.services.secrets_manager import ACTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.http.message import Request

# What tells a webhook from a request to COS.
WEBHOOK = "webhook-id"

_API: dict[str, tuple[str, str, Callable[[Any], str]]] = {
    "Invoke": ("invoke", "FunctionName", lambda wanted: wanted["ClientContext"]),
    "PutEvents": ("publish", "EventBusId", lambda wanted: json.dumps(wanted["EventList"][0])),
    "PublishCmqMsg": ("topic", "TopicName", lambda wanted: wanted["MsgContent"]),
}
ACTIONS = frozenset(_API)

_NO_ANSWERS = {"down": Delivery("nothing"), "drip": Delivery(drip_s=10)}


@dataclass(frozen=True)
class Arrival:
    """Something that came: by which action, for whom, and what; `answer` is "" where it was taken."""

    kind: str
    target: str
    content: str
    answer: str
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    wanted: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the parameters of the API

    @property
    def id(self) -> str:
        """The id by which a receiver knows duplicates."""
        message = json.loads(self.content)
        return str(message.get("id") or message.get("Id"))


@dataclass
class Receivers:
    """Takes whatever comes; `answers` says what the next of a kind are answered instead.

    That is an error code of the API, an HTTP status of a webhook, `down` (no answer) or `drip` (one that takes ten
    seconds, byte by byte). "" takes one after all.
    """

    arrived: list[Arrival] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    on_arrival: Callable[[Arrival], None] = lambda _: None

    def taken(self, kind: str = "") -> list[Arrival]:
        """Return what was taken, of one kind or of all."""
        return [each for each in self.arrived if not each.answer and kind in {"", each.kind}]

    def answer_api(self, request: Request) -> Response:
        """Return the answer to a request of the Tencent Cloud API."""
        kind, name, content_of = _API[request.header(ACTION)]
        wanted = json.loads(request.body)
        answer = self._note(kind, wanted[name], content_of(wanted), request, wanted)
        if answer in _NO_ANSWERS:
            return Response(200, body=bytes(100), delivery=_NO_ANSWERS[answer])
        said = {"Error": {"Code": answer, "Message": "A fault of the local cloud."}} if answer else {}
        body = json.dumps({"Response": {**said, "RequestId": "local"}}).encode()
        return Response(200, (("Content-Type", "application/json"),), body)

    def answer_webhook(self, request: Request) -> Response:
        """Return the answer to a webhook: 204, or a status that was ordered, which sends elsewhere where it can."""
        target = f"https://{request.header('host')}{request.target}"
        answer = self._note("post", target, request.body.decode(), request, {})
        if answer in _NO_ANSWERS:
            return Response(200, body=bytes(100), delivery=_NO_ANSWERS[answer])
        return Response(int(answer or 204), (("Location", "/elsewhere"),) if answer.startswith("3") else ())

    def _note(self, kind: str, target: str, content: str, request: Request, wanted: Mapping[str, Any]) -> str:
        ordered = self.answers.get(kind)
        answer = ordered.pop(0) if ordered else ""
        headers = {name.lower(): value for name, value in request.headers}
        arrival = Arrival(kind, target, content, answer, headers, wanted)
        self.arrived.append(arrival)
        self.on_arrival(arrival)
        return answer
