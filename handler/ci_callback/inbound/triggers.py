"""Read SCF events into `Arrival` values, and these into `Delivery` values, equal for every trigger.

Shapes: function URL https://cloud.tencent.com/document/product/583/96099,
API Gateway and queues https://cloud.tencent.com/document/product/583/12513.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ci_callback.config.settings import MAX_TOKEN_LENGTH
from ci_callback.delivery import COMMANDS, Arrival, Command, Delivery
from ci_callback.errors import UnknownEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ci_callback.delivery import Source

# Keys that only a trigger sets. A caller of the URL cannot remove them, so an event without any is a direct Invoke.
_HTTP_KEYS = frozenset(
    {"httpMethod", "headers", "requestContext", "path", "queryString", "queryStringParameters", "payload"}
)

# The queues that CI can deliver to, by the key of their records.
_QUEUES = ("CMQ", "Ckafka")

# The top level of every callback CI is known to send, wrapped or not.
_CALLBACK_KEYS = frozenset({"EventName", "JobsDetail", "Response", "WorkflowExecution"})
_SIMPLE_REVIEW_KEYS = frozenset({"code", "data"})


# The characters of the longest part of a URL that can be a token, each escaped, and how many parts are looked at.
_LONGEST_PART = 3 * MAX_TOKEN_LENGTH
_MOST_PARTS = 8

_WHITE_SPACE = b" \t\n\r\v\f"


def read(event: object) -> tuple[Arrival, ...] | Command:
    """Read an SCF event as its arrivals (several only from a queue) or as a command.

    Raise UnknownEvent for an event of no known shape.
    """
    if not isinstance(event, dict):
        raise UnknownEvent("The event is not a JSON object.")
    if _HTTP_KEYS & event.keys():
        return (_read_http(event),)
    if is_from_queue(event):
        return _read_records(event["Records"])
    if event.get("Type") == "Timer":
        return _read_timer(event)
    if len(event) == 1 and (name := next(iter(event))) in COMMANDS:
        return Command(name, event[name])
    return (_read_invoke(event),)


def is_for_doctor(event: object) -> bool:
    """Return whether an event is the doctor's, which runs even with wrong settings."""
    return isinstance(event, dict) and event.keys() == {"doctor"}


def is_from_queue(event: object) -> bool:
    """Return whether an event has a queue's records, which count as delivered unless the function raises."""
    return isinstance(event, dict) and "Records" in event and not _HTTP_KEYS & event.keys()


def deliver(arrival: Arrival) -> Delivery:
    """Read the body of an arrival; raise UnknownEvent for one that no queue has sent and that cannot be kept.

    A request is read once: the event gives its body away, which takes up to twice the memory of the bytes.
    """
    try:
        body, is_text, defect = _read_body(arrival.content)
        if arrival.method:
            arrival.content.pop("body", None)
    except RecursionError:
        if arrival.source != "queue":
            raise UnknownEvent("The event is nested too deeply to be a callback.") from None
        body, is_text, defect = b"", True, ("too-deep", "The record is nested too deeply to be kept.")
    return Delivery(arrival.source, body, is_text, arrival.defect or defect, order=arrival.order)


def _read_http(event: dict[str, Any]) -> Arrival:
    method = event.get("httpMethod")
    if not isinstance(method, str):
        raise UnknownEvent("The event comes over HTTP but names no httpMethod: this trigger is not supported.")
    context = event.get("requestContext")
    is_gateway = isinstance(context, dict) and "serviceId" in context
    source: Source = "apigw" if is_gateway else "function-url"
    return Arrival(source, event, method.upper(), tuple(_tokens(event)))


