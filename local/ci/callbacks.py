"""CI's callback of a job: one POST to the URL of the job or of its queue.

No reply makes a second try: CI documents none. Open, and decided here: a job's own URL without a format gets XML,
regardless of the queue's format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from local.http import post as http_post
from models.wire import body_of

if TYPE_CHECKING:
    from local.ci.jobs import Job
    from local.ci.queues import Queue
    from local.http.post import Reply
    from models.wire import Format

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
    form: Format
    body: bytes = field(repr=False)
    reply: Reply = field(repr=False)


def send(job: Job, options: CallbackOptions, queue: Queue) -> Callback | None:
    """Send a job's callback and wait for the reply; return None where none is configured."""
    notify = queue.notify
    is_queues = not options.url and notify["State"] == "On" and _EVENT in notify["Event"].split(",")
    url = notify["Url"] if is_queues else options.url
    if url in {"", NONE}:
        return None
    form = cast("Format", (options.form or (notify["ResultFormat"] if is_queues else "XML")).lower())
    body = body_of(job.detail, form)
    return Callback(job, url, form, body, post(url, form, body))


def post(url: str, form: Format, body: bytes) -> Reply:
    """POST a callback with the headers of the one trace in CI's documents; raise NotLocalError."""
    headers = {"User-Agent": "Go-http-client/1.1", "Content-Type": f"application/{form}", "Accept-Encoding": "gzip"}
    return http_post.post(url, body, headers)
