"""The location of a job's input: the bucket and the key next to which its result is stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.decode.job import Job


class Location(NamedTuple):
    """A listed bucket and the input's key in it.

    `key` is "" for a job that names no object there, and `problem` then the reason. `source` identifies the input: its
    key, else its URL, else "". `other_region` is the body's where it contradicts BUCKETS.
    """

    bucket: str
    key: str = ""
    source: str = ""
    other_region: str = ""
    problem: tuple[str, str] = ("no-object", "The job names no object to store its result next to.")


class Unlocated(NamedTuple):
    """A job whose input is in an unlisted bucket."""

    reason: str
    detail: str


class _Named(NamedTuple):
    """An object named in a callback; each part may be ""."""

    bucket: str = ""
    region: str = ""
    key: str = ""


_NO_BUCKET = ("no-bucket", "The job names an object but no bucket, and BUCKETS lists several.")

# The hosts of a bucket: https://cloud.tencent.com/document/product/436/6224, 460/31505, 436/38864 (accelerate)
_URL = re.compile(
    r"(?:(?:https?:)?//)?([a-z0-9-]+-[0-9]+)\.(?:cos|cos-internal|cos-website|ci|pic[a-z0-9-]*)(?:\.([a-z0-9-]+))?"
    r"\.(?:myqcloud\.com|tencentcos\.cn)(?::[0-9]+)?/([^?#]+)",
    re.ASCII | re.IGNORECASE,
)
_NO_REGION = ("", "accelerate", "accelerate-overseas")


def bucket_of(job: Job) -> str:
    """Return the bucket that the job itself names, or ""."""
    named = (_own_names(job), _by_url(job.url), _output(job))
    return next((each.bucket for each in named if each.bucket), "")


def locate(job: Job, regions: Mapping[str, str], ci_bucket: str = "") -> Location | Unlocated:
    """Locate the input of a job. The configuration alone decides which buckets there are, and their regions.

    `ci_bucket` is the bucket whose CI knows the job, where CI was asked; it counts where the job names no bucket.
    """
    location = _locate(job, regions, ci_bucket)
    if job.repaired and isinstance(location, Location) and "\ufffd" in location.key:
        return location._replace(key="", source="")  # not the key of the object, and perhaps of several
    return location


def _locate(job: Job, regions: Mapping[str, str], ci_bucket: str) -> Location | Unlocated:
    own, url, output = _own_names(job), job.url, _output(job)
    if own.bucket and own.bucket not in regions:
        return _unlisted(own.bucket)
    linked = _by_url(url)
    if linked.bucket in regions and not own.key:
        bucket = own.bucket or linked.bucket
        region = own.region if own.bucket else linked.region
        return _location(_Named(bucket, region, linked.key), regions, linked.key if bucket == linked.bucket else url)
    output = output if output.bucket in {"", *regions} else _Named()
    bucket = own.bucket or output.bucket or ci_bucket
    if linked.bucket and linked.bucket not in regions and not bucket:
        return _unlisted(linked.bucket)
    key = own.key or (output.key if output.bucket in {"", bucket} else "")
    only = bucket or next(iter(regions))
    if key and not bucket and len(regions) > 1:
        return Location(only, source=key, problem=_NO_BUCKET)
    region = own.region if own.bucket or not output.bucket else output.region
    return _location(_Named(only, region, key), regions, key or url)


def _location(named: _Named, regions: Mapping[str, str], source: str) -> Location:
    other_region = "" if named.region in {*_NO_REGION, regions[named.bucket]} else named.region
    return Location(named.bucket, named.key.lstrip("/"), source.lstrip("/"), other_region)


def _unlisted(bucket: str) -> Unlocated:
    return Unlocated("bucket-not-listed", f"BUCKETS does not list the bucket {bucket[:80]!a}.")


def _own_names(job: Job) -> _Named:
    """Return the input that the job names by bucket and key: in Input, or in a run's or a review's own fields."""
    source, own = job.element("Input"), job.fields
    first = _Named(source.get("BucketId", ""), source.get("Region", ""), source.get("Object", ""))
    second = _Named(own.get("BucketId", ""), own.get("Region", ""), own.get("Object", ""))
    return _Named(*(mine or other for mine, other in zip(first, second, strict=True)))


def _by_url(url: str) -> _Named:
    """Return the object that a URL names on a host of any bucket."""
    match = _URL.match(url)
    if match is None:
        return _Named()
    bucket, region, path = match.groups()
    try:
        key = unquote(path, errors="strict")
    except UnicodeDecodeError:
        key = ""
    return _Named(bucket.lower(), (region or "").lower(), key)


def _output(job: Job) -> _Named:
    output = job.element("Operation", "Output")
    key = output.get("Object", "")
    # a pattern such as out-${Number}.jpg is no key
    return _Named(output.get("Bucket", ""), output.get("Region", ""), "" if "${" in key else key)