def _read_timer(event: Mapping[str, Any]) -> Command:
    """Read a timer's command, which heals and sweeps; the trigger's `argument` arrives as Message and may have options.

    Unless they have a cursor (`next`), the sweep resumes where the last one ended.
    """
    message = event.get("Message")
    if not isinstance(message, str) or not message.strip():
        return Command("timer", {"resume": True})
    try:
        ordered = json.loads(message)
    except (ValueError, RecursionError):
        raise UnknownEvent("The timer's argument is no JSON.") from None
    if not isinstance(ordered, dict) or ordered.keys() != {"sweep"}:
        raise UnknownEvent('The timer\'s argument is not {"sweep": {…}}.')
    options = ordered["sweep"]
    if not isinstance(options, dict) or "next" in options:
        return Command("timer", options)
    return Command("timer", {"resume": True, **options})


def _read_records(records: object) -> tuple[Arrival, ...]:
    """Read each message of a CMQ or CKafka topic as an arrival."""
    if not isinstance(records, list) or not any(_message_of(record) is not None for record in records):
        raise UnknownEvent(f"The event's Records are of none of {', '.join(_QUEUES)}: this trigger is not supported.")
    arrivals: list[Arrival] = []
    first: dict[str, int] = {}  # place of each text: a copy that is settled before it has not arrived later
    for order, record in enumerate(records):
        arrival = _read_record(record, order)
        body = arrival.content["body"]
        arrivals.append(arrival._replace(order=first.setdefault(body, order)) if isinstance(body, str) else arrival)
    return tuple(arrivals)


def _read_record(record: object, order: int) -> Arrival:
    message = _message_of(record)
    if message is None:
        defect = ("unknown-record", "A record beside a queue's messages is no message.")
        return Arrival("queue", {"body": record}, defect=defect, order=order)
    return Arrival("queue", {"body": message.get("msgBody")}, order=order)


def _message_of(record: object) -> Mapping[str, Any] | None:
    for name in _QUEUES:
        message = record.get(name) if isinstance(record, dict) else None
        if isinstance(message, dict):
            return message
    return None


def _read_invoke(event: dict[str, Any]) -> Arrival:
    if _CALLBACK_KEYS & event.keys() or event.keys() >= _SIMPLE_REVIEW_KEYS:
        return Arrival("invoke", {"body": event})
    if "body" in event:
        return Arrival("invoke", event)
    raise UnknownEvent(
        "The event is no HTTP request, no callback object and no {'body': '<text>'}: this trigger is not supported."
    )


def _read_body(content: Mapping[str, Any]) -> tuple[bytes, bool, tuple[str, str] | None]:
    """Return the exact bytes, whether they are text, and their defect (or None)."""
    body = content.get("body")
    if body is None or body == "":
        return b"", True, ("empty-body", "The request has no body.")
    if not isinstance(body, str):
        return _as_json(body), True, None  # the trigger has parsed it
    # surrogatepass: JSON can spell half a surrogate pair; the bytes are kept, the decoder refuses them
    raw = body.encode("utf-8", "surrogatepass")
    if not _is_true(content.get("isBase64Encoded")):
        return raw, True, None
    try:
        return base64.b64decode(raw.translate(None, _WHITE_SPACE), validate=True), False, None
    except binascii.Error:
        return raw, True, ("bad-base64", "The body is marked as base64 and is not.")


def _tokens(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield every possible token: the last path segment, and `token` of the query."""
    for part in _token_parts(event):
        if isinstance(part, str) and len(part) <= _LONGEST_PART:
            yield unquote(part)


def _token_parts(event: Mapping[str, Any]) -> Iterator[object]:
    path = event.get("path")
    if isinstance(path, str):
        yield path.rstrip("/").rpartition("/")[2]
    for name in ("queryString", "queryStringParameters"):
        query = event.get(name)
        if isinstance(query, dict):
            values = query.get("token")
            # API Gateway has a repeated key as a list, and `?token` alone as true
            yield from values[:_MOST_PARTS] if isinstance(values, list) else [values]


def _is_true(flag: object) -> bool:
    # the CLB trigger has it as text
    return flag is True or (isinstance(flag, str) and flag.lower() == "true")


def _as_json(value: object) -> bytes:
    """Serialise a value as JSON; raise RecursionError."""
    # surrogatepass: see above; no escapes, which would make a text twice as long as in the event
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
