"""The setup of a bucket in Cloud Infinite, made by hand: services that are off, queues, workflows.

    GET /workflow    document 460/76857

By default a bucket has every service, the queues of `queues` and no workflow. Queues of a setup are listed instead of
those; they do nothing, so any callback URL is allowed in them. CI has been seen to list a single empty workflow where
there is none. Open: the error codes of services besides media, pictures and AI.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from local.http.xml import ServiceError, not_implemented, xml_response

if TYPE_CHECKING:
    from local.http.message import Request, Response

Service = Literal["Media", "Pic", "Asr", "Doc", "AI"]
SERVICES: tuple[Service, ...] = get_args(Service)

_QUEUES: dict[str, Service] = {
    "queue": "Media",
    "picqueue": "Pic",
    "asrqueue": "Asr",
    "docqueue": "Doc",
    "ai_queue": "AI",
}
_JOBS: dict[str, Service] = {"jobs": "Media", "pic_jobs": "Pic", "asr_jobs": "Asr", "doc_jobs": "Doc", "ai_jobs": "AI"}
_PARAMETERS = {"queueIds", "state", "ids", "name", "pageNumber", "pageSize"}
_PAGE = 10


@dataclass
class Setup:
    """The setup of one bucket; queues (by service) and workflows are in CI's own field names."""

    services: set[Service] = field(default_factory=lambda: set(SERVICES))
    queues: dict[Service, list[dict[str, Any]]] = field(default_factory=dict)
    workflows: list[dict[str, Any]] = field(default_factory=list)


class Setups(defaultdict[str, Setup]):
    """The setup of every bucket, by its name."""

    def __init__(self) -> None:
        super().__init__(Setup)

    def answer(self, request: Request, bucket: str, path: str) -> Response | None:
        """Answer a request for the setup; return None for any other, raise ServiceError if its service is off."""
        setup, kind = self[bucket], path.partition("/")[0]
        service = {**_QUEUES, **_JOBS}.get(kind, "Media")
        if service not in setup.services:
            raise ServiceError(400, f"{service}BucketUnBinded", "The bucket is not bound.")
        if request.method != "GET":
            return None
        if path == "workflow":
            return _page(request, "MediaWorkflowList", setup.workflows)
        queues = setup.queues.get(_QUEUES[path]) if path in _QUEUES else None
        return None if queues is None else _page(request, "QueueList", queues)


def queue(service: Service, **notify: str) -> dict[str, Any]:
    """Return a queue of a service; `notify` updates a NotifyConfig without callbacks."""
    silent = {"State": "Off", "Event": "", "ResultFormat": "", "Type": "", "Url": ""}
    return {
        "QueueId": f"p-{service.lower()}",
        "Name": f"queue-{service.lower()}-1",
        "State": "Active",
        "MaxSize": "10000",
        "MaxConcurrent": "10",
        "NotifyConfig": {**silent, **notify},
    }


def workflow(name: str, prefix: str, *, state: str = "Active", **start: Any) -> dict[str, Any]:
    """Return a workflow on uploads below a prefix; `start` adds to its first node, such as ExtFilter."""
    node = {"Type": "Start", "Input": {"QueueId": "p-media", "ObjectPrefix": prefix, **start}}
    return {"Name": name, "WorkflowId": f"w-{name}", "State": state, "Topology": {"Nodes": {"Start": node}}}


def _page(request: Request, name: str, rows: list[dict[str, Any]]) -> Response:
    asked = request.query_texts
    if unknown := sorted(set(asked) - _PARAMETERS):
        raise not_implemented(", ".join(unknown))
    number, size = int(asked.get("pageNumber") or 1), int(asked.get("pageSize") or _PAGE)
    counts = {"TotalCount": len(rows), "PageNumber": number, "PageSize": size}
    return xml_response(
        "Response", {"RequestId": "local", **counts, name: rows[(number - 1) * size : number * size] or [{}]}
    )
