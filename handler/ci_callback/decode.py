"""Bytes to callback. Total: any bytes give one of the four values below, never an exception.

Envelopes: https://cloud.tencent.com/document/product/460/84956 (task), 460/80039 (workflow), 460/56345 (review).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from . import text, tree
from .callback import Callback, read_job
from .errors import Malformed
from .fields import first_problem

if TYPE_CHECKING:
    from .callback import Job
    from .delivery import Delivery

# What CI posts when somebody saves a callback URL for reviews.
_PROBE_MESSAGE = "Test request when setting callback url"
_PROBE_TRACE = "test_trace_id"

TASK_FINISH = "TaskFinish"


@dataclass(frozen=True)
class Probe:
    """CI tests whether the URL answers; there is nothing to keep."""


@dataclass(frozen=True)
class Unsupported:
    """Well-formed, but no task callback (a workflow's end, a review): to be kept until a release can read it."""

    detail: str


@dataclass(frozen=True)
class Rejection:
    """No callback; `reason` is a stable word, `detail` one sentence."""

    reason: str
    detail: str


Decoded = Callback | Probe | Unsupported | Rejection


def decode(delivery: Delivery) -> Decoded:
    """Return what the delivery's body says."""
    if delivery.defect is not None:
        return Rejection(*delivery.defect)
    try:
        return _read_envelope(tree.parse(text.decode(delivery.body, is_text=delivery.is_text)))
    except Malformed as problem:
        return Rejection(problem.reason, str(problem))


def read_job_list(body: bytes) -> tuple[tuple[Job, ...], str]:
    """Return the jobs that an answer of CI's job API lists, as TaskFinish callbacks would tell them, and its NextToken.

    Raises Malformed.
    """
    answer = tree.parse(text.decode(body, is_text=False))
    envelope = answer.get("Response", {})
    if not isinstance(envelope, dict) or answer.keys() - {"Response"}:
        raise Malformed("not-an-answer", "The answer is no list of jobs.")
    jobs = _read_jobs(TASK_FINISH, envelope.get("JobsDetail", []))
    return jobs, str(envelope.get("NextToken", ""))


def _read_envelope(body: dict[str, Any]) -> Decoded:
    envelope = body.get("Response", body)
    if not isinstance(envelope, dict):
        raise Malformed("not-an-object", "The Response is not an object.")
    if _is_probe(envelope):
        return Probe()
    event_name = envelope.get("EventName", "")
    if event_name not in ("", TASK_FINISH):
        return Unsupported(f"The event {str(event_name)[:64]!a} is not supported by this release.")
    details = envelope.get("JobsDetail")
    if details is None:
        return Unsupported("The body names no job (JobsDetail).")
    return Callback(_read_jobs(event_name, details, envelope.get("Workflow")))


def _read_jobs(event_name: str, details: Any, workflow: Any = None) -> tuple[Job, ...]:
    items = details if isinstance(details, list) else [details]
    return tuple(_read_job(event_name, item, workflow, at) for at, item in enumerate(items))


def _is_probe(envelope: dict[str, Any]) -> bool:
    data = envelope.get("data")
    return isinstance(data, dict) and data.get("trace_id") == _PROBE_TRACE and envelope.get("message") == _PROBE_MESSAGE


def _read_job(event_name: str, item: Any, workflow: Any, at: int) -> Job:
    if not isinstance(item, dict):
        raise Malformed("not-an-object", f"JobsDetail[{at}] is not an object.")
    try:
        return read_job(event_name, item, workflow)
    except ValidationError as error:
        path, said = first_problem(error)
        raise Malformed("bad-field", f"JobsDetail[{at}].{path}: {said}.") from None
