"""The message of an action: the job, its state, the location of its object, and the object.

Identical for duplicates, its `id` above all, so that a receiver can recognise them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ci_callback.decode.times import instant
from ci_callback.results.record import framed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.results.record import Record

ID_DIGITS = 32

# Bytes: no action sends a larger result.
MOST_RESULT = 1_000_000


_RESULT = ',"result":'


class Event(Protocol):
    """An action's message, in the form of each kind of action."""

    @property
    def id(self) -> str:
        """Return the same id for the same event; safe in a header."""

    @property
    def type(self) -> str:
        """Return the kind of event, in words with dots."""

    @property
    def time(self) -> datetime:
        """Return the time of the event, the same for duplicates."""

    @property
    def subject(self) -> str:
        """Return an object with its bucket."""

    @property
    def region(self) -> str:
        """Return the region of that bucket."""

    def data(self, most: int) -> str:
        """Return the event's data as JSON of at most so many bytes."""

    def text(self, most: int) -> str:
        """Return the event as JSON in the form of the Standard Webhooks, of at most so many bytes."""


class Message(NamedTuple):
    """A stored result; `names` has the job's JobId, Tag and State, `document` the object's bytes: JSON."""

    bucket: str
    region: str
    key: str
    record: Record
    names: Mapping[str, str]
    document: bytes

    @property
    def id(self) -> str:
        """Return the same id for the same result under the same key; safe in a header."""
        return event_id(self.bucket, self.key, self.record.job, self.record.state, self.record.digest)

    @property
    def type(self) -> str:
        """Return Tag and State: `ci.SoundHound.Success`."""
        return f"ci.{self.names['Tag']}.{self.names['State']}"

    @property
    def time(self) -> datetime:
        """Return the job's end; the epoch where CI names no time."""
        return instant(self.record.time) or datetime.fromtimestamp(0, timezone.utc)

    @property
    def subject(self) -> str:
        """Return the object, with its bucket."""
        return f"{self.bucket}/{self.key}"

    def data(self, most: int) -> str:
        """Return the event's data as JSON, without `result` where it would have more bytes than that."""
        return self._with_result(as_json(self._reference), "}", most)

    def text(self, most: int) -> str:
        """Return the event as JSON in the form of the Standard Webhooks, without `result` where it would be longer."""
        return self._with_result(standard_form(self, self._reference), "}}", most)

    @property
    def _reference(self) -> dict[str, str]:
        """Where the result is, and of which job."""
        own = {"bucket": self.bucket, "region": self.region, "key": self.key, "sha256": self.record.digest}
        return {**own, **self.names}

    def _with_result(self, message: str, closing: str, most: int) -> str:
        """Add the result before the closing braces of a message, unless it would have more bytes than that.

        It is not parsed, which would take many times its memory beside the job's.
        """
        if len(message.encode()) + len(_RESULT) + len(self.document) > most:
            return message
        return f"{message.removesuffix(closing)}{_RESULT}{self.document.decode()}{closing}"


def is_result(document: bytes) -> bool:
    """Return whether bytes are a result object, of which a message can be made."""
    try:
        fields = json.loads(document.decode())  # json itself reads UTF-16 too
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and fields.keys() >= {"JobId", "Tag", "State"}


def event_id(*parts: str) -> str:
    """Return an id that no other parts give."""
    return hashlib.sha256(framed(*parts)).hexdigest()[:ID_DIGITS]


def standard_form(event: Event, data: Mapping[str, Any]) -> str:
    """Return an event with its data as JSON in the form of the Standard Webhooks."""
    return as_json({"id": event.id, "type": event.type, "timestamp": event.time.isoformat(), "data": data})


def as_json(value: Any) -> str:
    """Return a value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
