"""CI's queues: every bucket has one of each kind, with the address of its callbacks.

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

from local.ci.jobs import ci_time
from local.ci.request_body import invalid, part, read, text
from local.http import post as http_post
from local.http.xml import ServiceError, not_implemented, xml_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.ci.jobs import Family
    from local.ci.request_body import Tree
    from local.http.message import Request, Response

# The kind of a family's queue, named as its path is.
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
        return {
            "QueueId": self.id,
            "Name": self.name,
            "State": self.state,
            "MaxSize": "10000",
            "MaxConcurrent": "10",
            "UpdateTime": self.updated,
            "CreateTime": self.created,
            "NotifyConfig": self.notify,
        }


class Queues:
    """The queues of one local cloud; any thread may ask and change."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, str], Queue] = {}  # by bucket and kind

    def find(self, bucket: str, family: Family, queue_id: str = "") -> Queue:
        """Return the bucket's queue with this id, else the one for the family; raise ServiceError."""
        if not queue_id:
            return self._of(bucket, _KINDS[family])
        for kind in _KINDS.values():
            queue = self._of(bucket, kind)
            if queue.id == queue_id:
                return queue
        raise ServiceError(404, "QueueNotFound", f"The bucket has no queue {queue_id!r}.")

    def answer(self, request: Request, bucket: str, match: re.Match[str]) -> Response:
        """Answer a request whose path PATH has matched; raise ServiceError."""
        queue = self._of(bucket, match["kind"])
        if request.method == "GET" and match["id"] is None:
            return xml_response("Response", _listed(queue, _parameters(request)))
        if request.method != "PUT" or not match["id"]:
            raise not_implemented(f"{request.method} {request.target}")
        if match["id"] != queue.id:
            raise ServiceError(404, "QueueNotFound", f"The bucket has no queue {match['id']!r} of this kind.")
        return xml_response("Response", {"Queue": self._update(bucket, match["kind"], request.body).fields})

    def _of(self, bucket: str, kind: str) -> Queue:
        digest = hashlib.sha256(f"{bucket} {kind}".encode()).hexdigest()
        with self._lock:
            if (bucket, kind) not in self._queues:
                now = ci_time(self._clock())
                self._queues[bucket, kind] = Queue(f"p{digest[:32]}", f"{kind}-default", now, now)
            return self._queues[bucket, kind]

    def _update(self, bucket: str, kind: str, body: bytes) -> Queue:
        asked = read(body)
        name, state = text(asked, "Name"), text(asked, "State", _STATES)
        if not name or not state or "NotifyConfig" not in asked:
            raise invalid("Name, State and NotifyConfig are required.")
        if len(name.encode()) > _LONGEST_NAME:
            raise invalid(f"Name may have {_LONGEST_NAME} bytes.")
        notify, now = _notify(part(asked, "NotifyConfig")), ci_time(self._clock())
        new = replace(self._of(bucket, kind), name=name, state=state, notify=notify, updated=now)
        with self._lock:
            self._queues[bucket, kind] = new
        return new


def _notify(asked: Tree) -> dict[str, str]:
    """Read a NotifyConfig; raise ServiceError."""
    state = text(asked, "State", ("On", "Off")) or "Off"
    form = text(asked, "ResultFormat", ("XML", "JSON")) or "XML"
    kind = text(asked, "Type", ("Url", "TDMQ", "Kafka"))
    event, url = text(asked, "Event"), text(asked, "Url")
    if kind not in {"", "Url"}:
        raise ServiceError(501, "NotImplemented", f"The local cloud has no {kind}: take the Type Url.")
    if event and not set(event.split(",")) <= _EVENTS:
        raise invalid(f"Event must be a list of {', '.join(sorted(_EVENTS))}.")
    if state == "On" and not (kind and event and url):
        raise invalid("With State On, Type, Event and Url are required.")
    if url:
        check_url("Url", url)
    return {"State": state, "Event": event, "ResultFormat": form, "Type": kind, "Url": url}


def check_url(name: str, url: str) -> None:
    """Raise ServiceError for a URL that does not lead to this machine."""
    try:
        http_post.port_of(url)
    except http_post.NotLocalError as error:
        raise invalid(f"{name}: {error}") from None


def _parameters(request: Request) -> dict[str, str]:
    asked = request.query_texts
    if unknown := sorted(set(asked) - _PARAMETERS):
        raise not_implemented(", ".join(unknown))
    text(asked, "state", ("All", *_STATES))
    for name in ("pageNumber", "pageSize"):
        number = asked.get(name) or "1"
        if not (number.isascii() and number.isdecimal() and int(number)):
            raise invalid(f"{name} must be a number from 1 on.")
    return asked


def _listed(queue: Queue, asked: Mapping[str, str]) -> dict[str, Any]:
    is_meant = asked.get("state", "") in {"", "All", queue.state}
    if ids := asked.get("queueIds"):
        wanted = ids.split(",")
        unknown = [each for each in wanted if each != queue.id]
        content: dict[str, Any] = {"QueueList": [queue.fields] if queue.id in wanted and is_meant else []}
        return {**content, "NonExistPIDs": {"QueueID": unknown}} if unknown else content
    page, size = asked.get("pageNumber") or "1", asked.get("pageSize") or "10"
    counts = {"TotalCount": int(is_meant), "PageNumber": page, "PageSize": size}
    return {**counts, "QueueList": [queue.fields] if is_meant and int(page) == 1 else []}
