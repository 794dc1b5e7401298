"""The window of each bucket and Tag: the creation times of the jobs that a sweep looks at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ci_callback.decode.times import instant

from .cursor import Cursor, moment, stamp

if TYPE_CHECKING:
    from ci_callback.decode.job import Job

MOST_HOURS = 720

# Windows overlap by this: CI may list a job late, and of two callbacks at once the older may have been written last
# (docs/guarantees.md, 2). No invocation takes longer.
OVERLAP = timedelta(minutes=15)


class Windows(NamedTuple):
    """Windows that reach back `hours`, or to where the last sweep ended: `since` has each start, by Cursor.name."""

    hours: int
    now: datetime
    since: dict[str, str]  # empty without a checkpoint

    def open(self, bucket: str, tag: str, tags: list[str], end: str) -> Cursor:
        """Return a cursor at the beginning of a window."""
        cursor = Cursor(bucket=bucket, tag=tag, tags=tags, start=stamp(self._earliest(end)), end=end)
        start = instant(self.since.get(cursor.name))
        return cursor if start is None else cursor.model_copy(update={"start": self._bounded(start, end)})

    def close(self, cursor: Cursor) -> None:
        """Note the start of the next window, once all jobs of this one were taken."""
        end = moment(cursor.end)
        self.since[cursor.name] = self._bounded(min(end - OVERLAP, moment(cursor.hold or cursor.end)), cursor.end)

    def awaits(self, job: Job, cursor: Cursor) -> bool:
        """Return whether a job that is still running, or ended just now, is young enough to be waited for."""
        return cursor.created(job) >= self._earliest(cursor.end)

    def _earliest(self, end: str) -> datetime:
        return moment(end) - timedelta(hours=self.hours)

    def _bounded(self, start: datetime, end: str) -> str:
        return stamp(max(min(start, moment(end)), self.now - timedelta(hours=MOST_HOURS)))
