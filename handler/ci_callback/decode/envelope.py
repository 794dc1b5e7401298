"""Bytes to callback. Total: any bytes give one of the four values below, never an exception.

Envelopes: https://cloud.tencent.com/document/product/460/84956 (task), 460/80039 (workflow), 460/56345 (review).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.errors import Malformed

from . import encoding, tree
from .elements import (
    TASK_FINISH,
    as_callback_element,
    read_job,
    read_looked_up_run,
    read_run,
    read_simple_review,
)
from .job import WORKFLOW, Callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci_callback.delivery import Delivery

    from .job import Job

# CI posts a probe when a callback URL for reviews is saved.
_PROBE_MESSAGE = "Test request when setting callback url"
_PROBE_TRACE = "test_trace_id"


class Probe(NamedTuple):
    """CI's test that the URL answers; there is nothing to keep."""


class Unsupported(NamedTuple):
    """A well-formed body of no kind that CI is known to send, kept until a release can read it."""

    detail: str


class Rejection(NamedTuple):
    """A body that cannot be read; `reason` is a stable word, `detail` one sentence."""

    reason: str
    detail: str


Decoded = Callback | Probe | Unsupported | Rejection


def decode(delivery: Delivery) -> Decoded:
    """Decode the delivery's body."""
    if delivery.defect is not None:
        return Rejection(*delivery.defect)
    try:
        return _read_envelope(tree.parse(encoding.decode(delivery.body, is_text=delivery.is_text)))
    except Malformed as problem:
        return Rejection(problem.reason, str(problem))


def read_job_list(body: bytes) -> tuple[tuple[Job, ...], str]:
    """Read a page of the job API: its jobs, as callbacks describe them, and its NextToken; raise Malformed."""
    answer = _read_answer(body)
    jobs = _read_jobs(TASK_FINISH, answer.get("JobsDetail", []))
    return jobs, str(answer.get("NextToken", ""))


def read_lookup(body: bytes, tag: str, bucket: str) -> tuple[Job, ...]:
    """Read CI's lookup answer into the run or the review of the Tag, as its callback describes it; raise Malformed.

    There is at most one. `bucket` is the one whose CI was asked, which the answer does not name.
    """
    answer = _read_answer(body)
    if tag == WORKFLOW:
        runs = answer.get("WorkflowExecution", [])
        return _read_each("WorkflowExecution", runs, lambda run: read_looked_up_run(run, bucket))
    details = answer.get("JobsDetail", [])
    return _read_each("JobsDetail", details, lambda detail: read_job(tag, as_callback_element(detail, bucket)))


def _read_answer(body: bytes) -> dict[str, Any]:
    answer = tree.parse(encoding.decode(body, is_text=False))
    envelope = answer.get("Response", {})
    if not isinstance(envelope, dict) or answer.keys() - {"Response"}:
        raise Malformed("not-an-answer", "The answer is none of CI's job API.")
    return envelope


def _read_envelope(body: dict[str, Any]) -> Decoded:
    envelope = body.get("Response", body)
    if not isinstance(envelope, dict):
        raise Malformed("not-an-object", "The Response is not an object.")
    if _is_probe(envelope):
        return Probe()
    event_name = envelope.get("EventName", "")
    if not isinstance(event_name, str):
        raise Malformed("bad-field", "EventName: one text is expected.")
    if "JobsDetail" in envelope:
        return Callback(_read_jobs(event_name, envelope["JobsDetail"], envelope.get("Workflow")))
    if "WorkflowExecution" in envelope:
        runs = envelope["WorkflowExecution"]
        return Callback(_read_each("WorkflowExecution", runs, lambda run: read_run(event_name, run)))
    if isinstance(data := envelope.get("data"), dict) and isinstance(data.get("event"), str):
        return Callback((read_simple_review(envelope, data),))
    return Unsupported(f"The body names no job, no workflow run and no review; its event is {event_name[:64]!a}.")


def _read_jobs(event_name: str, details: Any, workflow: Any = None) -> tuple[Job, ...]:
    return _read_each("JobsDetail", details, lambda detail: read_job(event_name, detail, workflow))


def _read_each(name: str, elements: Any, read: Callable[[dict[str, Any]], Job]) -> tuple[Job, ...]:
    """Read one element of a name or several; raise Malformed, which names the element by its index."""
    jobs = []
    for at, element in enumerate(elements if isinstance(elements, list) else [elements]):
        if not isinstance(element, dict):
            raise Malformed("not-an-object", f"{name}[{at}] is not an object.")
        try:
            jobs.append(read(element))
        except Malformed as problem:
            raise Malformed(problem.reason, f"{name}[{at}].{problem}") from None
    return tuple(jobs)


def _is_probe(envelope: dict[str, Any]) -> bool:
    data = envelope.get("data")
    return isinstance(data, dict) and data.get("trace_id") == _PROBE_TRACE and envelope.get("message") == _PROBE_MESSAGE
