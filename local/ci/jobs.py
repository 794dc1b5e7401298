"""The jobs of the local Cloud Infinite: a registry by id, with an index by bucket, family and Tag for the listings."""

from __future__ import annotations

import bisect
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Family = Literal["jobs", "asr_jobs", "pic_jobs", "doc_jobs", "ai_jobs", "file_jobs"]
Position = tuple[float, int]  # creation time, then number

_BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Job:
    """A job as CI knows it; `detail` is its JobsDetail in CI's own field names."""

    bucket: str
    family: Family
    detail: Mapping[str, Any]
    created: float = field(repr=False)  # seconds since 1970
    common: bool = False  # found at /jobs too

    @property
    def families(self) -> tuple[Family, ...]:
        """The paths at which it is found."""
        return (self.family, "jobs") if self.common and self.family != "jobs" else (self.family,)


class Jobs:
    """The registry of one local cloud's jobs; any thread may add and ask."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: list[Job] = []
        self._numbers: dict[tuple[str, str], int] = {}  # by bucket and JobId
        self._index: defaultdict[tuple[str, str, str], list[Position]] = defaultdict(list)

    def all(self) -> list[Job]:
        """Return every job in the order of arrival."""
        with self._lock:
            return list(self._jobs)

    def at(self, number: int) -> Job:
        """Return the job with this number in the order of arrival."""
        return self._jobs[number]

    def get(self, bucket: str, job_id: str) -> Job | None:
        """Return the job with this id, if there is one."""
        with self._lock:
            number = self._numbers.get((bucket, job_id))
            return None if number is None else self._jobs[number]

    def positions(self, bucket: str, family: str, tag: str) -> list[Position]:
        """Return the positions of a Tag's jobs, the oldest first."""
        with self._lock:
            return list(self._index.get((bucket, family, tag), ()))

    def add(self, bucket: str, detail: Mapping[str, Any], *, family: Family = "jobs", common: bool = False) -> Job:
        """Add a job, or replace the one with the same JobId; raise ValueError without JobId or Tag.

        A list is a repeated element, None an empty one. CreationTime is now by default.
        """
        if not detail.get("JobId") or not detail.get("Tag"):
            raise ValueError("a job has a JobId and a Tag")
        detail = {**detail, "CreationTime": detail.get("CreationTime") or ci_time(self._clock())}
        new = Job(bucket, family, detail, seconds(detail["CreationTime"]), common)
        with self._lock:
            number = self._numbers.setdefault((bucket, detail["JobId"]), len(self._jobs))
            if number == len(self._jobs):
                self._jobs.append(new)
            else:
                self._remove(self._jobs[number], number)
                self._jobs[number] = new
            for each in new.families:
                bisect.insort(self._index[bucket, each, detail["Tag"]], (new.created, number))
        return new

    def clear(self) -> None:
        """Forget every job."""
        with self._lock:
            self._jobs.clear()
            self._numbers.clear()
            self._index.clear()

    def _remove(self, old: Job, number: int) -> None:
        for each in old.families:
            positions = self._index[old.bucket, each, old.detail["Tag"]]
            del positions[bisect.bisect_left(positions, (old.created, number))]


def ci_time(seconds: float) -> str:
    """Format a moment, in seconds since 1970, as CI does: 2001-01-01T00:00:00+0800."""
    return datetime.fromtimestamp(seconds, _BEIJING).strftime("%Y-%m-%dT%H:%M:%S%z")


def seconds(text: str) -> float:
    """Parse a time in CI's format into seconds since 1970; raise ValueError."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        raise ValueError(f"a time must look like 2001-01-01T00:00:00+0800, not {text!r}.") from None
