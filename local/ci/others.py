"""What CI knows besides jobs: workflow runs and content reviews, added by hand, each told to who asks by its id.

    GET /workflowexecution/<RunId>    document 436/80046
    GET /image/auditing/<JobId>       document 436/68904; /video/ 436/47317, /webpage/ 436/63959, and the other kinds
    GET /virus/detect/<JobId>         document 436/63962

A review is told as a JobsDetail, a run as a WorkflowExecution. Open: what CI answers about an id that it does not know
(here: NonExistJobIds for a review, 404 for a run).
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from local.ci import xml as ci_xml
from local.cos.answers import CosError

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

    def add(self, bucket: str, kind: Kind, told: Mapping[str, Any]) -> None:
        """Keep what CI tells of one, in CI's own field names; what has the same id gives way to it.

        Raise ValueError where it has no id: a run its RunId, a review its JobId.
        """
        name = "RunId" if kind == _RUNS else "JobId"
        if not told.get(name):
            raise ValueError(f"what is told under /{kind} has a {name}")
        with self._lock:
            self._known[bucket, kind, told[name]] = dict(told)

    def answer(self, request: Request, bucket: str, path: str) -> Response | CosError | None:
        """Return the answer to who asks for a run or a review by its id; None for any other request."""
        match = _PATH.fullmatch(path)
        if match is None or request.method != "GET" or request.parameters:
            return None
        kind, asked = cast("Kind", match["kind"]), match["id"]
        with self._lock:
            told = self._known.get((bucket, kind, asked))
        if kind == _RUNS:
            if told is None:
                return CosError(404, "ResourceNotFound", f"There is no workflow run {asked!r}.")
            return ci_xml.answer({"RequestId": "local", "WorkflowExecution": told})
        found = {"NonExistJobIds": asked} if told is None else {"JobsDetail": told}
        return ci_xml.answer({**found, "RequestId": "local"})
