"""The receivers of actions on your machine: functions, event buses, topics and webhooks, at one address.

Calls of the Tencent Cloud API (583/17243 Invoke, 1359/67705 PutEvents, 1496/61005 PublishCmqMsg) and Standard Webhooks
are kept in `arrived`. Signatures are not checked; they are in the headers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.http.message import Delivery, Response
from local.services.secrets_manager import ACTION, api_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.http.message import Request

# The header that distinguishes a webhook from a request to COS.
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
    """A message of an action to a target; `answer` is "" if it was accepted."""

    kind: str
    target: str
    content: str
    answer: str
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    wanted: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the parameters of the API

    @property
    def id(self) -> str:
        """The id by which a receiver recognises duplicates."""
        message = json.loads(self.content)
        return str(message.get("id") or message.get("Id"))


@dataclass
class Receivers:
    """Accepts every message, but for the scripted `answers` by kind.

    An answer is an error code of the API, an HTTP status of a webhook, `down` (no answer), `drip` (one that takes ten
    seconds, byte by byte), or "" to accept.
    """

    arrived: list[Arrival] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    on_arrival: Callable[[Arrival], None] = lambda _: None

    def taken(self, kind: str = "") -> list[Arrival]:
        """Return the accepted messages, of one kind or of all."""
        return [each for each in self.arrived if not each.answer and kind in {"", each.kind}]

    def answer_api(self, request: Request) -> Response:
        """Answer a request of the Tencent Cloud API."""
        kind, name, content_of = _API[request.header(ACTION)]
        wanted = json.loads(request.body)
        answer = self._note(kind, wanted[name], content_of(wanted), request, wanted)
        if answer in _NO_ANSWERS:
            return Response(200, body=bytes(100), delivery=_NO_ANSWERS[answer])
        return api_response({"Error": {"Code": answer, "Message": "A fault of the local cloud."}} if answer else {})

    def answer_webhook(self, request: Request) -> Response:
        """Answer a webhook: 204, or the scripted status; a 3xx redirects."""
        target = f"https://{request.header('host')}{request.target}"
        answer = self._note("post", target, request.body.decode(), request, {})
        if answer in _NO_ANSWERS:
            return Response(200, body=bytes(100), delivery=_NO_ANSWERS[answer])
        return Response(int(answer or 204), (("Location", "/elsewhere"),) if answer.startswith("3") else ())

    def _note(self, kind: str, target: str, content: str, request: Request, wanted: Mapping[str, Any]) -> str:
        script = self.answers.get(kind)
        answer = script.pop(0) if script else ""
        headers = {name.lower(): value for name, value in request.headers}
        arrival = Arrival(kind, target, content, answer, headers, wanted)
        self.arrived.append(arrival)
        self.on_arrival(arrival)
        return answer
