"""Dead letters: deliveries that could not become results, stored whole with the reason, to be replayed.

One JSON object per day for a body and the jobs of it that are left, named by the first 32 hex digits of their SHA-256,
or one for several bodies of a queue that there was no time for, named by the SHA-256 of all:

    <prefix><yyyy-mm-dd>/<digest>.json                             waits for a person
    <prefix>retry/<digest>.<yyyy-mm-dd>.json                       has a reason that passes: the timer replays it
    <prefix>internal-error/<digest>.<yyyy-mm-dd>.<release>.json    met a defect: the timer of another release replays it

Where another object has that key, 16 random digits follow the digest: an uploader may know the body.
Never the URL or the headers of the request: they hold the token.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ci_callback import __version__
from ci_callback.decode.times import instant
from ci_callback.errors import CallbackError, StoreError, Unavailable, Unreadable

from .record import HEADER, dead_letter_digests, dead_letter_header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ci_callback.cloud.cos import Store
    from ci_callback.delivery import Delivery, Outcome

# Bytes: more than base64 makes of a body that SCF lets through, with what failed in each of its jobs.
_LARGEST = 16_000_000

_MOST_NAMED = 1000  # jobs: the body has all of them
_LONGEST_REASON = 1000  # characters, of more reasons than there are: a report has those of many dead letters

RETRY = "retry/"
INTERNAL_ERROR = f"{CallbackError.reason}/"
OF_THIS_RELEASE = f".{__version__}.json"  # ends the key of a dead letter that met a defect


class DeadLetter(NamedTuple):
    """Deliveries and why they are kept; `jobs` are those of their jobs that were tried and not settled.

    `passing` is set where a later replay may settle some of it without any change.
    """

    deliveries: Sequence[Delivery]
    reason: str
    detail: str
    received: datetime
    request_id: str
    jobs: Sequence[Outcome] = ()
    attempt: int = 1
    passing: bool = False

    @property
    def digest(self) -> str:
        """The SHA-256 of the bodies, 64 hex digits."""
        from . import bodies  # noqa: PLC0415 - few deliveries become dead letters

        return bodies.digest_of(self.deliveries)

    @property
    def name(self) -> str:
        """The name of a dead letter of the bodies with the same jobs left, 32 hex digits."""
        from . import bodies  # noqa: PLC0415 - few deliveries become dead letters

        return bodies.digest_of_kept(self.deliveries)[:32]

    def affixes(self, prefix: str) -> tuple[str, str]:
        """Return what its key begins and ends with: the same deliveries on the same day are the same dead letter."""
        day = f"{self.received:%Y-%m-%d}"
        if self.passing:
            return f"{prefix}{RETRY}", f".{day}.json"
        if CallbackError.reason in self.reason.split(","):
            return f"{prefix}{INTERNAL_ERROR}", f".{day}{OF_THIS_RELEASE}"
        return f"{prefix}{day}/", ".json"

    def content(self) -> bytes:
        """Return its JSON in UTF-8. A body's exact bytes are in `body` (text) or `body_base64`; several in `bodies`."""
        from . import bodies  # noqa: PLC0415 - few deliveries become dead letters

        fields: dict[str, Any] = {
            "reason": self.reason,
            "detail": self.detail,
            "received": self.received.isoformat(timespec="microseconds"),
            "source": self.deliveries[0].source,
            "request_id": self.request_id,
            "attempt": self.attempt,
            "jobs": [_job(job) for job in self.jobs[:_MOST_NAMED]],
        }
        head = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()[:-1]
        if len(self.deliveries) == 1:
            return b"%b,%b}" % (head, bodies.to_json(self.deliveries[0]))
        return b'%b,"bodies":[{%b}]}' % (head, b"},{".join(map(bodies.to_json, self.deliveries)))


class Kept(NamedTuple):
    """The place of a dead letter. `is_new` is set where it was not there before, or now waits for a person."""

    bucket: str
    key: str
    is_new: bool
    attempt: int = 1

    def outcome_of(self, job: Outcome) -> Outcome:
        """Return the outcome of a job once the dead letter holds it, if it was not settled."""
        if job.outcome != "retry":
            return job
        return job._replace(outcome="dead-lettered", bucket=self.bucket, key=self.key)


class Keeper(Protocol):
    """Stores dead letters."""

    def keep(self, bucket: str, dead_letter: DeadLetter) -> Kept:
        """Store a dead letter and return its place. Raises StoreError."""


