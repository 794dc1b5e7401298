"""The position of a sweep: the bucket and Tag at hand, and the last of its jobs that was taken."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pydantic import Field

from ci_callback.commands.options import CommandOptions
from ci_callback.decode.times import instant

if TYPE_CHECKING:
    from ci_callback.decode.job import Job

_SECOND = timedelta(seconds=1)
_YEARS = range(2000, 9000)

# Longer than any of CI's; bounds a report.
_LONGEST_ID = 64

# The format in which CI takes times: https://cloud.tencent.com/document/product/436/54011.
_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


class Cursor(CommandOptions):
    """A position in the jobs of one bucket and Tag, which CI lists newest first, of those created from start to end.

    `until` is the creation time of the last job taken ("" before the first), `seen` the ids of the jobs taken of that
    second. `hold` is the creation time of the oldest job to be looked at again, or "".
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
    def is_valid(self) -> bool:
        """True if its times are times, and its Tag is among its Tags, each named once."""
        times = (self.start, self.end, *filter(None, (self.until, self.hold)))
        return all(map(_is_stamp, times)) and self.tag in self.tags and len(set(self.tags)) == len(self.tags)

    @property
    def name(self) -> str:
        """Bucket and Tag."""
        return f"{self.bucket}/{self.tag}"

    @property
    def query(self) -> tuple[str, str]:
        """The times to list between: a second more on both ends, as it is not documented that CI lists the ends."""
        return stamp(moment(self.start) - _SECOND), stamp(moment(self.until or self.end) + _SECOND)

    def is_past(self, job: Job) -> bool:
        """Return whether the job was taken already."""
        if not self.until:
            return False
        created, until = self.created(job), moment(self.until)
        return created > until or (created == until and _id(job) in self.seen)

    def after(self, job: Job) -> Cursor:
        """Move past a job."""
        created = stamp(self.created(job))
        earlier = self.seen if created == self.until else []
        return self.model_copy(update={"until": created, "seen": [*earlier, _id(job)]})

    def holding(self, job: Job) -> Cursor:
        """Note that a job has to be looked at again."""
        return self._holding(self.created(job))

    def holding_all(self) -> Cursor:
        """Note that every job of the window has to be looked at again."""
        return self._holding(moment(self.start))

    def _holding(self, created: datetime) -> Cursor:
        return self.model_copy(update={"hold": stamp(min(created, moment(self.hold or self.end)))})

    def created(self, job: Job) -> datetime:
        """Return the second of a job's creation; without a time in the window, that of the job before it."""
        start, end = moment(self.start), moment(self.end)
        created = instant(job.fields.get("CreationTime"))
        if created is None or not start - _SECOND <= created <= end + _SECOND:
            return moment(self.until or self.end)
        return min(max(created.replace(microsecond=0), start), end)


def stamp(time: datetime) -> str:
    """Write a time in CI's format."""
    return time.strftime(_FORMAT)


def moment(text: str) -> datetime:
    """Read a time in CI's format."""
    return datetime.strptime(text, _FORMAT).astimezone(timezone.utc)


def _is_stamp(text: str) -> bool:
    try:
        return moment(text).year in _YEARS
    except (ValueError, OverflowError):
        return False


def _id(job: Job) -> str:
    return job.job_id if 0 < len(job.job_id) <= _LONGEST_ID else job.digest
