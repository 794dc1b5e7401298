"""What a bucket with versions needs besides the write protocol: the right version on top.

COS ignores x-cos-forbid-overwrite there, so a put may have covered what must stay: a newer result, the same one, or an
object that is not ours. Nothing is lost by it, since the covered version is still there. So whoever wrote, or finds one
of ours, looks at the versions below and takes away what covers the one that must stay. Versions are in one order for
everybody, and each writer looks after it has written; so of two that write at once, the later one sees the other.
https://cloud.tencent.com/document/product/436/35521 (GET Bucket Object versions), 436/7743 (DELETE Object).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.cloud.cos import Store

    from .record import Record

# More versions of one key than jobs of one Tag are run on one object.
_DEEPEST = 50


class Version(NamedTuple):
    """A version of an object; `record` is None where it is not ours."""

    id: str
    record: Record | None


def uncover(store: Store, bucket: str, key: str, known: Version) -> Version | None:
    """Bring the version that must stay to the top; return it, None where there is none. Raises StoreError.

    An object that is not ours stays, and so does the newest of our results. `known` need not be looked at again.
    """
    oldest_first = reversed(store.list_versions(bucket, key, _DEEPEST))
    looked_at = (known if id_ == known.id else _look(store, bucket, key, id_) for id_ in oldest_first)
    right, covering = _judge([version for version in looked_at if version])
    for version in covering:
        store.delete(bucket, key, version.id)
    return right


def _judge(oldest_first: Sequence[Version]) -> tuple[Version | None, list[Version]]:
    """Return the version that must stay on top, and those that cover it."""
    right: Version | None = None
    covering: list[Version] = []
    for version in oldest_first:
        if right is None or version.record is None or (right.record and version.record.is_newer(right.record)):
            right, covering = version, []
        else:
            covering.append(version)
    return right, covering


def _look(store: Store, bucket: str, key: str, id_: str) -> Version | None:
    """Return a version, None where another writer has taken it away meanwhile.

    Only two answers that agree make it somebody else's, since one may have been cut off.
    """
    for _ in range(2):
        headers = store.head(bucket, key, id_)
        if headers is None:
            return None
        if theirs := record.read(headers):
            return Version(id_, theirs)
    return Version(id_, None)
