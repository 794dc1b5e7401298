"""Deliveries in the JSON of a dead letter: the exact bytes of each body, and the jobs of it that are not settled."""

from __future__ import annotations

import base64
import hashlib
import json
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from ci_callback.decode.encoding import encoding_of
from ci_callback.delivery import Delivery, Rest
from ci_callback.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A body below this size stays readable, however much its escapes cost.
_READABLE = 64 * 1024

_PIECE = 64 * 1024  # bytes of a body that are escaped at a time

_SHORT_ESCAPES = b'"\\\b\f\n\r\t'
_LONG_ESCAPES = bytes(set(range(32)) - set(_SHORT_ESCAPES))

_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def digest_of(deliveries: Sequence[Delivery]) -> str:
    """Return the SHA-256 of a body, or of those of several, 64 hex digits."""
    return _joined([hashlib.sha256(delivery.body).hexdigest() for delivery in deliveries])


def digest_of_kept(deliveries: Sequence[Delivery]) -> str:
    """Return the SHA-256 of a body with the jobs of it that are left, or of several, 64 hex digits.

    A dead letter of fewer jobs of a body has another, since it does not suffice for all.
    """
    return _joined([_digest_of_kept(delivery) for delivery in deliveries])


def _joined(digests: Sequence[str]) -> str:
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _digest_of_kept(delivery: Delivery) -> str:
    digest = hashlib.sha256(delivery.body)
    if delivery.rest is not None:
        digest.update(_as_json(delivery.rest._asdict()).encode())
    return digest.hexdigest()


def to_json(delivery: Delivery) -> bytes:
    """Return the members of a JSON object from which `from_fields` reads the delivery again, without its access."""
    members = _body(delivery)
    if delivery.rest is not None:
        members += [b',"rest":', _as_json(delivery.rest._asdict()).encode()]
    if delivery.order:
        members.append(b',"order":%d' % delivery.order)
    return b"".join(members)


def from_fields(source: Any, fields: Mapping[str, Any]) -> Delivery:
    """Return a delivery; raise ValueError, KeyError, TypeError or AttributeError for fields that are none."""
    is_text = "body" in fields
    body = fields["body"].encode() if is_text else base64.b64decode(fields["body_base64"])
    return Delivery(
        source=source,
        body=body,
        is_text=is_text or fields.get("is_text") is True,
        rest=_rest(fields["rest"]) if "rest" in fields else None,
        order=int(fields.get("order", 0)),
    )


def _rest(fields: Mapping[str, Any]) -> Rest:
    jobs = int(fields["jobs"])
    spans, failed = (tuple((int(first), int(end)) for first, end in fields[name]) for name in ("spans", "failed"))
    for each in (spans, failed):
        edges = [0, *(edge for span in each for edge in span), jobs]
        if edges != sorted(edges):
            raise ValueError("The spans are not in order.")
    return Rest(jobs, spans, failed)


def _body(delivery: Delivery) -> list[bytes]:
    """Return the body as text where text gives the same bytes and is read the same way again, else as base64."""
    try:
        is_text = delivery.is_text or encoding_of(delivery.body) == "utf-8"
        if is_text and not _is_costly(delivery.body):
            return [b'"body":"', *_escaped(delivery.body), b'"']
    except (Malformed, UnicodeDecodeError):
        pass
    return [b'"body_base64":"', base64.b64encode(delivery.body), b'","is_text":true' if delivery.is_text else b'"']


def _escaped(body: bytes) -> list[bytes]:
    """Return the pieces of a JSON text; raise UnicodeDecodeError. A text of 6 MB may need 24 MB as a whole."""
    decoder = getincrementaldecoder("utf-8")()
    pieces = []
    for at in range(0, len(body), _PIECE):
        text = decoder.decode(body[at : at + _PIECE], final=at + _PIECE >= len(body))
        pieces.append(_as_json(text)[1:-1].encode())
    return pieces


def _is_costly(body: bytes) -> bool:
    """Return whether a body would be longer as a JSON text than in base64."""
    if len(body) < _READABLE:
        return False
    short = len(body) - len(body.translate(None, _SHORT_ESCAPES))
    long = len(body) - len(body.translate(None, _LONG_ESCAPES))
    return short + 5 * long > len(body) / 3
