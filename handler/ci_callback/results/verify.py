"""VERIFY=job: the callback's body is only a hint; the job, run or review is fetched from CI itself.

CI signs nothing; anyone who knows the callback URL can send any body. But CI's job API answers the execution role:
https://cloud.tencent.com/document/product/436/54010, 436/80046, 436/68904.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ci_callback.cloud import ci as job_api
from ci_callback.errors import Unavailable, UnknownJob

from .location import bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ci_callback.cloud.cos import Store
    from ci_callback.decode.job import Job

    _Path = tuple[str, str]

# The characters of a CI id; no other text gets into a path.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


# For one callback: a real one has few jobs, a forged one may have any number.
_MOST_REQUESTS = 100


class Verifier:
    """Asks CI about the jobs of one callback, so many times at most."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = iter(range(_MOST_REQUESTS))  # taken by several threads, each once

    def fetch(self, hint: Job) -> tuple[Job, str]:
        """Fetch the job from CI, and the bucket that it belongs to; raise UnknownJob, or StoreError.

        The hint decides only where to ask: its listed bucket, or each bucket in turn where it names none.
        """
        if not _ID.fullmatch(hint.job_id):
            raise UnknownJob("The callback's JobId is none that CI could have given.")
        named = bucket_of(hint)
        if named and named not in self._store.regions:
            raise UnknownJob("BUCKETS does not list the job's bucket, where CI would have to be asked.")
        for bucket in [named] if named else self._store.regions:
            job = self._find(bucket, hint)
            if job is not None:
                return job, bucket
        raise UnknownJob("CI knows no job with this JobId.")

    def _find(self, bucket: str, hint: Job) -> Job | None:
        paths = job_api.paths_of(hint.tag, is_review=hint.is_review)
        return job_api.find_job(self._store, bucket, self._counted(paths), hint.job_id)

    def _counted(self, paths: Iterable[_Path]) -> Iterator[_Path]:
        """Yield paths, each for one request; raise Unavailable after the last that this callback may cause."""
        for path in paths:
            if next(self._requests, None) is None:
                raise Unavailable(
                    f"CI was asked {_MOST_REQUESTS} times about jobs of this callback, and is not asked again."
                )
            yield path
