"""Sweep (reconciliation): settle the jobs that CI lists as ended and whose callbacks were lost. docs/operation.md.

Each job is settled like a callback: a missing result is written, one that is present costs one HEAD. There are no dead
letters, since CI keeps the jobs for a month. https://cloud.tencent.com/document/product/436/54011.

A run rarely reaches every job; the next one continues, by hand from the report's `next`, by timer from the checkpoint.
A timer's window begins, Tag by Tag, with the oldest job that was running or could not be settled yet, or shortly before
the end of the last window: most jobs are looked at once.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ci_callback.cloud.ci import is_listed
from ci_callback.commands.limits import LIMITS
from ci_callback.commands.options import CommandOptions, parse_options
from ci_callback.decode.job import ENDED
from ci_callback.delivery import Outcome
from ci_callback.errors import BadCommand, CallbackError, StoreError, Unavailable, defect
from ci_callback.settle import Settler
from ci_callback.shapes import MODULES

from . import checkpoint
from .checkpoint import Checkpoint, CheckpointObject
from .cursor import Cursor, stamp
from .listing import Listing, tags_of
from .report import Report
from .windows import MOST_HOURS, OVERLAP, Windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci_callback.commands.limits import Limits
    from ci_callback.config.settings import Settings
    from ci_callback.decode.job import Job, MalformedJob
    from ci_callback.pipeline import Pipeline

# Once CI has not answered about so many Tags in a row, it is CI and not the Tag.
_MOST_SILENT = 3


class Options(CommandOptions):
    """Options of `{"sweep": {…}}`, each optional.

    `hours` bounds how long ago jobs were created, `tags` which are swept; `dry_run` only looks, and names the missing;
    `next` is that of an earlier report. `resume` continues the last run with the same `hours` and `tags`, as the timer
    does; `hours` then bounds how long a running job is waited for.
    """

    hours: Annotated[int, Field(ge=1, le=MOST_HOURS)] = 24
    tags: list[Annotated[str, Field(pattern="^[A-Za-z0-9]{1,64}$")]] = Field(default_factory=list, max_length=500)
    dry_run: bool = False
    next: Cursor | None = None
    resume: bool = False


def run(pipeline: Pipeline, options: object, limits: Limits = LIMITS) -> dict[str, Any]:
    """Sweep, and return the report. Raises BadCommand, and StoreError where CI answers about no Tag."""
    sweep = Sweep(pipeline, parse(options, pipeline.settings), limits)
    sweep.begin()
    return sweep.as_dict()


class _OutOfTime(Exception):
    """No time is left for another job or page."""


class Sweep:
    """One run over the ended jobs of the pipeline's buckets."""

    def __init__(self, pipeline: Pipeline, options: Options, limits: Limits) -> None:
        self._pipeline = pipeline
        self._settings = pipeline.settings
        self._options = options
        self._limits = limits
        seen = (pipeline.settings, pipeline.store, pipeline.received)
        self._settler = Settler(*seen, look_first=True, dry_run=options.dry_run)
        self._listing = Listing(pipeline.store, limits.page, self._check_time, self._malformed)
        self._windows = Windows(options.hours, pipeline.received, {})
        self.report = Report(limits.named, dry_run=options.dry_run)

    def as_dict(self) -> dict[str, Any]:
        """Return the report's JSON."""
        return self.report.as_dict(self._pipeline.received)

    def begin(self) -> None:
        """Sweep from where the options let it begin. Raises StoreError where CI answers about no Tag."""
        if self._options.resume and not self._options.dry_run:
            self.resume()
        else:
            self.run(self._options.next)

    def resume(self) -> None:
        """Sweep from the checkpoint on, and write the next one, also where CI stops answering."""
        options = self._options
        key = checkpoint.key(self._settings, options.hours, options.tags)
        stored = CheckpointObject(self._pipeline.store, self._settings.first_bucket, key)
        try:
            last = stored.load()
        except StoreError as error:  # the role may not read it, it is foreign, or COS does not answer about it
            self._checkpoint_failed(stored, error)
            # each run starts from the beginning, so an order by chance gives each Tag its turn
            tags = self._tags()
            self._options = options.model_copy(update={"tags": random.sample(tags, len(tags))})
            self.run(None)
            return
        self._windows.since.update(last.since)
        start = last.next if last.next and self._is_current(last.next) else None
        try:
            self.run(start)
        finally:
            self._save(stored)

    def _save(self, stored: CheckpointObject) -> None:
        """Write the checkpoint. A failure is reported: the next run then repeats this one."""
        swept = {cursor.name for cursor in self._cursors(None)}
        since = {name: start for name, start in self._windows.since.items() if name in swept}
        try:
            stored.save(Checkpoint(next=self.report.next, since=since))
        except StoreError as error:
            self._checkpoint_failed(stored, error)

    def _checkpoint_failed(self, stored: CheckpointObject, error: StoreError) -> None:
        self.report.failed({"bucket": stored.bucket, "key": stored.key}, error.reason, str(error))

    def _is_current(self, cursor: Cursor) -> bool:
        """Return whether a checkpoint's cursor is one of today's buckets and Tags."""
        return cursor.is_valid and cursor.bucket in self._settings.BUCKETS and cursor.tags == self._tags()

    def run(self, start: Cursor | None) -> None:
        """Settle the ended jobs of each bucket and Tag, from a cursor on; raise StoreError where CI is silent."""
        self.report.end = start.end if start else stamp(self._pipeline.received)
        cursors = self._cursors(start)
        silent: dict[str, str] = {}  # buckets, and the start of the window that CI does not answer about
        try:
            for cursor in cursors:
                if cursor.bucket not in silent:
                    self._sweep_bucket_at(cursor, silent)
        except _OutOfTime:
            if self._is_other_bucket_next:
                self.report.next = next((each for each in cursors if each.bucket != cursor.bucket), None)
            return
        self.report.next = None
        self.report.end = min([self.report.end, *silent.values()])
        if len(silent) == len(self._settings.BUCKETS):
            raise Unavailable("CI answers about none of BUCKETS.")

    def _sweep_bucket_at(self, cursor: Cursor, silent: dict[str, str]) -> None:
        """Settle a Tag's jobs. Where CI is silent about the bucket, note so: another's CI may not be."""
        try:
            self._windows.close(self._sweep_tag(cursor))
        except StoreError as error:
            if len(self._settings.BUCKETS) == 1:
                raise
            self.report.failed({"bucket": cursor.bucket, "tag": cursor.tag}, error.reason, str(error))
            silent[cursor.bucket] = cursor.start
            self._listing.silent = 0

    @property
    def _is_other_bucket_next(self) -> bool:
        """Whether the next run begins with another bucket, since waiting for the CI of this one took the time."""
        return len(self._settings.BUCKETS) > 1 and self._listing.silent > 1

    def _cursors(self, start: Cursor | None) -> Iterator[Cursor]:
        """Yield the cursor of every bucket and Tag, the first of them at the start of this run."""
        tags = start.tags if start else self._tags()
        skipping = start is not None
        for bucket in self._settings.BUCKETS:
            for tag in tags:
                if start is not None and (bucket, tag) == (start.bucket, start.tag):
                    skipping = False
                    yield start
                elif not skipping:
                    yield self._windows.open(bucket, tag, tags, self.report.end)

    def _tags(self) -> list[str]:
        return list(dict.fromkeys(self._options.tags)) or tags_of(self._settings.ROUTES)

    def _sweep_tag(self, start: Cursor) -> Cursor:
        """Settle a Tag's jobs; return the cursor after the last one."""
        cursor = self.report.next = start
        try:
            for job in self._listing.jobs(start):
                cursor = self.report.next = self._take(job, start, cursor)
        except _OutOfTime:
            raise
        except StoreError as error:
            return self._skip_tag(cursor, error, is_begun=cursor != start)
        except Exception as error:  # noqa: BLE001 - a defect met by one page does not end the run
            self.report.failed({"bucket": cursor.bucket, "tag": cursor.tag}, *_defect(error))
            return cursor.holding_all()
        return cursor

    def _skip_tag(self, cursor: Cursor, error: StoreError, *, is_begun: bool) -> Cursor:
        """Report a Tag that CI did not list; the next run looks at all of it.

        Where CI stops answering after some of the Tag's jobs, this run ends, and the next one continues there.
        """
        if self._listing.silent == _MOST_SILENT:
            raise error
        self.report.failed({"bucket": cursor.bucket, "tag": cursor.tag}, error.reason, str(error))
        if is_begun and isinstance(error, Unavailable):
            raise _OutOfTime
        return cursor.holding_all()

    def _malformed(self, tag: str, job: MalformedJob) -> None:
        """Report a listed job that cannot be read; the jobs beside it are settled."""
        self.report.failed({"JobId": job.job_id, "tag": tag}, job.reason, job.detail)

    def _check_time(self) -> None:
        has_time = self._limits.leave_time(self._pipeline.store.deadline)
        if not has_time or self.report.counts["found"] >= self._limits.jobs:
            raise _OutOfTime

    def _take(self, job: Job, start: Cursor, cursor: Cursor) -> Cursor:
        """Settle a job if it has ended and was not taken before this run; return the cursor after it.

        The cursor holds a job that must be looked at again. A defect met by one job does not end the run.
        """
        try:
            if start.is_past(job):
                return cursor
            again = self._settle(job, cursor) if job.state in ENDED else self._windows.awaits(job, cursor)
            return (cursor.holding(job) if again else cursor).after(job)
        except Exception as error:  # noqa: BLE001 - any defect
            reason, detail = _defect(error)
            self._log(Outcome(job.job_id, job.tag, job.state, "retry", reason=reason, detail=detail))
            self.report.failed({"JobId": job.job_id, "tag": job.tag}, reason, detail)
            return cursor

    def _settle(self, job: Job, cursor: Cursor) -> bool:
        """Settle a job; return whether it must be looked at again."""
        self.report.count("found")
        outcome = self._settler.settle(job, cursor.bucket)
        if outcome.outcome == "retry":
            self._log(outcome)
            self.report.failed({"JobId": job.job_id, "tag": job.tag}, outcome.reason, outcome.detail)
            return not outcome.permanent
        if outcome.outcome == "written" or outcome.then:
            self._log(outcome)
            self.report.recovered(outcome)
        else:
            self.report.count("ignored" if outcome.outcome == "ignored" else "present")
        ended_just_now = outcome.late_s is None or outcome.late_s < OVERLAP.total_seconds()
        return ended_just_now and self._windows.awaits(job, cursor)

    def _log(self, outcome: Outcome) -> None:
        if not self._options.dry_run:
            self._pipeline.log_job(outcome, "sweep")


def _defect(error: Exception) -> tuple[str, str]:
    """Return the reason and the detail of a failure that is none of CI's or COS's."""
    return CallbackError.reason, defect(error)


def parse(options: object, settings: Settings) -> Options:
    """Parse and check the options; raise BadCommand."""
    parsed = parse_options(Options, "sweep", options)
    for tag in (*parsed.tags, *(parsed.next.tags if parsed.next else ())):
        if tag in MODULES and not is_listed(tag):
            raise BadCommand(f"sweep.tags: CI has no list of {tag}.")
    if parsed.next is None:
        return parsed
    if parsed.resume:
        raise BadCommand("sweep.next and sweep.resume both choose the beginning: give one of them.")
    if parsed.next.bucket not in settings.BUCKETS:
        raise BadCommand("sweep.next.bucket is not in BUCKETS.")
    if not parsed.next.is_valid:
        raise BadCommand(
            "sweep.next is not from a report: there its tag is among its tags, once, and its times are times."
        )
    return parsed
