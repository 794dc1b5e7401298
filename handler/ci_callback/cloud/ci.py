"""CI's job API: a job, workflow run or review by its id, and the jobs of a Tag by the page.

https://cloud.tencent.com/document/product/436/54010 (job), 436/80046 (run), 436/68904 (review), 436/54011 (list).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ci_callback.decode.answers import read_job_list, read_lookup
from ci_callback.decode.job import REVIEW
from ci_callback.errors import Malformed, NotFound, StoreError, Unavailable, Unreadable
from ci_callback.shapes import APIS, MODULES, NO_JOBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ci_callback.decode.answers import JobList
    from ci_callback.decode.job import Job

    from .cos import Store

# The path of most Tags; newer SDKs call it the common method.
_COMMON = "jobs"

# Jobs of this path can be looked up by their id but not listed: https://cloud.tencent.com/document/product/436/83108.
_FILES = "file_jobs"

# Undocumented: the event or Tag by which callbacks name these.
_VIRUS = "VirusDetect"


# Of an answer: more than this is read in smaller pages.
_MOST_BYTES = 6_000_000

# Reasons why a smaller page may be read where a larger one is not.
_TOO_LARGE = ("too-many-values", "too-deep", "mixed-content")

_TOKEN = re.compile(rb"<NextToken>([^<]{1,1000})</NextToken>")


class LargePage(StoreError):
    """A page of a list is too large to be read, or one of its jobs is; `next_token` is "" where none was read."""

    reason = "too-large"

    def __init__(self, detail: str, next_token: str) -> None:
        super().__init__(detail)
        self.next_token = next_token


def find_job(store: Store, bucket: str, paths: Iterable[tuple[str, str]], job_id: str) -> Job | None:
    """Look up a job, run or review; None if CI has none of this id. One request for each path; raises StoreError.

    `paths` are those of `paths_of`; `job_id` must be safe in one.
    """
    for path, result_tag in paths:
        try:
            answer = store.query_ci(bucket, f"{path}/{job_id}", {})
            jobs = read_lookup(answer, result_tag, bucket)
        except NotFound:
            continue
        except Malformed as error:
            raise Unavailable(f"CI's answer could not be read: {error}") from None
        for job in jobs:
            if job.job_id == job_id:
                return job
    return None


def paths_of(tag: str, *, is_review: bool = False) -> Iterable[tuple[str, str]]:
    """Return the paths to look under, in order, each with the Tag of its answers where these are no jobs, else "".

    A review whose callback does not name its kind is looked up as each kind.
    """
    if tag in NO_JOBS:
        return ((APIS[tag], tag),)
    if tag in MODULES:
        return dict.fromkeys((path_of(tag), _COMMON), "").items()
    reviews = [(APIS[each], each) for each in NO_JOBS if each.startswith(REVIEW)] if is_review else []
    return (*reviews, (_COMMON, ""), (APIS[_VIRUS], _VIRUS))


def path_of(tag: str) -> str:
    """Return the path under which CI creates, finds and lists the jobs of a Tag."""
    return APIS.get(tag, _COMMON)


def is_listed(tag: str) -> bool:
    """Return whether this is a known Tag whose jobs CI lists, so that the sweep finds them."""
    return tag in MODULES and tag not in NO_JOBS and path_of(tag) != _FILES


def list_page(store: Store, bucket: str, tag: str, parameters: Mapping[str, str]) -> JobList:
    """List a page of a Tag's jobs; raise LargePage, or another StoreError."""
    try:
        answer = store.query_ci(bucket, path_of(tag), {"tag": tag, **parameters})
    except Unreadable as error:
        raise LargePage(str(error), "") from None
    if len(answer) > _MOST_BYTES:
        raise LargePage(f"CI's answer has {len(answer):,} bytes.", _next_token(answer))
    try:
        return read_job_list(answer)
    except Malformed as error:
        if error.reason in _TOO_LARGE:
            raise LargePage(str(error), _next_token(answer)) from None
        raise Unavailable(f"CI's answer could not be read: {error}") from None


def _next_token(answer: bytes) -> str:
    """Return the token of the next page, which follows the jobs, of an answer that cannot be read as a whole."""
    found = _TOKEN.match(answer, max(answer.rfind(b"<NextToken>"), 0))
    return found[1].decode(errors="replace") if found else ""
