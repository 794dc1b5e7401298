"""VERIFY=job: a callback's body is a hint, and what CI itself says of the job, run or review is what counts.

CI signs nothing; whoever knows the callback URL can send any body. But its job API can be asked, in the name of the
execution role: https://cloud.tencent.com/document/product/436/54010, 436/80046, 436/68904.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ci_callback.cloud import ci as job_api
from ci_callback.errors import UnknownJob

from . import key as placement

if TYPE_CHECKING:
    from ci_callback.cloud.cos import Store
    from ci_callback.decode.job import Job

# What CI's ids are made of; nothing else gets into a path.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def is_swept(job: Job) -> bool:
    """Whether the sweep finds the job, should its callback be lost."""
    return job_api.is_listed(job.tag)


def fetch(store: Store, hint: Job) -> tuple[Job, str]:
    """Return the job as CI knows it, and the bucket that it belongs to; raise UnknownJob, or StoreError.

    The hint says only where to ask: a listed bucket, or where it names none each of them in turn.
    """
    if not _ID.fullmatch(hint.job_id):
        raise UnknownJob("The callback's JobId is none that CI could have given.")
    named = placement.bucket_of(hint)
    for bucket in [named] if named else store.regions:
        job = job_api.describe(store, bucket, hint.tag, hint.job_id)
        if job is not None:
            return job, bucket
    raise UnknownJob("CI knows no job with this JobId.")
