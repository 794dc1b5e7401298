"""Where the timer's sweeps have got to, kept in an object, so that each goes on where the last one ended.

One object for each set of options, buckets and routes, below DEAD_LETTER in the first of BUCKETS, where the role may
read. An object there that is not ours is left alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field, ValidationError

from ci_callback.commands import options as command
from ci_callback.errors import Refused
from ci_callback.results import record

from .windows import Place  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.cloud.cos import Store

_NAME = "sweep-"
_HEADERS = {record.HEADER: "v1 bookmark"}


class Bookmark(command.Options):
    """`next` is where to go on, None after a whole round; `since` where each Tag's next window begins, by its name."""

    next: Place | None = None
    since: dict[str, str] = Field(default_factory=dict)


class Shelf(NamedTuple):
    """Where the bookmark of sweeps of one kind lies. Every method raises StoreError."""

    store: Store
    bucket: str
    key: str

    def take(self) -> Bookmark | None:
        """Return the bookmark; None where there is none, an empty one where it is another release's. One request."""
        found = self.store.get(self.bucket, self.key)
        if found is None:
            return None
        headers, content = found
        if headers.get(record.HEADER) != _HEADERS[record.HEADER]:
            raise Refused("An object that is no bookmark has its key.")
        try:
            return Bookmark.model_validate_json(content)
        except ValidationError:
            return Bookmark()

    def put(self, bookmark: Bookmark, *, is_first: bool) -> None:
        """Make the bookmark durable; the first one only where nothing lies there. One request."""
        content = bookmark.model_dump_json().encode()
        if is_first:
            self.store.create(self.bucket, self.key, content, _HEADERS)
        else:
            self.store.replace(self.bucket, self.key, content, _HEADERS)


def key(prefix: str, kind: Mapping[str, object]) -> str:
    """Return where below DEAD_LETTER the bookmark of sweeps of a kind lies."""
    digest = hashlib.sha256(json.dumps(kind, sort_keys=True).encode()).hexdigest()
    return f"{prefix}{_NAME}{digest[:12]}.json"


def is_one(key: str, prefix: str) -> bool:
    """Whether a key below DEAD_LETTER is a bookmark's."""
    return key.startswith(prefix + _NAME)
