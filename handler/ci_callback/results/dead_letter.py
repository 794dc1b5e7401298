"""Dead letters: deliveries that could not become results, stored whole with the reason, to be replayed.

One JSON object per body and day, named by the first 32 hex digits of the body's SHA-256 and the day of its arrival:

    <prefix><yyyy-mm-dd>/<digest>.json                             waits for a person
    <prefix>retry/<digest>.<yyyy-mm-dd>.json                       has a reason that passes: the timer replays it
    <prefix>internal-error/<release>/<digest>.<yyyy-mm-dd>.json    met a defect: the timer of another release replays it

Never the URL or the headers of the request: they hold the token.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ci_callback import __version__
from ci_callback.decode.encoding import encoding_of
from ci_callback.decode.times import instant
from ci_callback.delivery import Delivery
from ci_callback.errors import CallbackError, Malformed, Unavailable, Unreadable

from .record import HEADER, dead_letter_digests, dead_letter_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.delivery import Outcome

# Bytes: more than base64 makes of a body that SCF lets through, with what failed in each of its jobs.
_LARGEST = 16_000_000


RETRY = "retry/"
INTERNAL_ERROR = f"{CallbackError.reason}/"
OWN_INTERNAL_ERROR = f"{INTERNAL_ERROR}{__version__}/"  # of this release


class DeadLetter(NamedTuple):
    """A delivery and why it is kept; `jobs` are those of its jobs that were not settled.

    `passing` is set where a later replay may settle some of it without any change.
    """

    delivery: Delivery
    reason: str
    detail: str
    received: datetime
    request_id: str
    jobs: Sequence[Outcome] = ()
    attempt: int = 1
    passing: bool = False

    @property
    def digest(self) -> str:
        """The SHA-256 of the delivery's body, 64 hex digits."""
        return hashlib.sha256(self.delivery.body).hexdigest()

    def key(self, prefix: str) -> str:
        """Return its key: the same body on the same day is the same dead letter."""
        name, day = self.digest[:32], f"{self.received:%Y-%m-%d}"
        if self.passing:
            return f"{prefix}{RETRY}{name}.{day}.json"
        if CallbackError.reason in self.reason.split(","):
            return f"{prefix}{OWN_INTERNAL_ERROR}{name}.{day}.json"
        return f"{prefix}{day}/{name}.json"

    def content(self) -> bytes:
        """Return its JSON in UTF-8, with the body's exact bytes in `body` (text) or `body_base64`."""
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
    """Stores dead letters."""

    def keep(self, bucket: str, dead_letter: DeadLetter) -> tuple[str, str]:
        """Store a dead letter and return its bucket and key. Raises StoreError."""


class NewDeadLetters:
    """Stores new dead letters below a prefix: the same body on the same day once."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def keep(self, bucket: str, dead_letter: DeadLetter) -> tuple[str, str]:
        """Store a dead letter, unless an earlier delivery of the same body has; return its bucket and key."""
        key = dead_letter.key(self._prefix)
        content = dead_letter.content()
        if self._store.create(bucket, key, content, _metadata(dead_letter, content)) is not None:
            return bucket, key
        if dead_letter_digests(self._store.head(bucket, key) or {})[0] != dead_letter.digest:
            raise Unavailable("The dead letter's key is taken by another object.")
        return bucket, key


class StoredDeadLetter(NamedTuple):
    """A dead letter read from a bucket, to be replayed. As a Keeper it replaces itself, with its attempt counted."""

    store: Store
    prefix: str
    bucket: str
    key: str
    delivery: Delivery
    reason: str
    received: datetime
    attempt: int

    def keep(self, bucket: str, dead_letter: DeadLetter) -> tuple[str, str]:  # noqa: ARG002 - it stays in its own
        """Store the dead letter again, with the reason of this attempt, which may move it; return bucket and key."""
        again = dead_letter._replace(received=self.received, attempt=self.attempt + 1)
        key = again.key(self.prefix)
        if key == self.key:
            content = again.content()
            self.store.replace(self.bucket, self.key, content, _metadata(again, content))
        else:
            NewDeadLetters(self.store, self.prefix).keep(self.bucket, again)
            self.store.delete(self.bucket, self.key)
        return self.bucket, key


def load(store: Store, prefix: str, bucket: str, key: str) -> StoredDeadLetter | None:
    """Return the dead letter under a key, None where there is none, or an object that is not a whole dead letter."""
    try:
        found = store.get(bucket, key, _LARGEST)
    except Unreadable:
        return None
    if found is None:
        return None
    headers, content = found
    try:
        fields = json.loads(content)
        is_text = "body" in fields
        body = fields["body"].encode() if is_text else base64.b64decode(fields["body_base64"])
        delivery = Delivery(source=fields["source"], body=body, is_text=is_text)
        received, reason, attempt = instant(fields["received"]), str(fields["reason"]), int(fields["attempt"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if received is None or not _is_whole(headers, body, content):
        return None
    return StoredDeadLetter(store, prefix, bucket, key, delivery, reason, received, attempt)


def _metadata(dead_letter: DeadLetter, content: bytes) -> dict[str, str]:
    return {HEADER: dead_letter_header(dead_letter.digest, content)}


def _is_whole(headers: Mapping[str, str], body: bytes, content: bytes) -> bool:
    """Return whether these are the bytes of the dead letter that the headers describe."""
    of_body, of_content = dead_letter_digests(headers)
    return of_body == hashlib.sha256(body).hexdigest() and of_content in {"", hashlib.sha256(content).hexdigest()}


def _job(job: Outcome) -> dict[str, str]:
    return {"job_id": job.job_id, "tag": job.tag, "state": job.state, "reason": job.reason, "detail": job.detail}


def _body(delivery: Delivery) -> dict[str, str]:
    """Return the body as text where text gives the same bytes and is read the same way again, else as base64."""
    try:
        if delivery.is_text or encoding_of(delivery.body) == "utf-8":
            return {"body": delivery.body.decode()}
    except (Malformed, UnicodeDecodeError):
        pass
    return {"body_base64": base64.b64encode(delivery.body).decode()}
