"""Answers of the job API to jobs, each as its callback would describe it.

https://cloud.tencent.com/document/product/436/54010 (job), 436/80046 (run), 436/68904 (review), 436/54011 (list).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.errors import Malformed

from . import tree
from .elements import WORKFLOW_START, read_each, read_job, read_run, read_state
from .job import FINAL_STATES, WORKFLOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .job import Job, MalformedJob

# The beginning of every answer; an empty one is one without jobs.
_IN_RESPONSE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<Response[\s/>]")

_TASK_FINISH = "TaskFinish"
_WORKFLOW_FINISH = "WorkflowFinish"


class JobList(NamedTuple):
    """A page of a job list: its jobs, the elements that cannot be read as jobs, and the token of the next page."""

    jobs: tuple[Job, ...]
    malformed: tuple[MalformedJob, ...]
    next_token: str


def read_job_list(body: bytes) -> JobList:
    """Read a page of a job list; raise Malformed."""
    answer = _read_answer(body)
    page = read_each("JobsDetail", answer.get("JobsDetail", []), partial(read_job, _TASK_FINISH), needs_one=False)
    return JobList(page.jobs, page.malformed, str(answer.get("NextToken", "")))


def read_lookup(body: bytes, tag: str, bucket: str) -> tuple[Job, ...]:
    """Read a lookup answer into its run or review of the Tag, or its jobs for the Tag ""; raise Malformed.

    `bucket` is the one whose CI was asked, which the answer does not name for a run or a review.
    """
    answer = _read_answer(body)
    name = "WorkflowExecution" if tag == WORKFLOW else "JobsDetail"

    def read(element: Mapping[str, Any]) -> Job:
        if not tag:
            return read_job(_TASK_FINISH, element)
        if tag == WORKFLOW:
            event_name = _WORKFLOW_FINISH if read_state(element) in FINAL_STATES else WORKFLOW_START
            return read_run(event_name, _as_callback_element(element, bucket))
        return read_job(tag, _as_callback_element(element, bucket))

    return read_each(name, answer.get(name, []), read).jobs


def _read_answer(body: bytes) -> dict[str, Any]:
    answer = tree.read(body, is_text=False).tree
    envelope = answer.get("Response", {})
    is_empty = not answer and _IN_RESPONSE.match(body)
    if not isinstance(envelope, dict) or not (is_empty or answer.keys() == {"Response"}):
        raise Malformed("not-an-answer", "The answer is none of CI's job API.")
    return envelope


def _as_callback_element(element: Mapping[str, Any], bucket: str) -> Mapping[str, Any]:
    """Rename the fields of a run or a review in a lookup answer as callbacks have them.

    An answer has a run's WorkflowName under Name, and leaves out the bucket that was asked.
    """
    names = {"Name": "WorkflowName"} if "RunId" in element and "WorkflowName" not in element else {}
    named = {"BucketId": bucket, **{names.get(name, name): value for name, value in element.items()}}
    return dict(sorted(named.items()))
