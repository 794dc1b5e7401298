"""Workflow runs and content reviews of the local Cloud Infinite: added by hand, looked up by id.

    GET /workflowexecution/<RunId>    document 436/80046
    GET /image/auditing/<JobId>       document 436/68904; /video/ 436/47317, /webpage/ 436/63959, and the other kinds
    GET /virus/detect/<JobId>         document 436/63962

A review is answered as a JobsDetail, a run as a WorkflowExecution. Open: CI's answer about an unknown id (here:
NonExistJobIds for a review, 404 for a run).
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from local.http.xml import ServiceError, xml_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.http.message import Request, Response

Kind = Literal[
    "workflowexecution",
    "image/auditing",
    "video/auditing",
    "audio/auditing",
    "text/auditing",
    "document/auditing",
    "webpage/auditing",
    "virus/detect",
]
_RUNS: Kind = "workflowexecution"
_PATH = re.compile(rf"(?P<kind>{'|'.join(get_args(Kind))})/(?P<id>[^/]+)")


class Others:
    """The runs and reviews of one local cloud; any thread may add and ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, Kind, str], Mapping[str, Any]] = {}  # by bucket, kind and id

    def add(self, bucket: str, kind: Kind, detail: Mapping[str, Any]) -> None:
        """Add a run or a review in CI's own field names, or replace the one with the same id.

        Raise ValueError without an id: the RunId of a run, the JobId of a review.
        """
        name = "RunId" if kind == _RUNS else "JobId"
        if not detail.get(name):
            raise ValueError(f"an answer to /{kind} has a {name}")
        with self._lock:
            self._known[bucket, kind, detail[name]] = dict(detail)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._known.clear()

    def answer(self, request: Request, bucket: str, path: str) -> Response | None:
        """Answer a look-up of a run or a review; return None for any other request, raise ServiceError."""
        match = _PATH.fullmatch(path)
        if match is None or request.method != "GET" or request.parameters:
            return None
        kind, asked = cast("Kind", match["kind"]), match["id"]
        with self._lock:
            detail = self._known.get((bucket, kind, asked))
        if kind != _RUNS:
            found = {"NonExistJobIds": asked} if detail is None else {"JobsDetail": detail}
        elif detail is not None:
            found = {"WorkflowExecution": detail}
        else:
            raise ServiceError(404, "ResourceNotFound", f"There is no workflow run {asked!r}.")
        return xml_response("Response", {**found, "RequestId": "local"})
