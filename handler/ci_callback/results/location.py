"""The location of a job's input: the bucket and the key next to which its result is stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from ci_callback.config.template import key_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ci_callback.decode.job import Job


class Location(NamedTuple):
    """A listed bucket and the input's key in it, if any; `other_region` is the body's where it contradicts BUCKETS."""

    bucket: str
    key: str
    other_region: str = ""


class Unlocated(NamedTuple):
    """A job without a location; `bucket` is the listed bucket that it names nevertheless, or ""."""

    reason: str
    detail: str
    bucket: str = ""


# An object that a review names by URL.
_COS_URL = re.compile(r"https?://([a-z0-9-]+)\.cos\.([a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)/([^?#]+)", re.ASCII)


# An object named in a callback: bucket, region and key, each of which may be "".
_Named = tuple[str, str, str]


def bucket_of(job: Job) -> str:
    """Return the bucket that the job itself names, "" where it names none."""
    return next((bucket for bucket, _, _ in _named(job) if bucket), "")


def locate(job: Job, regions: Mapping[str, str], home: str = "") -> Location | Unlocated:
    """Locate the input of a job. The configuration alone decides which buckets there are, and their regions.

    The key is "" for a job that names no object. `home` is the bucket whose CI knows the job, where CI was
    asked; it counts where the job names none.
    """
    bucket = key = body_region = ""
    for named, region, its_key in _named(job):
        if not bucket and named:
            bucket, body_region = named, region
        key = key or its_key
        if bucket and key:
            break
    bucket = bucket or home or _only(regions)
    if not bucket:
        return Unlocated("no-bucket", "The job names no bucket, and BUCKETS names several.")
    if bucket not in regions:
        return Unlocated("bucket-not-listed", f"BUCKETS does not list the bucket {bucket[:80]!a}.")
    if job.repaired and "\ufffd" in key:  # not the key of the object, and perhaps of several
        key = ""
    key = key.lstrip("/")
    if key and (problem := key_problem(key)):
        return Unlocated("no-object", f"The key of the job's object {problem}.", bucket)
    return Location(bucket, key, other_region=body_region if body_region != regions[bucket] else "")


def _named(job: Job) -> Iterator[_Named]:
    """Yield the objects that a job names, its input first, its output last."""
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
