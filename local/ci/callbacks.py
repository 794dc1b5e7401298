"""CI's callbacks: one POST to the URL of a job or of its queue, in XML, in converted JSON or in native JSON.

No reply makes a second try: CI documents none for jobs. Open, and decided here: a job's own URL without a format gets
XML, regardless of the queue's format, and `native` decides between CI's two kinds of JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from local.http import post as http_post
from models import wire
from models.catalog import catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ci.jobs import Job
    from local.ci.queues import Queue
    from local.http.post import Reply

Form = Literal["xml", "json", "native"]  # native: numbers and flags are values, JobsDetail an array

NONE = "no"  # the URL for no callback, not even the queue's
_EVENT = "TaskFinish"


@dataclass(frozen=True)
class CallbackOptions:
    """The callback of a submission; "" for the queue's."""

    url: str = field(default="", repr=False)
    form: str = ""  # as CI writes it, XML or JSON


@dataclass(frozen=True)
class Callback:
    """A callback that was sent, and its reply."""

    job: Job
    url: str = field(repr=False)
    form: Form
    body: bytes = field(repr=False)
    reply: Reply = field(repr=False)


def send(job: Job, options: CallbackOptions, queue: Queue, *, native: bool = False) -> Callback | None:
    """Send a job's callback and wait for the reply; return None where none is configured."""
    notify = queue.notify
    is_queues = not options.url and notify["State"] == "On" and _EVENT in notify["Event"].split(",")
    url = notify["Url"] if is_queues else options.url
    if url in {"", NONE}:
        return None
    form = cast("Form", (options.form or (notify["ResultFormat"] if is_queues else "XML")).lower())
    form = "native" if native and form == "json" else form
    body = body_of(job.detail, form)
    return Callback(job, url, form, body, post(url, form, body))


def body_of(detail: Mapping[str, Any], form: Form) -> bytes:
    """Write the callback of a job."""
    if form != "native":
        return wire.body_of(detail, form)
    tree = {"EventName": _EVENT, "JobsDetail": [dict(detail)]}
    return wire.as_native_json(catalog()[detail["Tag"]], tree, array=True).encode()


def review_body(tag: str, detail: Mapping[str, Any]) -> bytes:
    """Write the callback of a review, which CI posts as native JSON alone."""
    return wire.as_native_json(catalog()[tag], {"EventName": tag, "JobsDetail": [dict(detail)]}).encode()


def post(url: str, form: Form, body: bytes) -> Reply:
    """POST a callback with the headers of the one trace in CI's documents; raise NotLocalError."""
    content_type = "application/xml" if form == "xml" else "application/json"
    headers = {"User-Agent": "Go-http-client/1.1", "Content-Type": content_type, "Accept-Encoding": "gzip"}
    return http_post.post(url, body, headers)
