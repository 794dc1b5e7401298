"""How CI tells that a job has ended: one POST to the URL that the job names, or its queue, whatever is answered.

CI documents no second try. Open, and decided here: a job's own URL without a format gets XML, whatever its queue says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from local.http import post as http_post
from models import wire

if TYPE_CHECKING:
    from local.ci.queues import Queue
    from local.ci.server import Job
    from local.http.post import Reply
    from models.wire import Format

NONE = "no"  # the URL of who wants no callback, not even the queue's
_EVENT = "TaskFinish"


@dataclass(frozen=True)
class CallbackOptions:
    """What was said with a job of its callback: "" is what the queue says."""

    url: str = field(default="", repr=False)
    form: str = ""  # as CI writes it, XML or JSON


@dataclass(frozen=True)
class Callback:
    """A callback as it was sent, and what was answered; the reply's status is 0 where nothing was."""

    job: Job
    url: str = field(repr=False)
    form: Format
    body: bytes = field(repr=False)
    reply: Reply = field(repr=False)


def send(job: Job, options: CallbackOptions, queue: Queue) -> Callback | None:
    """Send a job's callback and wait for the answer; return None where nobody wants one."""
    notify = queue.notify
    is_queues = not options.url and notify["State"] == "On" and _EVENT in notify["Event"].split(",")
    url = notify["Url"] if is_queues else options.url
    if url in {"", NONE}:
        return None
    form = cast("Format", (options.form or (notify["ResultFormat"] if is_queues else "XML")).lower())
    body = wire.body_of(job.detail, form)
    return Callback(job, url, form, body, post(url, form, body))


def post(url: str, form: Format, body: bytes) -> Reply:
    """Return what is answered to a callback; raise NotLocalError where it would leave this machine."""
    # as in the one trace that CI's documents have of a callback
    headers = {"User-Agent": "Go-http-client/1.1", "Content-Type": f"application/{form}", "Accept-Encoding": "gzip"}
    return http_post.post(url, body, headers)
