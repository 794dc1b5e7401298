"""The record of a result: one metadata header from which a HEAD reads whose object it is, and how new.

The digest of fixed length is last, so an answer that was cut off has the whole header or none. A field that a later
release adds is ignored, so its objects stay readable to this one.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.decode.job import Job

HEADER = "x-cos-meta-ci-callback"

_RESULT = re.compile(
    r"v1 job=(\S+) state=(\S+) time=(\S+)(?: done=([0-9a-f,]+))?(?: [a-z]+=\S+)* sha256=([0-9a-f]{64})"
)
_DEAD_LETTER = re.compile(r"v1 letter(?: [a-z]+=\S+)* sha256=([0-9a-f]{64})")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

_RANKS = {"Success": 2, "Failed": 1}


class Record(NamedTuple):
    """A job, its state and its time. `job` and `state` are safe in a header, any text that CI sends.

    `done` are the ids of the actions that have followed it.
    """

    job: str
    state: str
    time: str  # UTC, RFC 3339 with microseconds, or "-"
    digest: str
    done: tuple[str, ...] = ()

    @classmethod
    def of(cls, job: Job) -> Record:
        """Return the record of a job. A job without an id is identified by its content."""
        return cls(job=_safe(job.job_id or job.digest), state=_safe(job.state), time=job.sort_time, digest=job.digest)

    @property
    def header(self) -> str:
        """The metadata header's value."""
        done = f" done={','.join(self.done)}" if self.done else ""
        return f"v1 job={self.job} state={self.state} time={self.time}{done} sha256={self.digest}"

    def is_same(self, other: Record) -> bool:
        """Return whether both are the same job in the same state, hence duplicates."""
        return (self.job, self.state) == (other.job, other.state)

    def is_newer(self, other: Record) -> bool:
        """Return whether this result replaces the other, by a total order: time, Success after Failed, names.

        Of two that are the same, the one with more actions done is newer.
        """
        return self._order() > other._order()

    def _order(self) -> tuple[str, int, str, str, int]:
        return self.time, _RANKS.get(self.state, 0), self.state, self.job, len(self.done)


def read(headers: Mapping[str, str]) -> Record | None:
    """Return the record among an object's headers; None when the object is no result."""
    match = _RESULT.fullmatch(headers.get(HEADER, ""))
    if match is None:
        return None
    job, state, time, done, digest = match.groups()
    return Record(job, state, time, digest, tuple(done.split(",")) if done else ())


def dead_letter_header(digest: str) -> str:
    """Return the metadata of a dead letter whose body has this SHA-256."""
    return f"v1 letter sha256={digest}"


def dead_letter_digest(headers: Mapping[str, str]) -> str:
    """Return the SHA-256 of the body in a dead letter; "" for any other object."""
    match = _DEAD_LETTER.fullmatch(headers.get(HEADER, ""))
    return match.group(1) if match else ""


def _safe(text: str) -> str:
    """Return the text if it is a plain name, else its hash."""
    return text if _PLAIN.fullmatch(text) else "sha256-" + hashlib.sha256(text.encode()).hexdigest()
