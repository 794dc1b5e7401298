"""Where the timer's sweeps have got to, kept in an object, so that each goes on where the last one ended.

One object for each set of options, below DEAD_LETTER in the first of BUCKETS, where the role may read.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field, ValidationError

from . import command
from .times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .callback import Job
    from .store import Store

_NAME = "sweep-"
_SECOND = timedelta(seconds=1)

MOST_HOURS = 720
# Each turn looks again at what was settled shortly before the last one: two that came at once may need it
# (docs/guarantees.md, 2), within the longest time limit of a function.
_AGAIN = timedelta(minutes=15)

# As CI takes times: https://cloud.tencent.com/document/product/436/54011.
_FORM = "%Y-%m-%dT%H:%M:%S%z"


class Place(command.Options):
    """Where a run ended: in which window, bucket and Tag, and how far down.

    A Tag's jobs come newest first. `until` is when the last one that was settled was created, "" where none was, and
    `seen` how many of that second were. `hold` is when the oldest was created that has to be looked at again, or "".
    """

    bucket: str
    tag: str
    tags: list[str]
    start: str
    end: str
    until: str = ""
    seen: int = 0
    hold: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether its Tag is among its Tags, and its times are some."""
        times = (self.start, self.end, *filter(None, (self.until, self.hold)))
        return self.tag in self.tags and all(map(instant, times))

    @property
    def name(self) -> str:
        """Bucket and Tag."""
        return f"{self.bucket}/{self.tag}"

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

    def holding(self, time: object) -> Place:
        """Return the place, where a job that was created at a time has to be looked at again; all, without a time."""
        moments = filter(None, (instant(time) or instant(self.start), instant(self.hold)))
        return self.model_copy(update={"hold": stamp(min(moments))})


class Bookmark(command.Options):
    """`next` is where to go on, None after a whole round; `since` where each Tag's next window begins, by `name`."""

    next: Place | None = None
    since: dict[str, str] = Field(default_factory=dict)


class Windows(NamedTuple):
    """From when on a Tag's jobs are looked at: for `hours`, or in rounds from what its last turn left, `since`."""

    hours: int
    now: datetime
    since: dict[str, str]  # by Place.name; a sweep that is no round has none

    def open(self, bucket: str, tag: str, tags: list[str], end: str) -> Place:
        """Return where a Tag's turn begins."""
        place = Place(bucket=bucket, tag=tag, tags=tags, start=stamp(self.earliest(end)), end=end)
        left = instant(self.since.get(place.name))
        if left is None:
            return place
        start = max(min(left, _moment(end, self.now)), self.now - timedelta(hours=MOST_HOURS))
        return place.model_copy(update={"start": stamp(start)})

    def close(self, place: Place) -> None:
        """Note from when on the Tag's jobs are to be looked at next time, now that its turn is over."""
        end = _moment(place.end, self.now)
        left = min(end - _AGAIN, _moment(place.hold, end))
        self.since[place.name] = stamp(max(left, self.earliest(place.end)))

    def earliest(self, end: str) -> datetime:
        """Return the beginning of the longest window that ends at a time."""
        return _moment(end, self.now) - timedelta(hours=self.hours)


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


def _moment(time: str, default: datetime) -> datetime:
    return instant(time) or default


def is_one(key: str, prefix: str) -> bool:
    """Whether a key below DEAD_LETTER is a bookmark's."""
    return key.startswith(prefix + _NAME)


def stamp(moment: datetime) -> str:
    """Return a time as CI takes one."""
    return moment.strftime(_FORM)
