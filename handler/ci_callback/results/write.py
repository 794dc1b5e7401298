"""The write protocol: one result per key, the newest about its subject, never over a foreign object.

Put-if-absent first, so the common case is one request; only a taken key is looked at. docs/guarantees.md describes what
this rests on, and its limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ci_callback.cloud.cos import VERSION
from ci_callback.errors import Refused, Unavailable

from .record import HEADER, dead_letter_digests, read
from .versions import Version, uncover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ci_callback.cloud.cos import Store

    from .record import Record


class Written(NamedTuple):
    """The outcome of a write. `record` is the stored one where it is the job's own: written, or a duplicate."""

    outcome: Literal["written", "duplicate", "stale"]
    record: Record | None = None


class Taken(NamedTuple):
    """A key that another object keeps: the reason, and a name for that object.

    `store-refused` is one that COS does not show: its uploader may have encrypted it, or the role lacks a permission.
    """

    reason: Literal["key-taken", "conflict", "store-refused"]
    holder: str


_OTHER_SUBJECT = Taken("key-taken", "The result of something else")
_FOREIGN = Taken("conflict", "A foreign object")


# A key that is taken at the PUT and free at the HEAD is being deleted; that can happen only so often.
_ATTEMPTS = 3


def write(  # noqa: PLR0913 - an object and its place
    store: Store, bucket: str, key: str, document: bytes, incoming: Record, *, look_first: bool = False
) -> Written | Taken:
    """Store a result under a key. Raises StoreError.

    `look_first` is for a result that is most likely present: one HEAD then settles it.
    """
    look_first = look_first or bucket in store.versioned
    for attempt in range(_ATTEMPTS):
        if not (look_first and attempt == 0):
            version = store.create(bucket, key, document, {HEADER: incoming.header})
            if version is not None:
                return _classify_put(store, bucket, key, incoming, version)
        found = _look(store, bucket, key)
        if found is None:
            continue
        if isinstance(found, Taken):
            return found
        kept = _classify(incoming, found.record)
        if kept is not None:
            return kept
        newer = incoming.replacing(found.record) if found.record else incoming
        version = store.replace(bucket, key, document, {HEADER: newer.header})
        return _classify_put(store, bucket, key, newer, version)
    raise Unavailable("The key was taken at each PUT and free at each HEAD; it is deleted again and again.")


def look(store: Store, bucket: str, key: str, incoming: Record) -> Written | Taken:
    """Return what `write` would do about a result, and leave the bucket as it is: one HEAD. Raises StoreError."""
    headers = _head(store, bucket, key)
    if headers is None:
        return Written("written", incoming)
    if isinstance(headers, Taken):
        return headers
    return _classify(incoming, _record(store, bucket, key, headers)) or Written("written", incoming)


def note_done(store: Store, bucket: str, key: str, written: Record, done: Sequence[str]) -> None:
    """Add finished actions to the metadata of a written object. Two requests. Raises StoreError.

    The object is copied onto itself on condition that its content is still that of the HEAD. A newer result or a
    foreign object that has arrived meanwhile is left alone; its actions are its own.
    """
    headers = store.head(bucket, key)
    stored = None if headers is None else _record(store, bucket, key, headers)
    if headers is None or stored is None or not written.is_same(stored):
        return
    noted = stored._replace(done=tuple(sorted({*stored.done, *done})))
    version = store.replace_metadata(bucket, key, headers["etag"], {HEADER: noted.header})
    if version:
        uncover(store, bucket, key, Version(version, noted))


def is_own(store: Store, bucket: str, key: str) -> bool:
    """Return whether the object is a result or a dead letter of this function. Raises StoreError."""
    headers = store.head(bucket, key)
    return headers is not None and bool(read(headers) or dead_letter_digests(headers)[0])


def _head(store: Store, bucket: str, key: str) -> Mapping[str, str] | Taken | None:
    """Return an object's headers, None where there is no object, or that COS does not show it."""
    try:
        return store.head(bucket, key)
    except Refused as error:
        return Taken("store-refused", f"An object that cannot be looked at ({error})")


def _look(store: Store, bucket: str, key: str) -> Version | Taken | None:
    """Return the object under a key, None where it is free; in a bucket with versions, once the right one is on top."""
    headers = _head(store, bucket, key)
    if headers is None or isinstance(headers, Taken):
        return headers
    found = Version(headers.get(VERSION, ""), _record(store, bucket, key, headers))
    return uncover(store, bucket, key, found) if found.id and found.record else found


def _classify(incoming: Record, stored: Record | None) -> Written | Taken | None:
    """Classify a result whose key is taken; None where it replaces the stored one."""
    if stored is None:
        return _FOREIGN
    relation = incoming.relation_to(stored)
    if relation == "duplicate":
        return Written("duplicate", stored)
    if relation == "other":
        return _OTHER_SUBJECT
    return Written("stale") if relation == "stale" else None


def _classify_put(store: Store, bucket: str, key: str, incoming: Record, version: str) -> Written | Taken:
    """Classify a finished PUT; in a bucket with versions, by the object that it may have covered."""
    right = uncover(store, bucket, key, Version(version, incoming)) if version else None
    if right is None or right.id == version:  # None: deleted since
        return Written("written", incoming)
    return _classify(incoming, right.record) or Written("stale")


def _record(store: Store, bucket: str, key: str, headers: Mapping[str, str]) -> Record | None:
    """Read an object's record, without one by another HEAD: headers that were cut off have none either."""
    return read(headers) or read(store.head(bucket, key) or {})
