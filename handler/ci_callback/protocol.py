"""The write protocol: one object per key, the newest result in it, never over an object that is not ours.

Put-if-absent first, so that the common case is one request; only a taken key is looked at. docs/guarantees.md says what
this rests on and where its limits are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from . import record
from .errors import Unavailable
from .record import Record

if TYPE_CHECKING:
    from .callback import Job
    from .store import Store

Written = Literal["written", "duplicate", "stale", "conflict"]

# A key that is taken at the PUT and free at the HEAD is being deleted by somebody; that can happen only so often.
_ROUNDS = 3


def write(store: Store, bucket: str, key: str, job: Job, *, look_first: bool = False) -> Written:
    """Bring a job's result to its key; return what that took.

    `conflict` means that an object not written by us has the key; it is left alone. `look_first` is for a result that
    is most likely there: a HEAD then settles it in one request. Raises StoreError.
    """
    ours = Record.of(job)
    metadata = {record.HEADER: ours.header}
    for at in range(_ROUNDS):
        if not (look_first and at == 0) and store.create(bucket, key, job.document, metadata):
            return "written"
        headers = store.head(bucket, key)
        if headers is None:
            continue
        theirs = record.read(headers) or _second_look(store, bucket, key)
        if theirs is None:
            return "conflict"
        if ours.is_same(theirs):
            return "duplicate"
        if not ours.is_newer(theirs):
            return "stale"
        store.replace(bucket, key, job.document, metadata)
        return "written"
    raise Unavailable("The key was taken at each PUT and free at each HEAD; somebody keeps deleting it.")


def is_ours(store: Store, bucket: str, key: str) -> bool:
    """Whether the object is a result or a dead letter that we wrote. Raises StoreError."""
    headers = store.head(bucket, key)
    return headers is not None and bool(record.read(headers) or record.letter_digest(headers))


def _second_look(store: Store, bucket: str, key: str) -> Record | None:
    """Look again: a header block that was cut off reads as an object without metadata."""
    return record.read(store.head(bucket, key) or {})