class NewDeadLetters:
    """Stores new dead letters below a prefix: the same body with the same jobs left once a day."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def keep(self, bucket: str, dead_letter: DeadLetter) -> Kept:
        """Store a dead letter, unless an earlier delivery has stored the same; return its place.

        Where its bucket fails, another listed one holds it: what failed in that bucket is not lost with it.
        """
        content = dead_letter.content()
        try:
            return self._keep_in(bucket, dead_letter, content)
        except StoreError:
            other = next((each for each in self._store.regions if each != bucket), "")
            if not other:
                raise
            return self._keep_in(other, dead_letter, content)

    def _keep_in(self, bucket: str, dead_letter: DeadLetter, content: bytes) -> Kept:
        metadata = _metadata(dead_letter, content)
        first, last = dead_letter.affixes(self._prefix)
        name = dead_letter.name
        for suffix in ("", os.urandom(8).hex()):
            key = f"{first}{name}{suffix}{last}"
            if self._store.create(bucket, key, content, metadata) is not None:
                return Kept(bucket, key, is_new=True)
            of_bodies, of_content = self._digests(bucket, key)
            if of_bodies == dead_letter.digest:  # the same content is that of a PUT whose answer was lost
                return Kept(bucket, key, is_new=of_content == hashlib.sha256(content).hexdigest())
        raise Unavailable("Other objects have the keys of the dead letter.")

    def _digests(self, bucket: str, key: str) -> tuple[str, str]:
        """Return the digests of the dead letter under a key, as far as COS answers.

        Since its name is that of the jobs left, it lacks only those of them that a replay has settled.
        """
        try:
            return dead_letter_digests(self._store.head(bucket, key) or {})
        except StoreError:
            return "", ""


class Unsettled:
    """The Keeper for a replay of several deliveries: collects those that stay in their dead letter.

    A delivery that failed for good becomes a dead letter of its own.
    """

    def __init__(self, others: NewDeadLetters) -> None:
        self.deliveries: list[Delivery] = []
        self._others = others
        self._is_kept = False

    def keep(self, bucket: str, dead_letter: DeadLetter) -> Kept:
        """Store a dead letter that waits for a person; collect the delivery of another, and raise Unavailable."""
        if not dead_letter.passing:
            return self._others.keep(bucket, dead_letter)
        self.deliveries += dead_letter.deliveries
        self._is_kept = True
        raise Unavailable("It stays in the dead letter that is replayed.")

    def add(self, delivery: Delivery) -> None:
        """Collect a delivery that is not durable elsewhere, if `keep` has not."""
        if not self._is_kept:
            self.deliveries.append(delivery)
        self._is_kept = False


class StoredDeadLetter(NamedTuple):
    """A dead letter read from a bucket, to be replayed. As a Keeper it replaces itself, with its attempt counted."""

    store: Store
    prefix: str
    bucket: str
    key: str
    deliveries: tuple[Delivery, ...]
    reason: str
    received: datetime
    attempt: int

    def keep(self, bucket: str, dead_letter: DeadLetter) -> Kept:  # noqa: ARG002 - it stays in its own
        """Store the dead letter again, with the reason of this attempt, which may move it; return its place."""
        again = dead_letter._replace(received=self.received, attempt=self.attempt + 1)
        first, last = again.affixes(self.prefix)
        if self.key.startswith(first) and self.key.endswith(last):
            content = again.content()
            self.store.replace(self.bucket, self.key, content, _metadata(again, content))
            return Kept(self.bucket, self.key, is_new=False, attempt=again.attempt)
        moved = NewDeadLetters(self.store, self.prefix).keep(self.bucket, again)
        with contextlib.suppress(StoreError):  # else the next replay removes it; this one still notifies
            self.remove()
        passed = self.key.startswith(self.prefix + RETRY)
        return moved._replace(is_new=moved.is_new and passed, attempt=again.attempt)

    def remove(self) -> None:
        """Delete the dead letter. Raises StoreError."""
        self.store.delete(self.bucket, self.key)


def load(store: Store, prefix: str, bucket: str, key: str) -> StoredDeadLetter | None:
    """Return the dead letter under a key, None where there is none, or an object that is not a whole dead letter."""
    try:
        found = store.get(bucket, key, _LARGEST)
    except Unreadable:
        return None
    if found is None:
        return None
    from . import bodies  # noqa: PLC0415 - only for a replay

    headers, content = found
    of_bodies, of_content = dead_letter_digests(headers)
    if not of_bodies or of_content not in {"", hashlib.sha256(content).hexdigest()}:
        return None  # not parsed: what an uploader put there may need any memory
    try:
        fields = json.loads(content)
        kept = fields.get("bodies") or [fields]
        deliveries = tuple(bodies.from_fields(fields["source"], each) for each in kept)
        received, attempt = instant(fields["received"]), int(fields["attempt"])
        reason = str(fields["reason"])[:_LONGEST_REASON]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if received is None or of_bodies != bodies.digest_of(deliveries):
        return None
    return StoredDeadLetter(store, prefix, bucket, key, deliveries, reason, received, attempt)


def _metadata(dead_letter: DeadLetter, content: bytes) -> dict[str, str]:
    return {HEADER: dead_letter_header(dead_letter.digest, content)}


def _job(job: Outcome) -> dict[str, str]:
    return {"job_id": job.job_id, "tag": job.tag, "state": job.state, "reason": job.reason, "detail": job.detail}
