"""Cloud Infinite's job API on your machine: submit jobs, look them up by id, list them page by page.

    POST /jobs                 document 436/54013, read by `submit`, done by `worker`
    PUT /jobs/<id>?cancel      document 436/85082
    GET /jobs/<id>[,<id>…]     documents 436/54010, 460/84956
    GET /jobs?tag=…&states=…   document 436/54011, see `listing`
    /asr_jobs /pic_jobs /doc_jobs /ai_jobs /file_jobs: the same, each with the jobs of its family
    /queue …                   see `queues`
    /workflow                  see `setup`
    /workflowexecution/<id>    see `others`, also for the reviews
    POST /image/auditing …     see `reviews`

Answers are XML, JobsDetail as in callbacks, without EventName. Open: how CI names several unknown ids (here: one
NonExistJobIds for each), and where a job is found that was submitted to /jobs and is of another family (here: at both).
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, cast

from local.ci import callbacks, listing, queues, reviews
from local.ci.jobs import Jobs
from local.ci.others import Others
from local.ci.request_body import invalid
from local.ci.setup import Setups
from local.ci.worker import Worker
from local.http.xml import not_implemented, xml_response
from models.catalog import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.ci.jobs import Family, Job
    from local.ci.others import Kind
    from local.http.message import Request, Response
    from local.http.post import Reply

_PATH = re.compile(r"(?P<family>(?:(?:asr|pic|doc|ai|file)_)?jobs)(?:/(?P<ids>.*))?", re.DOTALL)


class LocalCi:
    """The HTTP front of one local Cloud Infinite; any thread may add jobs and ask.

    `worker` does the submitted jobs, for inputs that exist according to `has_object(bucket, key)`. `setups` has what a
    bucket is bound to, `others` the workflow runs and reviews.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        has_object: Callable[[str, str], bool] = lambda *_: True,
    ) -> None:
        self.empty_last_token = False
        self.includes_ends = True
        self.registry = Jobs(clock)
        self.add = self.registry.add
        self.get = self.registry.get
        self.queues = queues.Queues(clock)
        self.worker = Worker(self.registry, self.queues, clock, has_object)
        self.setups = Setups()
        self.others = Others()
        self.reviews = reviews.Reviews(self.others, self.worker, clock)

    @property
    def jobs(self) -> list[Job]:
        """Every job in the order of arrival."""
        return self.registry.all()

    def clear(self) -> None:
        """Forget jobs, runs and reviews."""
        self.registry.clear()
        self.others.clear()

    def stop(self) -> None:
        """Abandon the jobs that have not ended."""
        self.worker.stop()

    def send_review(self, url: str, bucket: str, tag: str, detail: Mapping[str, Any]) -> Reply:
        """Record a verdict of a review for look-ups and POST its callback; raise NotLocalError.

        A live stream has a verdict for each segment in the State Auditing, and a person may judge after the machine.
        """
        self.others.add(bucket, cast("Kind", catalog()[tag].api), detail)
        return callbacks.post(url, "native", callbacks.review_body(tag, detail))

    def answer(self, request: Request, bucket: str, path: str, region: str) -> Response:
        """Answer an authenticated request; `path` is decoded, without its first slash. Raise ServiceError."""
        return (
            self.setups.answer(request, bucket, path)
            or self.others.answer(request, bucket, path)
            or self._answer(request, bucket, path, region)
        )

    def _answer(self, request: Request, bucket: str, path: str, region: str) -> Response:
        if match := queues.PATH.fullmatch(path):
            return self.queues.answer(request, bucket, match)
        if request.method == "POST" and path in reviews.entries():
            return self.reviews.submit(request.body, path, bucket, region)
        if match := _PATH.fullmatch(path):
            family, ids = cast("Family", match["family"]), match["ids"]
            if request.method == "GET" and ids is None:
                return self._listed(request, bucket, family)
            if request.method == "GET" and not request.parameters:
                return self._described(bucket, family, ids.split(","))
            if request.method == "POST" and ids is None:
                return self.worker.submit(request.body, family, bucket, region)
            if request.method == "PUT" and ids and request.query in {"cancel", "cancel="}:
                return self.worker.cancel(bucket, family, ids)
        raise not_implemented(f"{request.method} {request.target}")

    def _described(self, bucket: str, family: Family, ids: Sequence[str]) -> Response:
        if not all(ids):
            raise invalid("A job id is empty.")
        jobs = {each: self.get(bucket, each) for each in ids}
        found = [job.detail for job in jobs.values() if job and family in job.families]
        known = {detail["JobId"] for detail in found}
        missing = [each for each in ids if each not in known]
        return xml_response("Response", {"JobsDetail": found, "NonExistJobIds": missing})

    def _listed(self, request: Request, bucket: str, family: Family) -> Response:
        page = listing.query(request.query_texts).page(
            self.registry, bucket, family, includes_ends=self.includes_ends, empty_last_token=self.empty_last_token
        )
        return xml_response("Response", page)
