"""CI's queues: every bucket has one of each kind, and it says whom to tell when a job ends.

    GET /queue[?queueIds=…&state=…&pageNumber=…&pageSize=…]    document 436/54045
    PUT /queue/<id>                                            document 436/54046
    /picqueue /asrqueue /docqueue /ai_queue /file_queue: the same, each for the jobs of its family

A change takes effect at once; CI's documents speak of minutes.
"""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local.ci import xml as ci_xml
from local.ci.xml import BadRequestError
from local.cos.answers import CosError
from local.http import post as http_post

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.ci.server import Family
    from local.ci.xml import Tree
    from local.http.message import Request, Response

# The kind of queue that the jobs of a family run in, called as its path is.
_KINDS: dict[Family, str] = {
    "jobs": "queue",
    "pic_jobs": "picqueue",
    "asr_jobs": "asrqueue",
    "doc_jobs": "docqueue",
    "ai_jobs": "ai_queue",
    "file_jobs": "file_queue",
}
PATH = re.compile(rf"(?P<kind>{'|'.join(_KINDS.values())})(?:/(?P<id>[^/]*))?")

_STATES = ("Active", "Paused")
_PARAMETERS = {"queueIds", "state", "pageNumber", "pageSize"}
_EVENTS = {"TaskFinish", "WorkflowFinish", "WorkflowStart"}
_LONGEST_NAME = 128  # bytes


@dataclass(frozen=True)
class Queue:
    """A queue; `notify` is its NotifyConfig in CI's own field names."""

    id: str
    name: str
    created: str
    updated: str
    state: str = "Active"
    notify: Mapping[str, str] = field(default_factory=lambda: {"State": "Off", "Event": "", "Type": "", "Url": ""})

    @property
    def fields(self) -> Tree:
        """The queue as CI describes it."""
        times = {"UpdateTime": self.updated, "CreateTime": self.created}
        sizes = {"MaxSize": "10000", "MaxConcurrent": "10"}
        return {
            "QueueId": self.id,
            "Name": self.name,
            "State": self.state,
            **sizes,
            **times,
            "NotifyConfig": self.notify,
        }


class Queues:
    """The queues of one local cloud; any thread may ask and change."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, str], Queue] = {}  # by bucket and kind

    def find(self, bucket: str, family: Family, queue_id: str = "") -> Queue:
        """Return the bucket's queue with this id, else the one for the family; raise BadRequestError."""
        if not queue_id:
            return self._of(bucket, _KINDS[family])
        for kind in _KINDS.values():
            queue = self._of(bucket, kind)
            if queue.id == queue_id:
                return queue
        raise BadRequestError("QueueNotFound", f"The bucket has no queue {queue_id!r}.", 404)

    def answer(self, request: Request, bucket: str, match: re.Match[str]) -> Response | CosError:
        """Return the answer to a request whose path PATH has matched."""
        queue = self._of(bucket, match["kind"])
        try:
            if request.method == "GET" and match["id"] is None:
                return _listed(queue, _asked(request))
            if request.method == "PUT" and match["id"] == queue.id:
                return ci_xml.answer({"Queue": self._update(bucket, match["kind"], request.body).fields})
        except BadRequestError as bad:
            return bad.error
        if request.method == "PUT" and match["id"]:
            return CosError(404, "QueueNotFound", f"The bucket has no queue {match['id']!r} of this kind.")
        return CosError(501, "NotImplemented", f"The local cloud does not know {request.method} {request.target}.")

    def _of(self, bucket: str, kind: str) -> Queue:
        digest = hashlib.sha256(f"{bucket} {kind}".encode()).hexdigest()
        with self._lock:
            if (bucket, kind) not in self._queues:
                now = ci_xml.stamp(self._clock())
                self._queues[bucket, kind] = Queue(f"p{digest[:32]}", f"{kind}-default", now, now)
            return self._queues[bucket, kind]

    def _update(self, bucket: str, kind: str, body: bytes) -> Queue:
        asked = ci_xml.read(body)
        name, state = ci_xml.text(asked, "Name"), ci_xml.text(asked, "State", _STATES)
        if not name or not state or "NotifyConfig" not in asked:
            raise BadRequestError("InvalidArgument", "Name, State and NotifyConfig are required.")
        if len(name.encode()) > _LONGEST_NAME:
            raise BadRequestError("InvalidArgument", f"Name may have {_LONGEST_NAME} bytes.")
        notify = _notify(ci_xml.part(asked, "NotifyConfig"))
        old = self._of(bucket, kind)
        new = replace(old, name=name, state=state, notify=notify, updated=ci_xml.stamp(self._clock()))
        with self._lock:
            self._queues[bucket, kind] = new
        return new


def _notify(asked: Tree) -> dict[str, str]:
    """Return the NotifyConfig that is asked for; raise BadRequestError."""
    state = ci_xml.text(asked, "State", ("On", "Off")) or "Off"
    form = ci_xml.text(asked, "ResultFormat", ("XML", "JSON")) or "XML"
    kind = ci_xml.text(asked, "Type", ("Url", "TDMQ", "Kafka"))
    event, url = ci_xml.text(asked, "Event"), ci_xml.text(asked, "Url")
    if kind not in {"", "Url"}:
        raise BadRequestError("NotImplemented", f"The local cloud has no {kind}: take the Type Url.", 501)
    if event and not set(event.split(",")) <= _EVENTS:
        raise BadRequestError("InvalidArgument", f"Event must be a list of {', '.join(sorted(_EVENTS))}.")
    if state == "On" and not (kind and event and url):
        raise BadRequestError("InvalidArgument", "With State On, Type, Event and Url are required.")
    if url:
        check_url("Url", url)
    return {"State": state, "Event": event, "ResultFormat": form, "Type": kind, "Url": url}


def check_url(name: str, url: str) -> None:
    """Raise BadRequestError where the local cloud never posts to."""
    try:
        http_post.port_of(url)
    except http_post.NotLocalError as error:
        raise BadRequestError("InvalidArgument", f"{name}: {error}") from None


def _asked(request: Request) -> dict[str, str]:
    asked = {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in request.parameters}
    if unknown := sorted(set(asked) - _PARAMETERS):
        raise BadRequestError("NotImplemented", f"The local cloud does not know {', '.join(unknown)}.", 501)
    ci_xml.text(asked, "state", ("All", *_STATES))
    for name in ("pageNumber", "pageSize"):
        number = asked.get(name) or "1"
        if not (number.isascii() and number.isdecimal() and int(number)):
            raise BadRequestError("InvalidArgument", f"{name} must be a number from 1 on.")
    return asked


def _listed(queue: Queue, asked: Mapping[str, str]) -> Response:
    is_meant = asked.get("state", "") in {"", "All", queue.state}
    if ids := asked.get("queueIds"):
        wanted = ids.split(",")
        unknown = [each for each in wanted if each != queue.id]
        content: dict[str, Any] = {"QueueList": [queue.fields] if queue.id in wanted and is_meant else []}
        return ci_xml.answer({**content, "NonExistPIDs": {"QueueID": unknown}} if unknown else content)
    page, size = asked.get("pageNumber") or "1", asked.get("pageSize") or "10"
    counts = {"TotalCount": int(is_meant), "PageNumber": page, "PageSize": size}
    return ci_xml.answer({**counts, "QueueList": [queue.fields] if is_meant and int(page) == 1 else []})
