"""The sweep: what CI says has ended, against what is there. docs/operation.md shows how.

Callbacks can be lost before they reach us. Finished jobs are listed by CI's job API, newest first, and each is settled
like a callback: what is missing is written, and what is there costs one HEAD. Nothing is kept as a dead letter, since
CI still has the job, and the next sweep finds it again. https://cloud.tencent.com/document/product/436/54011.

A run has little time. What it does not reach the next one does: by hand from the report's `next`, by timer from a
bookmark, so that however many jobs there are each has its turn. A timer's round looks back, Tag by Tag, to the oldest
job that the last one found running or could not settle, and a little further: most jobs are looked at once.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ci_callback.cloud import ci as job_api
from ci_callback.commands import options as command
from ci_callback.decode.times import instant
from ci_callback.errors import BadCommand, Malformed, Refused, StoreError, Unavailable
from ci_callback.settle import Settler
from ci_callback.shapes import MODULES

from . import checkpoint as bookmark
from .checkpoint import Bookmark, Shelf
from .windows import AGAIN, MOST_HOURS, Place, Windows, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ci_callback.decode.job import Job
    from ci_callback.delivery import Outcome
    from ci_callback.pipeline import Pipeline

# The Tags that a route with a pattern is taken to mean; any other is swept when a route or `tags` names it.
TAGS = tuple(filter(job_api.is_listed, MODULES))
_ENDED = ("Success", "Failed")
_RUNNING = ("Submitted", "Running", "Pause")

_PAGE = 100  # the most that CI gives at once
_ENOUGH_S = 2.0  # a page is not begun, nor a job settled, with less time left
_MAX_NAMED = 100  # bounds the report
_MOST_SILENT = 3


class Options(command.Options):
    """What may stand in `{"sweep": {…}}`; every field may be left out.

    `hours` is how far back jobs were created; `tags` narrows to these Tags; `dry_run` only counts; `next` is what an
    earlier run's report said. `resume` goes on where the last run with the same `hours` and `tags` ended, and is what
    the timer orders; `hours` is then how long a job is waited for that is still running.
    """

    hours: Annotated[int, Field(ge=1, le=MOST_HOURS)] = 24
    tags: list[Annotated[str, Field(pattern="^[A-Za-z0-9]{1,64}$")]] = Field(default_factory=list)
    dry_run: bool = False
    next: Place | None = None
    resume: bool = False


@dataclass
class _Report:
    """What a sweep found; `healed` and `failed` name the first jobs of their kind.

    `next` is where it has got to, None once every job has been seen, `end` where its windows end, `unlisted` whether CI
    did not list the Tag at hand, `silent` of how many Tags before it and with it CI said nothing.
    """

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("found", "present", "recovered", "ignored", "failed"), 0)
    )
    latest_s: int = 0
    recovered: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    next: Place | None = None
    end: str = ""
    unlisted: bool = False
    silent: int = 0

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """Return the report as JSON will show it."""
        return {
            **self.counts,
            "latest_s": self.latest_s,
            "behind_s": max(0, int((now - (instant(self.end) or now)).total_seconds())),
            "recovered_jobs": self.recovered,
            "failed_jobs": self.failed,
            "next": self.next.model_dump() if self.next else None,
        }


class _TimeIsOverError(Exception):
    """Nothing further can be done in this run."""


@dataclass(frozen=True)
class Sweep:
    """One run over the finished jobs of the pipeline's buckets."""

    pipeline: Pipeline
    options: Options
    windows: Windows
    report: _Report = field(default_factory=_Report)

    def run(self) -> dict[str, Any]:
        """Return the report, with `next` where the time ran out. Raises StoreError where CI does not answer."""
        if self.options.resume and not self.options.dry_run:
            self._resume()
        else:
            self._sweep(self.options.next)
        return self.report.as_dict(self.pipeline.received)

    def _resume(self) -> None:
        """Sweep on from the bookmark, and leave one, also where CI stops answering on the way."""
        settings = self.pipeline.settings
        sort = {"hours": self.options.hours, "tags": self.options.tags}
        kind = {**sort, "buckets": list(settings.BUCKETS), "routes": repr(settings.ROUTES)}
        shelf = Shelf(self.pipeline.store, settings.first_bucket, bookmark.key(settings.DEAD_LETTER, kind))
        try:
            last = shelf.take()
        except Refused as error:  # the role may not read it, or it is somebody's: each run begins anew
            self._tell_shelf(shelf, error)
            self._sweep(None)
            return
        self.windows.since.update(last.since if last else {})
        begin = last.next if last and last.next and self._is_still_meant(last.next) else None
        try:
            self._sweep(begin)
        finally:
            self._leave(shelf, is_first=last is None)

    def _leave(self, shelf: Shelf, *, is_first: bool) -> None:
        """Make the bookmark durable; where that fails, the next run does the same again, which the report tells."""
        names = {place.name for place in self._places(None)}
        since = {name: moment for name, moment in self.windows.since.items() if name in names}
        try:
            shelf.put(Bookmark(next=self.report.next, since=since), is_first=is_first)
        except StoreError as error:
            self._tell_shelf(shelf, error)

    def _tell_shelf(self, shelf: Shelf, error: StoreError) -> None:
        self._failed({"bucket": shelf.bucket, "key": shelf.key, "reason": error.reason, "detail": str(error)})

    def _is_still_meant(self, place: Place) -> bool:
        """Whether a place from a bookmark is one that the configuration of today would come to."""
        return place.is_whole and place.bucket in self.pipeline.settings.BUCKETS and place.tags == self._tags()

    def _sweep(self, begin: Place | None) -> None:
        """Settle what has ended in each bucket and Tag from a place on; the report tells how far that went."""
        self.report.end = begin.end if begin else stamp(self.pipeline.received)
        try:
            for beginning in self._places(begin):
                place = self.report.next = beginning
                self.report.unlisted = False
                for job in self._jobs(beginning):
                    place = self.report.next = self._take_turn(job, place)
                self.windows.close(place.holding_all() if self.report.unlisted else place)
        except _TimeIsOverError:
            return
        self.report.next = None

    def _places(self, begin: Place | None) -> Iterator[Place]:
        """Yield the beginning of every bucket and Tag, from where an earlier run ended."""
        tags = begin.tags if begin else self._tags()
        waiting = begin is not None
        for bucket in self.pipeline.settings.BUCKETS:
            for tag in tags:
                if begin is not None and (bucket, tag) == (begin.bucket, begin.tag):
                    waiting = False
                    yield begin
                elif not waiting:
                    yield self.windows.open(bucket, tag, tags, self.report.end)

    def _tags(self) -> list[str]:
        if self.options.tags:
            return list(dict.fromkeys(self.options.tags))
        routes = [route for route in self.pipeline.settings.ROUTES if route.write]
        named = {route.tag for route in routes if not set(route.tag) & set("*?[")}
        meant = {tag for tag in TAGS if any(fnmatch.fnmatchcase(tag, route.tag) for route in routes)}
        return sorted(tag for tag in named | meant if job_api.is_listed(tag) or tag not in MODULES)

    def _jobs(self, place: Place) -> Iterator[Job]:
        """Yield a Tag's jobs from a place on, newest first; raise _TimeIsOverError, or Unavailable."""
        for job in self._listed(place):
            if not place.has_had(job):
                self._take_time()
                yield job

    def _listed(self, place: Place) -> Iterator[Job]:
        """Yield what CI lists of a Tag's jobs that have ended or will, page by page."""
        start, end = place.query
        asked = {"states": ",".join(_ENDED + _RUNNING), "orderByTime": "Desc", "size": str(_PAGE)}
        token = ""
        while True:
            self._take_time()
            window = {"startCreationTime": start, "endCreationTime": end, **({"nextToken": token} if token else {})}
            jobs, following = self._page(place, {**asked, **window})
            yield from jobs
            if following in {"", token}:
                return
            token = following

    def _page(self, place: Place, parameters: Mapping[str, str]) -> tuple[Sequence[Job], str]:
        """Return a page and the token of the next; an empty one where CI does not list the Tag, which is told.

        Where CI breaks off after some of the Tag's jobs, the run ends there, and the next one tries again. Raises
        Unavailable once CI has not answered about several Tags, one after the other: then it is not the Tag.
        """
        try:
            page = job_api.list_page(self.pipeline.store, place.bucket, place.tag, parameters)
        except (Malformed, StoreError) as error:
            self.report.silent += isinstance(error, Unavailable)
            if self.report.silent == _MOST_SILENT:
                raise
            self._failed({"bucket": place.bucket, "tag": place.tag, "reason": error.reason, "detail": str(error)})
            if isinstance(error, Unavailable) and self.report.next != place:
                raise _TimeIsOverError from None
            self.report.unlisted = True
            return (), ""
        self.report.silent = 0
        return page

    def _take_time(self) -> None:
        if self.pipeline.store.deadline.left() < _ENOUGH_S:
            raise _TimeIsOverError

    def _take_turn(self, job: Job, place: Place) -> Place:
        """Return the place once the job has had its turn; it holds the job where that needs another turn."""
        needs_another = self._settle(job, place) if job.state in _ENDED else self.windows.awaits(job, place)
        return (place.holding(job) if needs_another else place).after(job)

    def _settle(self, job: Job, place: Place) -> bool:
        """Bring a job's result to its place; return whether the job has to be looked at again."""
        self.report.counts["found"] += 1
        if self.options.dry_run:
            return False
        settings, store, received = self.pipeline.settings, self.pipeline.store, self.pipeline.received
        outcome = Settler(settings, store, received, look_first=True).settle(job, place.bucket)
        if outcome.outcome == "retry":
            self.pipeline.log_job(outcome, "sweep")
            self._failed({"JobId": job.job_id, "tag": job.tag, "reason": outcome.reason, "detail": outcome.detail})
            return not outcome.permanent or self.windows.awaits(job, place)
        if outcome.outcome == "written" or outcome.then:
            self._recovered(outcome)
        else:
            self.report.counts["ignored" if outcome.outcome == "ignored" else "present"] += 1
        ended_just_now = outcome.late_s is None or outcome.late_s < AGAIN.total_seconds()
        return ended_just_now and self.windows.awaits(job, place)

    def _recovered(self, outcome: Outcome) -> None:
        self.pipeline.log_job(outcome, "sweep")
        self.report.counts["recovered"] += 1
        self.report.latest_s = max(self.report.latest_s, outcome.late_s or 0)
        if len(self.report.recovered) < _MAX_NAMED:
            self.report.recovered.append({"JobId": outcome.job_id, "tag": outcome.tag, "key": outcome.key})

    def _failed(self, told: dict[str, str]) -> None:
        self.report.counts["failed"] += 1
        if len(self.report.failed) < _MAX_NAMED:
            self.report.failed.append(told)


def read(pipeline: Pipeline, options: Any) -> Sweep:
    """Return the sweep that the options ask for; raise BadCommand where they ask for nothing we know."""
    parsed = command.read(Options, "sweep", options)
    if parsed.next is not None and parsed.resume:
        raise BadCommand("sweep.next and sweep.resume each say where to begin: give one of them.")
    for tag in (*parsed.tags, *(parsed.next.tags if parsed.next else ())):
        if tag in MODULES and not job_api.is_listed(tag):
            raise BadCommand(f"sweep.tags: CI has no list of {tag}.")
    if parsed.next is not None and parsed.next.bucket not in pipeline.settings.BUCKETS:
        raise BadCommand("sweep.next.bucket is not in BUCKETS.")
    if parsed.next is not None and not parsed.next.is_whole:
        raise BadCommand(
            "sweep.next is no place of a report: there its tag is among its tags, once, and its times are times."
        )
    return Sweep(pipeline, parsed, Windows(parsed.hours, pipeline.received, {}))
