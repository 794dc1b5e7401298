"""Replay: dead letters go through the pipeline again, on `{"replay": {…}}`. docs/operation.md shows how.

A letter is settled again as a whole; jobs that were settled before answer `duplicate`. One that fails again stays, with
its attempt counted. Letters are taken in the order of their keys, hence by day, until the time runs out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ci_callback.commands.sweep import checkpoint as bookmark
from ci_callback.decode.times import instant
from ci_callback.errors import BadCommand, StoreError
from ci_callback.log import Stopwatch, logged_jobs
from ci_callback.results import dead_letter

from . import options as command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ci_callback.pipeline import Pipeline
    from ci_callback.results.dead_letter import StoredDeadLetter

# A letter is not begun with less time left: reading it, writing its jobs and removing it are a handful of requests.
_ENOUGH_S = 1.5

# Bounds the report; the next run goes on where this one ended.
_MAX_LETTERS = 500
_PAGE = 100


class _Place(command.Options):
    """Where a run ended: everything up to this key has been seen."""

    bucket: str
    key: str


class Options(command.Options):
    """What may stand in `{"replay": {…}}`; every field may be left out.

    `prefix` narrows the letters to keys that begin so, below DEAD_LETTER; `bucket` to one bucket; `since` to those
    received from that day (`2025-03-01`) or time (RFC 3339) on. `dry_run` only reports. `remove` deletes a letter once
    every job of it is settled. `next` is what an earlier run's report said.
    """

    prefix: str = ""
    bucket: str = ""
    since: str = ""
    dry_run: bool = False
    remove: bool = False
    next: _Place | None = None


@dataclass(frozen=True)
class Replay:
    """One run over the letters of the pipeline's buckets."""

    pipeline: Pipeline
    options: Options
    since: datetime | None

    def run(self) -> dict[str, Any]:
        """Return the report: a line per letter, and `next` where the run ended early. Raises a listing's StoreError."""
        results: list[dict[str, Any]] = []
        place: _Place | None = self.options.next
        for bucket, key in self._keys():
            if len(results) == _MAX_LETTERS or self.pipeline.store.deadline.left() < _ENOUGH_S:
                # nothing was seen yet: begin again at the first letter
                return {
                    "dead_letters": len(results),
                    "results": results,
                    "next": (place or _Place(bucket=bucket, key="")).model_dump(),
                }
            result = self._replay(bucket, key)
            if result is not None:
                results.append({"bucket": bucket, "key": key, **result})
            place = _Place(bucket=bucket, key=key)
        return {"dead_letters": len(results), "results": results, "next": None}

    def _keys(self) -> Iterator[tuple[str, str]]:
        settings = self.pipeline.settings
        prefix = self.options.prefix
        prefix = prefix if prefix.startswith(settings.DEAD_LETTER) else settings.DEAD_LETTER + prefix
        buckets = [bucket for bucket in settings.BUCKETS if self.options.bucket in {"", bucket}]
        begin = self.options.next
        if begin is not None and begin.bucket in buckets:
            buckets = buckets[buckets.index(begin.bucket) :]
        for bucket in buckets:
            after = begin.key if begin is not None and begin.bucket == bucket else ""
            while page := self.pipeline.store.list_keys(bucket, prefix, after, _PAGE):
                yield from ((bucket, key) for key in page if not bookmark.is_one(key, settings.DEAD_LETTER))
                after = page[-1]

    def _replay(self, bucket: str, key: str) -> dict[str, Any] | None:
        """Return what became of one letter; None for one that was not asked for."""
        try:
            letter = dead_letter.load(self.pipeline.store, bucket, key)
            if letter is None:
                return {"outcome": "invalid"}
            if self.since is not None and letter.received < self.since:
                return None
            told = {"reason": letter.reason, "attempt": letter.attempt}
            if self.options.dry_run:
                return {"outcome": "found", **told}
            return {**told, **self._settle(letter)}
        except StoreError as error:
            return {"outcome": "unavailable", "detail": str(error)}

    def _settle(self, letter: StoredDeadLetter) -> dict[str, Any]:
        settlement = self.pipeline.with_keeper(letter).settle(letter.delivery, Stopwatch(time.monotonic()))
        for job in logged_jobs(settlement.jobs):
            self.pipeline.log_job(job, "replay")
        jobs = [{"JobId": job.job_id, "outcome": job.outcome, "key": job.key} for job in settlement.jobs]
        if settlement.outcomes & {"dead-lettered", "refused", "unverified", "retry"}:
            return {"outcome": "kept", "jobs": jobs}
        if self.options.remove:
            self.pipeline.store.delete(letter.bucket, letter.key)
        return {"outcome": "removed" if self.options.remove else "settled", "jobs": jobs}


def read(pipeline: Pipeline, options: Any) -> Replay:
    """Return the run that the options ask for; raise BadCommand where they ask for nothing we know."""
    parsed = command.read(Options, "replay", options)
    since = instant(f"{parsed.since}T00:00:00Z" if "T" not in parsed.since else parsed.since)
    if parsed.since and since is None:
        raise BadCommand("replay.since is no day such as 2025-03-01 and no RFC 3339 time.")
    if parsed.bucket and parsed.bucket not in pipeline.settings.BUCKETS:
        raise BadCommand("replay.bucket is not in BUCKETS.")
    return Replay(pipeline, parsed, since)
