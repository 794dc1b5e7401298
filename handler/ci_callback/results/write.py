"""The write protocol: one object per key, the newest result in it, never over an object that is not ours.

Put-if-absent first, so that the common case is one request; only a taken key is looked at. docs/guarantees.md says what
this rests on and where its limits are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ci_callback.cloud.cos import VERSION
from ci_callback.errors import Unavailable

from . import record, versions
from .record import Record
from .versions import Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.cloud.cos import Store
    from ci_callback.decode.job import Job


class Written(NamedTuple):
    """What a write came to; `record` is that of the object where it is the job's own: written, or a duplicate."""

    outcome: Literal["written", "duplicate", "stale", "conflict"]
    record: Record | None = None


# A key that is taken at the PUT and free at the HEAD is being deleted by somebody; that can happen only so often.
_ROUNDS = 3


def write(store: Store, bucket: str, key: str, job: Job, *, look_first: bool = False) -> Written:
    """Bring a job's result to its key; return what that took.

    `conflict` means that an object not written by us has the key; it is left alone. `look_first` is for a result that
    is most likely there: a HEAD then settles it in one request. Raises StoreError.
    """
    ours = Record.of(job)
    metadata = {record.HEADER: ours.header}
    look_first = look_first or bucket in store.versioned
    for at in range(_ROUNDS):
        if not (look_first and at == 0):
            made = store.create(bucket, key, job.document, metadata)
            if made is not None:
                return _settle_version(store, bucket, key, ours, made)
        headers = store.head(bucket, key)
        if headers is None:
            continue
        theirs = record.read(headers) or _second_look(store, bucket, key)
        if theirs is not None and (version := headers.get(VERSION)):
            right = versions.uncover(store, bucket, key, Version(version, theirs))
            if right is None:
                continue
            theirs = right.record
        if theirs is None:
            return Written("conflict")
        if ours.is_same(theirs):
            return Written("duplicate", theirs)
        if not ours.is_newer(theirs):
            return Written("stale")
        return _settle_version(store, bucket, key, ours, store.replace(bucket, key, job.document, metadata))
    raise Unavailable("The key was taken at each PUT and free at each HEAD; somebody keeps deleting it.")


def _settle_version(store: Store, bucket: str, key: str, ours: Record, version: str) -> Written:
    """Return what a PUT came to: in a bucket with versions it is looked at what it covered."""
    if not version:
        return Written("written", ours)
    right = versions.uncover(store, bucket, key, Version(version, ours))
    if right is None or right.id == version:  # None: it has been deleted since
        return Written("written", ours)
    if right.record is None:
        return Written("conflict")
    return Written("duplicate", right.record) if ours.is_same(right.record) else Written("stale")


def note(store: Store, bucket: str, key: str, ours: Record, done: Sequence[str]) -> None:
    """Note in an object's metadata which actions have been done; raise StoreError. Two requests.

    The object is copied onto itself, on condition that its content is still what the HEAD saw: so a newer result, or an
    object of somebody else, that has come meanwhile is left alone. Its actions are its own.
    """
    headers = store.head(bucket, key)
    theirs = None if headers is None else record.read(headers) or _second_look(store, bucket, key)
    if headers is None or theirs is None or not ours.is_same(theirs):
        return
    noted = theirs._replace(done=tuple(sorted({*theirs.done, *done})))
    version = store.describe(bucket, key, headers["etag"], {record.HEADER: noted.header})
    if version:
        versions.uncover(store, bucket, key, Version(version, noted))


def is_ours(store: Store, bucket: str, key: str) -> bool:
    """Whether the object is a result or a dead letter that we wrote. Raises StoreError."""
    headers = store.head(bucket, key)
    return headers is not None and bool(record.read(headers) or record.letter_digest(headers))


def _second_look(store: Store, bucket: str, key: str) -> Record | None:
    """Look again: a header block that was cut off reads as an object without metadata."""
    return record.read(store.head(bucket, key) or {})
