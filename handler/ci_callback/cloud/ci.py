"""CI's job API, as far as we ask it: a job, a workflow run or a review by its id, and a page of the jobs of a Tag.

https://cloud.tencent.com/document/product/436/54010 (job), 436/80046 (run), 436/68904 (review), 436/54011 (list).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.decode.envelope import read_job_list, read_lookup
from ci_callback.errors import Malformed, NotFound, Unavailable
from ci_callback.shapes import APIS, MODULES, NO_JOBS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.decode.job import Job

    from .cos import Store

# Where the jobs of most Tags are kept; newer SDKs call it the common method.
_COMMON = "jobs"

# Where jobs are known by their id, and of which CI has no list: https://cloud.tencent.com/document/product/436/83108.
_FILES = "file_jobs"

# No document says by which event or Tag callbacks name these.
_VIRUS = "VirusDetect"


def describe(store: Store, bucket: str, tag: str, job_id: str) -> Job | None:
    """Return a job, run or review as CI knows it, None where CI knows none; raise StoreError. One or two requests.

    `tag` only says where to look; `job_id` must be safe in a path.
    """
    for path, other in _places(tag).items():
        try:
            answer = store.ask_ci(bucket, f"{path}/{job_id}", {})
            jobs = read_lookup(answer, other, bucket) if other else read_job_list(answer)[0]
        except NotFound:
            continue
        except Malformed as error:
            raise Unavailable(f"CI's answer could not be read: {error}") from None
        for job in jobs:
            if job.job_id == job_id:
                return job
    return None


def _places(tag: str) -> dict[str, str]:
    """Return the paths to ask, in their order, each with the Tag of what is told there if that is no job, else ""."""
    if tag in NO_JOBS:
        return {APIS[tag]: tag}
    if tag in MODULES:
        return dict.fromkeys((path_of(tag), _COMMON), "")
    return {_COMMON: "", APIS[_VIRUS]: _VIRUS}


def path_of(tag: str) -> str:
    """Return the path under which CI takes, knows and lists the jobs of a Tag."""
    return APIS.get(tag, _COMMON)


def is_listed(tag: str) -> bool:
    """Whether CI lists the jobs of a Tag that we know, so that the sweep finds them."""
    return tag in MODULES and tag not in NO_JOBS and path_of(tag) != _FILES


def list_page(store: Store, bucket: str, tag: str, parameters: Mapping[str, str]) -> tuple[tuple[Job, ...], str]:
    """Return a page of a Tag's jobs and the token of the next one ("" after the last); raise StoreError, Malformed."""
    return read_job_list(store.ask_ci(bucket, path_of(tag), {"tag": tag, **parameters}))
