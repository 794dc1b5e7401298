"""Where "next to the input" is: the bucket and the key a job's result belongs next to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from ci_callback.config.template import key_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ci_callback.decode.job import Job


class Place(NamedTuple):
    """A listed bucket and the input's key in it, if it has one; `other_region` is the body's where it contradicts."""

    bucket: str
    key: str
    other_region: str = ""


class Misplaced(NamedTuple):
    """No place: `bucket` is the listed bucket the job names all the same, or ""."""

    reason: str
    detail: str
    bucket: str = ""


# How a review names an object it was given by URL.
_COS_URL = re.compile(r"https?://([a-z0-9-]+)\.cos\.([a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)/([^?#]+)", re.ASCII)


# An object as a callback names it: bucket, region and key, each of which may be "".
_Named = tuple[str, str, str]


def bucket_of(job: Job) -> str:
    """Return the bucket that the job itself names, "" where it names none."""
    return next((bucket for bucket, _, _ in _named(job) if bucket), "")


def place(job: Job, regions: Mapping[str, str], home: str = "") -> Place | Misplaced:
    """Return where the job's results belong. The config alone decides which buckets there are, and their regions.

    The key is "" for a job that names no object. `home` is the bucket whose CI knows the job, where that was asked; it
    counts where the job names none.
    """
    bucket = key = said = ""
    for named, region, its_key in _named(job):
        if not bucket and named:
            bucket, said = named, region
        key = key or its_key
        if bucket and key:
            break
    bucket = bucket or home or _only(regions)
    if not bucket:
        return Misplaced("no-bucket", "The job names no bucket, and BUCKETS names several.")
    if bucket not in regions:
        return Misplaced("bucket-not-listed", f"BUCKETS does not list the bucket {bucket[:80]!a}.")
    key = key.lstrip("/")
    if key and (problem := key_problem(key)):
        return Misplaced("no-object", f"The key of the job's object {problem}.", bucket)
    return Place(bucket, key, other_region=said if said != regions[bucket] else "")


def _named(job: Job) -> Iterator[_Named]:
    """Yield the objects a job names, its input first, its output last."""
    source = job.element("Input")
    yield source.get("BucketId", ""), source.get("Region", ""), source.get("Object", "")
    own = job.fields  # of a workflow run or a review
    yield own.get("BucketId", ""), own.get("Region", ""), own.get("Object", "")
    yield _of_url(own.get("Url") or job.element("data").get("url"))
    output = job.element("Operation", "Output")
    key = output.get("Object", "")
    # a pattern such as out-${Number}.jpg is no key
    yield output.get("Bucket", ""), output.get("Region", ""), "" if "${" in key else key


def _of_url(url: object) -> _Named:
    match = _COS_URL.match(url) if isinstance(url, str) else None
    if match is None:
        return "", "", ""
    try:
        return match[1], match[2], unquote(match[3], errors="strict")
    except UnicodeDecodeError:
        return match[1], match[2], ""


def _only(regions: Mapping[str, str]) -> str:
    return next(iter(regions)) if len(regions) == 1 else ""
