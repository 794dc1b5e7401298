"""Replay: process dead letters again, on `{"replay": {…}}`. docs/operation.md shows how.

A dead letter is settled as a whole; jobs that were settled before answer `duplicate`. One that fails again stays, with
its attempt counted. Dead letters are taken in the order of their keys until the time is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.commands.sweep import checkpoint
from ci_callback.config.template import key_problem
from ci_callback.decode.times import instant
from ci_callback.errors import BadCommand, StoreError, defect
from ci_callback.log import logged_jobs
from ci_callback.results import dead_letter

from .limits import LIMITS
from .options import CommandOptions, parse_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ci_callback.config.settings import Settings
    from ci_callback.delivery import Settlement
    from ci_callback.pipeline import Pipeline
    from ci_callback.results.dead_letter import StoredDeadLetter

    from .limits import Limits


class Cursor(CommandOptions):
    """The last key that a run took."""

    bucket: str
    key: str


class Options(CommandOptions):
    """Options of `{"replay": {…}}`, each optional.

    `prefix` narrows the dead letters to keys that begin so, below DEAD_LETTER; `bucket` to one bucket; `since` to those
    received from that day (`2025-03-01`) or time (RFC 3339) on. `dry_run` only reports. `remove` deletes a dead letter
    once every job of it is settled. `next` is that of an earlier report.
    """

    prefix: str = ""
    bucket: str = ""
    since: str = ""
    dry_run: bool = False
    remove: bool = False
    next: Cursor | None = None


def run(pipeline: Pipeline, options: object, limits: Limits = LIMITS) -> dict[str, Any]:
    """Replay, and return the report: a line per dead letter. Raises BadCommand, and StoreError of the first listing."""
    parsed = parse_options(Options, "replay", options)
    since = instant(f"{parsed.since}T00:00:00Z" if "T" not in parsed.since else parsed.since)
    if parsed.since and since is None:
        raise BadCommand("replay.since is no day such as 2025-03-01 and no RFC 3339 time.")
    if key_problem(f"{_below(pipeline.settings, parsed.prefix)}x"):
        raise BadCommand("replay.prefix is the beginning of no key below DEAD_LETTER.")
    if parsed.bucket and parsed.bucket not in pipeline.settings.BUCKETS:
        raise BadCommand("replay.bucket is not in BUCKETS.")
    results: list[dict[str, Any]] = []
    cursor = parsed.next
    try:
        for bucket, key in _keys(pipeline, parsed, limits.page):
            if len(results) == limits.dead_letters or not limits.leave_time(pipeline.store.deadline):
                return _report(results, cursor or Cursor(bucket=bucket, key=""))  # none was taken yet
            result = _replay(pipeline, parsed, since, bucket, key)
            if result is not None:
                results.append({"bucket": bucket, "key": key, **result})
            cursor = Cursor(bucket=bucket, key=key)
    except StoreError:
        if cursor == parsed.next:
            raise
        return _report(results, cursor)
    return _report(results, None)


def _report(results: list[dict[str, Any]], following: Cursor | None) -> dict[str, Any]:
    """Return the JSON of a report."""
    cursor = following.model_dump() if following else None
    return {"dead_letters": len(results), "results": results, "next": cursor}


def _keys(pipeline: Pipeline, options: Options, page: int) -> Iterator[tuple[str, str]]:
    """Yield bucket and key of each object below the prefix, from the cursor on."""
    prefix = _below(pipeline.settings, options.prefix)
    buckets = [bucket for bucket in pipeline.settings.BUCKETS if options.bucket in {"", bucket}]
    start = options.next
    if start is not None and start.bucket in buckets:
        buckets = buckets[buckets.index(start.bucket) :]
    for bucket in buckets:
        after = start.key if start is not None and start.bucket == bucket else ""
        for key in pipeline.store.walk_keys(bucket, prefix, after, page):
            if not checkpoint.is_one(key, pipeline.settings.DEAD_LETTER):
                yield bucket, key


def _below(settings: Settings, prefix: str) -> str:
    return prefix if prefix.startswith(settings.DEAD_LETTER) else settings.DEAD_LETTER + prefix


def _replay(
    pipeline: Pipeline, options: Options, since: datetime | None, bucket: str, key: str
) -> dict[str, Any] | None:
    """Replay one dead letter and return its result; None for one that the options leave out."""
    try:
        found = dead_letter.load(pipeline.store, pipeline.settings.DEAD_LETTER, bucket, key)
        if found is None:
            return {"outcome": "invalid"}
        if since is not None and found.received < since:
            return None
        before = {"reason": found.reason, "attempt": found.attempt}
        if options.dry_run:
            return {"outcome": "found", **before}
        return {**before, **_settle(pipeline, found, remove=options.remove)}
    except StoreError as error:
        return {"outcome": "unavailable", "detail": str(error)}
    except Exception as error:  # noqa: BLE001 - a defect met by one dead letter does not end the run
        return {"outcome": "unavailable", "detail": defect(error)}


def _settle(pipeline: Pipeline, found: StoredDeadLetter, *, remove: bool) -> dict[str, Any]:
    settlement = settle_again(pipeline, found)
    named = logged_jobs(settlement.jobs, LIMITS.named_each)
    jobs = [{"JobId": job.job_id, "outcome": job.outcome, "key": job.key} for job in named]
    if not settlement.is_settled:
        return {"outcome": "kept", "jobs": jobs}
    if remove:
        found.remove()
    return {"outcome": "removed" if remove else "settled", "jobs": jobs}


def settle_again(pipeline: Pipeline, found: StoredDeadLetter) -> Settlement:
    """Settle a dead letter like a delivery, and log its jobs; it is stored again while one of them fails."""
    settlement = pipeline.replay(found)
    for job in logged_jobs(settlement.jobs):
        pipeline.log_job(job, "replay")
    return settlement
