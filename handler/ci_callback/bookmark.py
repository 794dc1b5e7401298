"""Where the timer's sweeps have got to, kept in an object, so that each goes on where the last one ended.

One object for each set of options, below DEAD_LETTER in the first of BUCKETS, where the role may read.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from . import command
from .times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .callback import Job
    from .store import Store

_NAME = "sweep-"
_SECOND = timedelta(seconds=1)

# As CI takes times: https://cloud.tencent.com/document/product/436/54011.
_FORM = "%Y-%m-%dT%H:%M:%S%z"


class Place(command.Options):
    """Where a run ended: in which window, bucket and Tag, and how far down.

    A Tag's jobs come newest first. `until` is when the last one that was settled was created, "" where none was, and
    `seen` how many of that second were.
    """

    bucket: str
    tag: str
    tags: list[str]
    start: str
    end: str
    until: str = ""
    seen: int = 0

    @property
    def end_of_query(self) -> str:
        """How far CI is to list: a second more than is left, as nobody says whether it lists the last one."""
        until = instant(self.until)
        return stamp(until + _SECOND) if until else self.end

    def after(self, job: Job) -> Place:
        """Return the place once the job is settled too."""
        created = instant(job.fields.get("CreationTime"))
        if created is None:
            return self
        until = stamp(created)
        return self.model_copy(update={"until": until, "seen": self.seen + 1 if until == self.until else 1})


class Bookmark(command.Options):
    """`next` is where to go on, None after a whole round; `swept_to` is when the last of those began, or ""."""

    next: Place | None = None
    swept_to: str = ""


class Shelf(NamedTuple):
    """Where the bookmark of sweeps with some options lies. Every method raises StoreError."""

    store: Store
    bucket: str
    key: str

    def take(self) -> Bookmark:
        """Return the bookmark; an empty one where there is none that can be read. One request."""
        found = self.store.get(self.bucket, self.key)
        if found is None:
            return Bookmark()
        try:
            return Bookmark.model_validate_json(found[1])
        except ValidationError:  # somebody else's, or another release's
            return Bookmark()

    def put(self, bookmark: Bookmark) -> None:
        """Make the bookmark durable. One request."""
        self.store.replace(self.bucket, self.key, bookmark.model_dump_json().encode(), {})


def key(prefix: str, options: Mapping[str, object]) -> str:
    """Return where below DEAD_LETTER the bookmark of sweeps with these options lies."""
    digest = hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()
    return f"{prefix}{_NAME}{digest[:12]}.json"


def is_one(key: str, prefix: str) -> bool:
    """Whether a key below DEAD_LETTER is a bookmark's."""
    return key.startswith(prefix + _NAME)


def stamp(moment: datetime) -> str:
    """Return a time as CI takes one."""
    return moment.strftime(_FORM)
