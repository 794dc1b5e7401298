"""The last resort: a delivery that could not become results is kept whole, with the reason, to be replayed.

One JSON object per body and day, `<prefix><yyyy-mm-dd>/<first 32 hex of the body's SHA-256>.json`.
Never the URL or the headers of the request: the token is in there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ci_callback.decode import encoding
from ci_callback.decode.times import instant
from ci_callback.delivery import Delivery
from ci_callback.errors import Malformed, Unavailable

from . import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.delivery import Outcome


class Letter(NamedTuple):
    """A delivery and why it is kept; `jobs` are those of its jobs that were not settled."""

    delivery: Delivery
    reason: str
    detail: str
    received: datetime
    request_id: str
    jobs: Sequence[Outcome] = ()
    attempt: int = 1

    @property
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
            "attempt": self.attempt,
            "jobs": [_job(job) for job in self.jobs],
            **_body(self.delivery),
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class Keeper(Protocol):
    """Where letters go."""

    def keep(self, bucket: str, letter: Letter) -> str:
        """Make the letter durable and return its key. Raises StoreError."""


class NewLetters(NamedTuple):
    """Keeps letters under a prefix: the same body on the same day is kept once."""

    store: Store
    prefix: str

    def keep(self, bucket: str, letter: Letter) -> str:
        """Make the letter durable and return its key, be it by an earlier delivery of the same body."""
        key = letter.key(self.prefix)
        if self.store.create(bucket, key, letter.content(), _metadata(letter)) is not None:
            return key
        if record.letter_digest(self.store.head(bucket, key) or {}) != letter.digest:
            raise Unavailable("The dead letter's key is taken by something that is not this letter.")
        return key


class StoredLetter(NamedTuple):
    """A letter that lies in a bucket, to be replayed; as a Keeper it takes itself back, with its attempt counted."""

    store: Store
    bucket: str
    key: str
    delivery: Delivery
    reason: str
    received: datetime
    attempt: int

    def keep(self, bucket: str, letter: Letter) -> str:  # noqa: ARG002 - it stays in the bucket it is in
        """Write the letter anew in its old place, with what was wrong this time, and return its key."""
        again = letter._replace(received=self.received, attempt=self.attempt + 1)
        self.store.replace(self.bucket, self.key, again.content(), _metadata(again))
        return self.key


def load(store: Store, bucket: str, key: str) -> StoredLetter | None:
    """Return the letter under a key, None where there is none, or an object that is not a whole letter of ours."""
    found = store.get(bucket, key)
    if found is None:
        return None
    headers, content = found
    try:
        letter = json.loads(content)
        is_text = "body" in letter
        body = letter["body"].encode() if is_text else base64.b64decode(letter["body_base64"])
        delivery = Delivery(source=letter["source"], body=body, is_text=is_text)
        received, reason, attempt = instant(letter["received"]), str(letter["reason"]), int(letter["attempt"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if received is None or record.letter_digest(headers) != hashlib.sha256(body).hexdigest():
        return None
    return StoredLetter(store, bucket, key, delivery, reason, received, attempt)


def _metadata(letter: Letter) -> dict[str, str]:
    return {record.HEADER: record.letter_header(letter.digest)}


def _job(job: Outcome) -> dict[str, str]:
    return {"job_id": job.job_id, "tag": job.tag, "state": job.state, "reason": job.reason, "detail": job.detail}


def _body(delivery: Delivery) -> dict[str, str]:
    """Return the body as text where text gives the same bytes and the same reading again, else as base64."""
    try:
        if delivery.is_text or encoding.encoding_of(delivery.body) == "utf-8":
            return {"body": delivery.body.decode()}
    except (Malformed, UnicodeDecodeError):
        pass
    return {"body_base64": base64.b64encode(delivery.body).decode()}
