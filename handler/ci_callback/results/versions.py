"""Buckets with versions: keep the right version on top.

COS ignores x-cos-forbid-overwrite there, so a PUT may have covered a newer result, the same one, or a foreign object.
Nothing is lost, since the covered version still exists. So each writer, and each reader of a result, looks at the
versions below and removes those that cover the right one. Versions have one order for all, and each writer looks after
it has written; so of two concurrent writers the later one sees the other.
https://cloud.tencent.com/document/product/436/35521 (GET Bucket Object versions), 436/7743 (DELETE Object).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .record import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.cloud.cos import Store

    from .record import Record

# More versions of one key than jobs of one Tag are run on one object.
_DEEPEST = 50


class Version(NamedTuple):
    """A version of an object; `record` is None for a foreign one."""

    id: str
    record: Record | None


def uncover(store: Store, bucket: str, key: str, known: Version) -> Version | None:
    """Bring the right version to the top; return it, None where there is none. Raises StoreError.

    A foreign object stays on top, else the newest result. `known` is a version that need not be looked at again.
    """
    oldest_first = reversed(store.list_versions(bucket, key, _DEEPEST))
    looked_at = (known if id_ == known.id else _look(store, bucket, key, id_) for id_ in oldest_first)
    right, covering = _judge([version for version in looked_at if version])
    for version in covering:
        store.delete(bucket, key, version.id)
    return right


def _judge(oldest_first: Sequence[Version]) -> tuple[Version | None, list[Version]]:
    """Return the right version, and those that cover it."""
    right: Version | None = None
    covering: list[Version] = []
    for version in oldest_first:
        top = _on_top(version, right)
        if top is None:
            covering.append(version)
        else:
            right, covering = top, []
    return right, covering


def _on_top(version: Version, right: Version | None) -> Version | None:
    """Return the version with the memory of the right one below it; None where it must not cover that."""
    if right is None or version.record is None:
        return version
    if right.record is None:
        return None
    relation = version.record.relation_to(right.record)
    if relation == "newer":
        return version._replace(record=version.record.replacing(right.record))
    if relation == "duplicate" and len(version.record.done) > len(right.record.done):
        return version._replace(record=version.record._replace(replaced=right.record.replaced))
    return None


def _look(store: Store, bucket: str, key: str, id_: str) -> Version | None:
    """Return a version, None where another writer has removed it meanwhile.

    Only two answers that agree make it foreign, since one may have been cut off.
    """
    for _ in range(2):
        headers = store.head(bucket, key, id_)
        if headers is None:
            return None
        if stored := read(headers):
            return Version(id_, stored)
    return Version(id_, None)
