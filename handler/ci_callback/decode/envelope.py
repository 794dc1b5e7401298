"""Bytes to callback. Total: any bytes give one of the four values below, never an exception.

Envelopes: https://cloud.tencent.com/document/product/460/84956 (task), 460/80039 (workflow), 460/56345 (review).
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.errors import Malformed

from . import tree
from .elements import read_each, read_job, read_run, read_simple_review, read_word
from .job import Callback, Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.delivery import Delivery

    from .elements import Read

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

_READERS = {"JobsDetail": read_job, "WorkflowExecution": read_run}

# Bytes of the envelope's own fields over all jobs of a callback.
_MAX_SHARED = 1_000_000


def decode(delivery: Delivery) -> Decoded:
    """Decode the delivery's body."""
    if delivery.defect is not None:
        return Rejection(*delivery.defect)
    try:
        body = tree.read(delivery.body, is_text=delivery.is_text)
        decoded = _read_envelope(body.tree)
    except Malformed as problem:
        return Rejection(problem.reason, str(problem))
    if body.repaired and isinstance(decoded, Callback):
        return decoded._replace(jobs=tuple(Job(job.fields, repaired=True) for job in decoded.jobs))
    return decoded


def _read_envelope(body: dict[str, Any]) -> Decoded:
    envelope = body.get("Response", body)
    if not isinstance(envelope, dict):
        raise Malformed("not-an-object", "The Response is not an object.")
    if envelope is not body and len(body) > 1:
        beside = {name: value for name, value in body.items() if name != "Response"}
        envelope = dict(sorted({**beside, **envelope}.items()))
    if _is_probe(envelope):
        return Probe()
    event_name = read_word(envelope, "EventName")
    for name, read in _READERS.items():
        if name in envelope:
            return _read_all(name, envelope, partial(read, event_name))
    data = envelope.get("data")
    if isinstance(data, dict) and ("trace_id" in data or isinstance(data.get("event"), str)):
        return Callback((read_simple_review(envelope, data),))
    return Unsupported(f"The body names no job, no workflow run and no review; its event is {event_name[:64]!a}.")


def _read_all(name: str, envelope: Mapping[str, Any], read: Read) -> Callback:
    """Read the elements of a name, each with the envelope's other fields that it lacks itself."""
    elements = envelope[name]
    if envelope.keys() == {"EventName", name}:
        return read_each(name, elements, read)
    shared = {other: value for other, value in envelope.items() if other not in {"EventName", name}}
    if not isinstance(elements, list):
        return read_each(name, elements, lambda element: read(_merged(shared, element)))
    text = json.dumps(shared)
    if len(elements) * len(text) > _MAX_SHARED:
        first, *others = elements
        return read_each(name, [_merged(shared, first), *others], read)
    return read_each(name, elements, lambda element: read(_merged(json.loads(text), element)))  # each its own


def _merged(shared: Mapping[str, Any], element: Any) -> Any:
    return dict(sorted({**shared, **element}.items())) if isinstance(element, dict) else element


def _is_probe(envelope: dict[str, Any]) -> bool:
    data = envelope.get("data")
    return isinstance(data, dict) and data.get("trace_id") == _PROBE_TRACE and envelope.get("message") == _PROBE_MESSAGE
