"""Deliveries in the JSON of a dead letter: the exact bytes of each body, and the jobs of it that are not settled."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from ci_callback.decode.encoding import encoding_of
from ci_callback.delivery import Delivery, Rest
from ci_callback.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A body below this size stays readable, however much its escapes cost.
_READABLE = 64 * 1024

_SHORT_ESCAPES = b'"\\\b\f\n\r\t'
_LONG_ESCAPES = bytes(set(range(32)) - set(_SHORT_ESCAPES))


def digest_of(deliveries: Sequence[Delivery]) -> str:
    """Return the SHA-256 of what is kept, 64 hex digits: that of the body where there is one, to be settled whole."""
    digests = [hashlib.sha256(delivery.body).hexdigest() for delivery in deliveries]
    if len(deliveries) == 1 and deliveries[0].rest is None:
        return digests[0]
    rests = [delivery.rest and delivery.rest.spans for delivery in deliveries]
    return hashlib.sha256(f"{digests} {rests}".encode()).hexdigest()


def to_fields(delivery: Delivery) -> dict[str, Any]:
    """Return the fields from which `from_fields` reads the delivery again, without its access."""
    fields: dict[str, Any] = _body(delivery)
    if delivery.rest is not None:
        fields["rest"] = {"jobs": delivery.rest.jobs, "spans": delivery.rest.spans}
    return fields


def from_fields(source: Any, fields: Mapping[str, Any]) -> Delivery:
    """Return a delivery; raise ValueError, KeyError, TypeError or AttributeError for fields that are none."""
    is_text = "body" in fields
    body = fields["body"].encode() if is_text else base64.b64decode(fields["body_base64"])
    return Delivery(
        source=source,
        body=body,
        is_text=is_text or fields.get("is_text") is True,
        rest=_rest(fields["rest"]) if "rest" in fields else None,
    )


def _rest(fields: Mapping[str, Any]) -> Rest:
    jobs, spans = int(fields["jobs"]), tuple((int(first), int(end)) for first, end in fields["spans"])
    edges = [0, *(edge for span in spans for edge in span), jobs]
    if edges != sorted(edges):
        raise ValueError("The spans are not in order.")
    return Rest(jobs, spans)


def _body(delivery: Delivery) -> dict[str, Any]:
    """Return the body as text where text gives the same bytes and is read the same way again, else as base64."""
    try:
        is_text = delivery.is_text or encoding_of(delivery.body) == "utf-8"
        if is_text and not _is_costly(delivery.body):
            return {"body": delivery.body.decode()}
    except (Malformed, UnicodeDecodeError):
        pass
    encoded = {"body_base64": base64.b64encode(delivery.body).decode()}
    return {**encoded, "is_text": True} if delivery.is_text else encoded


def _is_costly(body: bytes) -> bool:
    """Return whether a body would be longer as a JSON text than in base64."""
    if len(body) < _READABLE:
        return False
    short = len(body) - len(body.translate(None, _SHORT_ESCAPES))
    long = len(body) - len(body.translate(None, _LONG_ESCAPES))
    return short + 5 * long > len(body) / 3
