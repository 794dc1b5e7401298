"""CI's job API, as far as we ask it: a job by its id, and a page of the jobs of a Tag.

https://cloud.tencent.com/document/product/436/54010 (by id), 436/54011 (list).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decode import read_job_list
from .errors import Malformed, NotFound, Unavailable
from .shapes import APIS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .callback import Job
    from .store import Store

# Where the jobs of most Tags are kept; newer SDKs call it the common method.
_COMMON = "jobs"


def describe(store: Store, bucket: str, tag: str, job_id: str) -> Job | None:
    """Return a job as CI knows it, None where CI knows none; raise StoreError. One request, or two for some Tags.

    `tag` only says where to look first; `job_id` must be safe in a path.
    """
    for path in dict.fromkeys((APIS.get(tag, _COMMON), _COMMON)):
        try:
            jobs, _ = read_job_list(store.ask_ci(bucket, f"{path}/{job_id}", {}))
        except NotFound:
            continue
        except Malformed as error:
            raise Unavailable(f"CI's answer could not be read: {error}") from None
        for job in jobs:
            if job.job_id == job_id:
                return job
    return None


def list_page(store: Store, bucket: str, tag: str, parameters: Mapping[str, str]) -> tuple[tuple[Job, ...], str]:
    """Return a page of a Tag's jobs and the token of the next one ("" after the last); raise StoreError, Malformed."""
    return read_job_list(store.ask_ci(bucket, APIS.get(tag, _COMMON), {"tag": tag, **parameters}))
