"""The rounds of the timer's sweeps: from when on each Tag's jobs are looked at, and how far a run has come in them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from ci_callback.commands import options as command
from ci_callback.decode.times import instant

if TYPE_CHECKING:
    from ci_callback.decode.job import Job

MOST_HOURS = 720
# What was created, or ended, so shortly before its Tag's turn is looked at again in the next one: CI may list it late,
# and of two callbacks that came at once the older may have ended last (docs/guarantees.md, 2). No function runs longer.
AGAIN = timedelta(minutes=15)

_SECOND = timedelta(seconds=1)
_YEARS = range(2000, 9000)

# As CI takes times: https://cloud.tencent.com/document/product/436/54011.
_FORM = "%Y-%m-%dT%H:%M:%S%z"


class Place(command.Options):
    """Where a run ended: in which window, bucket and Tag, and how far down.

    A Tag's jobs come newest first. `until` is when the last one was created that has had its turn, "" where none has,
    and `seen` are the ids of those of that second. `hold` is from when on the next turn has to look again, or "".
    """

    bucket: str
    tag: str
    tags: list[str]
    start: str
    end: str
    until: str = ""
    seen: list[str] = Field(default_factory=list)
    hold: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether its Tag is among its Tags, each of which is there once, and its times are some that there can be."""
        times = (self.start, self.end, *filter(None, (self.until, self.hold)))
        return all(map(_is_stamp, times)) and self.tag in self.tags and len(set(self.tags)) == len(self.tags)

    @property
    def name(self) -> str:
        """Bucket and Tag."""
        return f"{self.bucket}/{self.tag}"

    @property
    def query(self) -> tuple[str, str]:
        """From when to when CI is to list: a second more on both ends, as nobody says whether it lists the ends."""
        return stamp(_moment(self.start) - _SECOND), stamp(_moment(self.until or self.end) + _SECOND)

    def has_had(self, job: Job) -> bool:
        """Whether a job has had its turn already."""
        if not self.until:
            return False
        created, until = self.created(job), _moment(self.until)
        return created > until or (created == until and _id(job) in self.seen)

    def after(self, job: Job) -> Place:
        """Return the place once the job has had its turn."""
        created = stamp(self.created(job))
        earlier = self.seen if created == self.until else []
        return self.model_copy(update={"until": created, "seen": [*earlier, _id(job)]})

    def holding(self, job: Job) -> Place:
        """Return the place, where a job has to be looked at again."""
        return self._holding(self.created(job))

    def holding_all(self) -> Place:
        """Return the place, where all of the window has to be looked at again."""
        return self._holding(_moment(self.start))

    def _holding(self, moment: datetime) -> Place:
        return self.model_copy(update={"hold": stamp(min(moment, _moment(self.hold or self.end)))})

    def created(self, job: Job) -> datetime:
        """Return the second in which a job was created; where it says none of the window, that of the job before."""
        start, end = _moment(self.start), _moment(self.end)
        created = instant(job.fields.get("CreationTime"))
        if created is None or not start - _SECOND <= created <= end + _SECOND:
            return _moment(self.until or self.end)
        return min(max(created.replace(microsecond=0), start), end)


class Windows(NamedTuple):
    """From when on a Tag's jobs are looked at: for `hours`, or in rounds from what its last turn left, `since`."""

    hours: int
    now: datetime
    since: dict[str, str]  # by Place.name; a sweep that is no round has none

    def open(self, bucket: str, tag: str, tags: list[str], end: str) -> Place:
        """Return where a Tag's turn begins."""
        place = Place(bucket=bucket, tag=tag, tags=tags, start=stamp(self.earliest(end)), end=end)
        left = instant(self.since.get(place.name))
        return place if left is None else place.model_copy(update={"start": self._bounded(left, end)})

    def close(self, place: Place) -> None:
        """Note from when on the Tag's jobs are to be looked at next time, now that its turn is over."""
        end = _moment(place.end)
        self.since[place.name] = self._bounded(min(end - AGAIN, _moment(place.hold or place.end)), place.end)

    def earliest(self, end: str) -> datetime:
        """Return how far back a job that takes long is waited for, in a window that ends at a time."""
        return _moment(end) - timedelta(hours=self.hours)

    def awaits(self, job: Job, place: Place) -> bool:
        """Whether a job that has not come to an end, or to a good one, is waited for."""
        return place.created(job) >= self.earliest(place.end)

    def _bounded(self, moment: datetime, end: str) -> str:
        return stamp(max(min(moment, _moment(end)), self.now - timedelta(hours=MOST_HOURS)))


def stamp(moment: datetime) -> str:
    """Return a time as CI takes one."""
    return moment.strftime(_FORM)


def _moment(time: str) -> datetime:
    """Return the moment that a stamp names."""
    return datetime.strptime(time, _FORM).astimezone(timezone.utc)


def _is_stamp(time: str) -> bool:
    try:
        return _moment(time).year in _YEARS
    except (ValueError, OverflowError):
        return False


def _id(job: Job) -> str:
    return job.job_id or job.digest
