"""The record of a result: one metadata header from which a HEAD reads whose object it is, and which result it holds.

The digest of fixed length is last, so an answer that was cut off has the whole header or none. A field that a later
release adds is ignored, so its objects stay readable to this one.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from ci_callback.config.template import variant
from ci_callback.decode.job import WORKFLOW
from ci_callback.decode.times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ci_callback.decode.job import Job

    from .location import Location

HEADER = "x-cos-meta-ci-callback"

# Begins a header whose signature is not valid: the object is foreign, though it looks like one of the function's.
UNSIGNED = "unsigned "

_RESULT = re.compile(r"v1 job=(\S+) state=(\S+) time=(\S+)((?: [a-z]+=\S+)*) sha256=([0-9a-f]{64})")
_DEAD_LETTER = re.compile(r"v1 letter((?: [a-z]+=\S+)*) sha256=([0-9a-f]{64})")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_HEXES = re.compile(r"[0-9a-f,]+")

_UNKNOWN = "-"  # a time that CI does not name
_RANKS = {"Success": 2, "Failed": 1}

# A clock may be wrong by this much; a later time is not believed.
_MOST_AHEAD = timedelta(minutes=15)

# Bounds the header: COS allows 2 KB of metadata.
_MOST_REPLACED = 8
_SHORT = 8  # hex digits of a digest

Relation = Literal["duplicate", "stale", "newer", "other"]


class Record(NamedTuple):
    """A result: its job and state, its place in time, and its subject. All texts are safe in a header.

    `time` and `arrived` are UTC in RFC 3339 with microseconds: the job's own time ("-" without one), and the arrival of
    its callback. `about` is a hash of the subject, `node` one of the workflow's run and node. `done` are the ids of the
    actions that have followed, `replaced` the short digests of results that had the key before; a `repaired` result
    lost characters that JSON or XML forbids. Records of release 0.1.0 lack `arrived`, `about` and all below.
    """

    job: str
    state: str
    time: str
    digest: str
    done: tuple[str, ...] = ()
    arrived: str = ""
    about: str = ""
    node: str = ""
    replaced: tuple[str, ...] = ()
    is_review: bool = False
    repaired: bool = False

    @classmethod
    def of(cls, job: Job, location: Location, arrived: datetime) -> Record:
        """Return the record of a job. A job without an id is identified by its content."""
        node = job.node if job.tag != WORKFLOW else {}
        return cls(
            job=_safe(job.job_id or job.digest),
            state=_safe(job.state),
            time=_believed(job.sort_time, stamp(arrived)),
            digest=job.digest,
            arrived=stamp(arrived),
            about=_subject(job, location),
            node=f"{_hash(node['RunId'])}.{_hash(node.get('Name', ''))}" if node.get("RunId") else "",
            is_review=job.is_review,
            repaired=job.repaired,
        )

    @property
    def header(self) -> str:
        """The metadata header's value."""
        optional = {
            "done": ",".join(self.done),
            "arrived": self.arrived,
            "about": self.about,
            "node": self.node,
            "replaced": ",".join(self.replaced),
            "review": "1" if self.is_review else "",
            "repaired": "1" if self.repaired else "",
        }
        fields = "".join(f" {name}={value}" for name, value in optional.items() if value)
        return f"v1 job={self.job} state={self.state} time={self.time}{fields} sha256={self.digest}"

    def is_same(self, other: Record) -> bool:
        """Return whether both are the same result: the same job in the same state, with the same content."""
        return (self.job, self.state, self.digest) == (other.job, other.state, other.digest)

    def is_of(self, job: Job) -> bool:
        """Return whether this is a result of the job in its state."""
        return (self.job, self.state) == (_safe(job.job_id or job.digest), _safe(job.state))

    def relation_to(self, stored: Record) -> Relation:
        """Compare an incoming result with the stored one; only a newer one replaces it. docs/guarantees.md, 2."""
        if self.is_same(stored):
            return "duplicate"
        if self.digest[:_SHORT] in stored.replaced:
            return "stale"
        if (self.job, self.state) == (stored.job, stored.state):
            # a job ends once, and CI's XML and JSON of it differ; the verdict of a review can change
            newer = self.arrived >= stored.arrived
            return ("newer" if newer else "stale") if self.is_review else "duplicate"
        if not self._shares_subject(stored):
            return "other"
        return "newer" if self._is_newer(stored) else "stale"

    def replacing(self, stored: Record) -> Record:
        """Return this record with the memory of the one that it replaces."""
        replaced = (stored.digest[:_SHORT], *stored.replaced, *self.replaced)
        return self._replace(replaced=tuple(dict.fromkeys(replaced))[:_MOST_REPLACED])

    def _shares_subject(self, stored: Record) -> bool:
        if not (self.about and stored.about):  # of release 0.1.0: there one key had one subject
            return True
        if self.about != stored.about:
            return False
        (run, _, node), (other_run, _, other_node) = self.node.partition("."), stored.node.partition(".")
        return not run or run != other_run or node == other_node

    def _is_newer(self, stored: Record) -> bool:
        """Return whether this result is newer, by time, Success after Failed, then ids. Without times the later one."""
        now = max(self.arrived, stored.arrived)
        mine, other = _believed(self.time, self.arrived), _believed(stored.time, stored.arrived or now)
        if _UNKNOWN in {mine, other}:
            return self.arrived >= stored.arrived
        return (mine, *self._order) > (other, *stored._order)

    @property
    def _order(self) -> tuple[int, str, str]:
        return _RANKS.get(self.state, 0), self.job, self.state


