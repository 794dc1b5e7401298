"""VERIFY=job: the callback's body is only a hint; the job, run or review is fetched from CI itself.

CI signs nothing; anyone who knows the callback URL can send any body. But CI's job API answers the execution role:
https://cloud.tencent.com/document/product/436/54010, 436/80046, 436/68904.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ci_callback.cloud import ci as job_api
from ci_callback.errors import UnknownJob

from .location import bucket_of

if TYPE_CHECKING:
    from ci_callback.cloud.cos import Store
    from ci_callback.decode.job import Job

# The characters of a CI id; no other text gets into a path.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def is_swept(job: Job) -> bool:
    """Return whether the sweep finds the job if its callback is lost."""
    return job_api.is_listed(job.tag)


def fetch(store: Store, hint: Job) -> tuple[Job, str]:
    """Fetch the job from CI, and the bucket that it belongs to; raise UnknownJob, or StoreError.

    The hint decides only where to ask: its listed bucket, or each bucket in turn where it names none.
    """
    if not _ID.fullmatch(hint.job_id):
        raise UnknownJob("The callback's JobId is none that CI could have given.")
    named = bucket_of(hint)
    for bucket in [named] if named else store.regions:
        job = job_api.find_job(store, bucket, hint.tag, hint.job_id)
        if job is not None:
            return job, bucket
    raise UnknownJob("CI knows no job with this JobId.")
