"""Where "next to the input" is: the bucket and the key a job's result belongs next to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .callback import Input, Operation, Output
from .template import key_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .callback import Job


@dataclass(frozen=True)
class Place:
    """A listed bucket and the input's key in it; `other_region` is the body's where it contradicts the config's."""

    bucket: str
    key: str
    other_region: str = ""


@dataclass(frozen=True)
class Misplaced:
    """No place: `bucket` is the listed bucket the job names all the same, or ""."""

    reason: str
    detail: str
    bucket: str = ""


def bucket_of(job: Job) -> str:
    """Return the bucket that the job itself names: its input's, else its output's, else ""."""
    source = job.input or Input()
    output = (job.operation or Operation()).output or Output()
    return source.bucket_id or output.bucket or ""


def place(job: Job, regions: Mapping[str, str], home: str = "") -> Place | Misplaced:
    """Return where the job's results belong. The config alone decides which buckets there are, and their regions.

    `home` is the bucket whose CI knows the job, where that was asked; it counts where the job names none.
    """
    source = job.input or Input()
    output = (job.operation or Operation()).output or Output()
    bucket = bucket_of(job) or home or _only(regions)
    if not bucket:
        return Misplaced("no-bucket", "The job names no bucket, and BUCKETS names several.")
    if bucket not in regions:
        return Misplaced("bucket-not-listed", f"BUCKETS does not list the bucket {bucket[:80]!a}.")
    key = source.object or output.object or ""
    key = key.lstrip("/")
    if not source.object and "${" in key:
        return Misplaced("no-object", f"The job names no input, and its output is a pattern: {key[:80]!a}.", bucket)
    if problem := key_problem(key):
        return Misplaced("no-object", f"The key of the job's object {problem}.", bucket)
    said = (source.region if source.bucket_id else output.region) or ""
    return Place(bucket, key, other_region=said if said != regions[bucket] else "")


def _only(regions: Mapping[str, str]) -> str:
    return next(iter(regions)) if len(regions) == 1 else ""
