"""What a bucket has in Cloud Infinite because somebody set it up so by hand: services that are off, queues, workflows.

    GET /workflow    document 460/76857

A bucket has every service, with the queues of `ci_queues`, and no workflow, until it is set up otherwise. Queues that
are set up here are listed in their place and do nothing: unlike those, they may be said to call anybody. Without
workflows CI has been seen to list a single empty one. Open: the codes of services besides media, pictures and AI.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from local.cos.answers import CosError
from local.http.message import Response
from models.wire import to_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.http.message import Request

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
_PARAMETERS = {b"queueIds", b"state", b"ids", b"name", b"pageNumber", b"pageSize"}
_PAGE = 10


@dataclass
class Setup:
    """How one bucket is set up; queues (by service) and workflows are in CI's own field names."""

    services: set[Service] = field(default_factory=lambda: set(SERVICES))
    queues: dict[Service, list[dict[str, Any]]] = field(default_factory=dict)
    workflows: list[dict[str, Any]] = field(default_factory=list)


class Setups(defaultdict[str, Setup]):
    """The setup of every bucket, by its name."""

    def __init__(self) -> None:
        super().__init__(Setup)

    def answer(self, request: Request, bucket: str, path: str) -> Response | CosError | None:
        """Return the answer to a request that is about the setup, or in vain for it; None for any other."""
        setup, kind = self[bucket], path.partition("/")[0]
        service = {**_QUEUES, **_JOBS, "workflow": "Media"}.get(kind, "Media")
        if service not in setup.services:
            return CosError(400, f"{service}BucketUnBinded", "The bucket is not bound.")
        queues = setup.queues.get(_QUEUES[path]) if path in _QUEUES else None
        if request.method != "GET" or (path != "workflow" and queues is None):
            return None
        unknown = {name for name, _ in request.parameters} - _PARAMETERS
        if unknown:
            return CosError(501, "NotImplemented", f"The local cloud does not know {unknown}.")
        if queues is not None:
            return _page(request, "QueueList", queues)
        return _page(request, "MediaWorkflowList", setup.workflows)


def queue(service: Service, **notify: str) -> dict[str, Any]:
    """Return a queue of a service; `notify` goes over the NotifyConfig of one that calls nobody."""
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
    """Return a workflow on uploads below a prefix; `start` is what its first node has besides, such as ExtFilter."""
    node = {"Type": "Start", "Input": {"QueueId": "p-media", "ObjectPrefix": prefix, **start}}
    return {"Name": name, "WorkflowId": f"w-{name}", "State": state, "Topology": {"Nodes": {"Start": node}}}


def _page(request: Request, name: str, rows: list[dict[str, Any]]) -> Response:
    asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.parameters}
    number, size = int(asked.get("pageNumber") or 1), int(asked.get("pageSize") or _PAGE)
    shown: list[Mapping[str, Any]] = list(rows[(number - 1) * size : number * size])
    counts = {"TotalCount": len(rows), "PageNumber": number, "PageSize": size}
    content = to_xml("Response", {"RequestId": "local", **counts, name: shown or [{}]}).encode()
    return Response(200, (("Content-Type", "application/xml"),), content)