def read(headers: Mapping[str, str]) -> Record | None:
    """Read the record among an object's headers; None when the object is no result."""
    match = _RESULT.fullmatch(headers.get(HEADER, ""))
    if match is None:
        return None
    job, state, time, more, digest = match.groups()
    fields = _fields(more)
    return Record(
        job,
        state,
        time,
        digest,
        done=_hexes(fields.get("done", "")),
        arrived=fields["arrived"] if instant(fields.get("arrived")) else modified(headers),
        about=fields.get("about", ""),
        node=fields.get("node", ""),
        replaced=_hexes(fields.get("replaced", ""))[:_MOST_REPLACED],
        is_review="review" in fields,
        repaired="repaired" in fields,
    )


def dead_letter_header(digest: str, content: bytes) -> str:
    """Return the metadata of a dead letter with this content, whose body has this SHA-256."""
    return f"v1 letter content={hashlib.sha256(content).hexdigest()} sha256={digest}"


def dead_letter_digests(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the SHA-256 of a dead letter's body, and of its content ("" in release 0.1.0); "" for another object."""
    match = _DEAD_LETTER.fullmatch(headers.get(HEADER, ""))
    return (match[2], _fields(match[1]).get("content", "")) if match else ("", "")


def framed(*texts: str) -> bytes:
    """Join texts, each after its length, so that no other texts give the same bytes."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join(b"%d:%b" % (len(each), each) for each in encoded)


def _subject(job: Job, location: Location) -> str:
    """Return the hash of a job's subject: input, Tag, product, and the workflow of a run."""
    bucket = location.bucket if location.key else ""
    source = location.source or job.job_id or job.digest
    workflow = job.node.get("WorkflowId", "") if job.tag == WORKFLOW else ""
    return _hash(json.dumps([bucket, source, job.tag, variant(job), workflow]), 2 * _SHORT)


def _believed(time: str, arrived: str) -> str:
    """Return a job's time, or the arrival of its callback for a time that is well after it."""
    if time <= arrived:
        return time
    moment, arrival = instant(time), instant(arrived)  # None for "-", or if an uploader has made it up
    return arrived if moment and arrival and moment - arrival > _MOST_AHEAD else time


def stamp(moment: datetime) -> str:
    """Write a time, UTC to the microsecond, so that times compare as texts."""
    return moment.isoformat(timespec="microseconds")


def modified(headers: Mapping[str, str]) -> str:
    """Return the time when an object was written, "" where COS does not name it."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few objects need it

    try:
        return stamp(parsedate_to_datetime(headers.get("last-modified", "")))
    except (TypeError, ValueError):
        return ""


def _fields(text: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in text.split())


def _hexes(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if _HEXES.fullmatch(text) else ()


def _hash(text: str, digits: int = _SHORT) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _safe(text: str) -> str:
    """Return the text if it is a plain name, else its hash."""
    return text if _PLAIN.fullmatch(text) else "sha256-" + hashlib.sha256(text.encode()).hexdigest()
