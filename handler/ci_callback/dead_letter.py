"""The last resort: a delivery that could not become results is kept whole, with the reason, to be replayed.

One JSON object per body and day, `<prefix><yyyy-mm-dd>/<first 32 hex of the body's SHA-256>.json`.
Never the URL or the headers of the request: the token is in there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import record, text
from .errors import Malformed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .delivery import Delivery, Outcome
    from .store import Store


@dataclass(frozen=True)
class Letter:
    """A delivery and why it is kept; `jobs` are those of its jobs that were not settled."""

    delivery: Delivery
    reason: str
    detail: str
    received: datetime
    request_id: str
    jobs: Sequence[Outcome] = ()

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the delivery's body, 64 hex digits."""
        return hashlib.sha256(self.delivery.body).hexdigest()

    def key(self, prefix: str) -> str:
        """Return where the letter lies: the same body on the same day is the same letter."""
        return f"{prefix}{self.received:%Y-%m-%d}/{self.digest[:32]}.json"

    def content(self) -> bytes:
        """Return the letter's JSON in UTF-8, the body's exact bytes in `body` (text) or `body_base64`."""
        content: dict[str, Any] = {
            "reason": self.reason,
            "detail": self.detail,
            "received": self.received.isoformat(timespec="milliseconds"),
            "source": self.delivery.source,
            "request_id": self.request_id,
            "attempt": 1,
            "jobs": [_job(job) for job in self.jobs],
            **_body(self.delivery),
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def store_letter(store: Store, bucket: str, prefix: str, letter: Letter) -> str:
    """Make the letter durable and return its key, be it by an earlier delivery of the same body. Raises StoreError."""
    key = letter.key(prefix)
    if store.create(bucket, key, letter.content(), {record.HEADER: record.letter_header(letter.digest)}):
        return key
    if record.letter_digest(store.head(bucket, key) or {}) != letter.digest:
        raise Unavailable("The dead letter's key is taken by something that is not this letter.")
    return key


def _job(job: Outcome) -> dict[str, str]:
    return {"job_id": job.job_id, "tag": job.tag, "state": job.state, "reason": job.reason, "detail": job.detail}


def _body(delivery: Delivery) -> dict[str, str]:
    """Return the body as text where text gives the same bytes and the same reading again, else as base64."""
    try:
        if delivery.is_text or text.encoding_of(delivery.body) == "utf-8":
            return {"body": delivery.body.decode()}
    except (Malformed, UnicodeDecodeError):
        pass
    return {"body_base64": base64.b64encode(delivery.body).decode()}
