"""Cloud Infinite's job API on your machine: look jobs up by id, list them page by page.

    GET /jobs/<id>[,<id>…]     documents 436/54010, 460/84956
    GET /jobs?tag=…&states=…   document 436/54011
    /asr_jobs /pic_jobs /doc_jobs /ai_jobs /file_jobs: the same, each with the jobs of its family
    /queue … /workflow         `setups`

Answers are XML, JobsDetail as in callbacks, without EventName. Open: what NextToken is on the last page (here: absent,
or empty with `empty_last_token`), and how several unknown ids are told (here: one NonExistJobIds for each).
"""

from __future__ import annotations

import base64
import bisect
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from math import inf
from typing import TYPE_CHECKING, Any, Literal

from local.ci_body import to_xml
from local.ci_setup import Setups
from local.cos_answers import CosError
from local.http_message import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local.http_message import Request

Family = Literal["jobs", "asr_jobs", "pic_jobs", "doc_jobs", "ai_jobs", "file_jobs"]

_PATH = re.compile(r"(?P<family>(?:(?:asr|pic|doc|ai|file)_)?jobs)(?:/(?P<ids>.*))?", re.DOTALL)
_PARAMETERS = {
    *("tag", "queueId", "states", "startCreationTime", "endCreationTime", "orderByTime"),
    *("size", "nextToken"),
}
_STATES = {"All", "Submitted", "Running", "Success", "Failed", "Pause", "Cancel"}
_ORDERS = {"Asc", "Desc"}
_SIZE, _LARGEST_SIZE = 10, 100
_BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Job:
    """A job as CI knows it; `detail` is its JobsDetail in CI's own field names."""

    bucket: str
    family: Family
    detail: Mapping[str, Any]
    created: float = field(repr=False)  # seconds since 1970

    @property
    def shelf(self) -> _Shelf:
        """Where lists find it."""
        return self.bucket, self.family, self.detail["Tag"]


_Shelf = tuple[str, str, str]
_Position = tuple[float, int]  # creation time, then the order of arrival


class LocalCi:
    """The jobs of one local cloud; any thread may add and ask. `setups` says what else each bucket has."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.empty_last_token = False
        self.setups = Setups()
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: list[Job] = []
        self._numbers: dict[tuple[str, str], int] = {}  # by bucket and JobId
        self._shelves: defaultdict[_Shelf, list[_Position]] = defaultdict(list)

    @property
    def jobs(self) -> list[Job]:
        """Every job in the order of arrival."""
        with self._lock:
            return list(self._jobs)

    def add(self, bucket: str, job: Mapping[str, Any], *, family: Family = "jobs") -> Job:
        """Keep a job and return it; one with the same JobId gives way to it. Raise ValueError without JobId or Tag.

        A list is a repeated element, None an empty one. Without CreationTime the job was created now.
        """
        if not job.get("JobId") or not job.get("Tag"):
            raise ValueError("a job has a JobId and a Tag")
        detail = {**job, "CreationTime": job.get("CreationTime") or self._now()}
        new = Job(bucket, family, detail, _seconds(detail["CreationTime"]))
        with self._lock:
            number = self._numbers.setdefault((bucket, detail["JobId"]), len(self._jobs))
            if number == len(self._jobs):
                self._jobs.append(new)
            else:
                old, self._jobs[number] = self._jobs[number], new
                positions = self._shelves[old.shelf]
                del positions[bisect.bisect_left(positions, (old.created, number))]
            bisect.insort(self._shelves[new.shelf], (new.created, number))
        return new

    def answer(self, request: Request, bucket: str, path: str) -> Response | CosError:
        """Return the answer to a request whose caller is known; `path` is decoded, without its first slash."""
        if (answer := self.setups.answer(request, bucket, path)) is not None:
            return answer
        match = _PATH.fullmatch(path)
        if match is None or request.method != "GET":
            return CosError(501, "NotImplemented", f"The local cloud does not know {request.method} {request.target}.")
        asked = {
            name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in request.parameters
        }
        unknown = set(asked) - (set() if match["ids"] else _PARAMETERS)
        if unknown:
            return CosError(501, "NotImplemented", f"The local cloud does not know {', '.join(sorted(unknown))}.")
        if match["ids"] is not None:
            return self._described(bucket, match["family"], match["ids"].split(","))
        try:
            query = _query(asked)
        except ValueError as error:
            return CosError(400, "InvalidArgument", str(error))
        return self._listed((bucket, match["family"], asked["tag"]), query)

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), _BEIJING).strftime("%Y-%m-%dT%H:%M:%S%z")

    def _described(self, bucket: str, family: str, ids: Sequence[str]) -> Response | CosError:
        if not all(ids):
            return CosError(400, "InvalidArgument", "A job id is empty.")
        found, missing = [], []
        with self._lock:
            for each in ids:
                number = self._numbers.get((bucket, each))
                job = None if number is None else self._jobs[number]
                if job is not None and job.family == family:
                    found.append(job)
                else:
                    missing.append(each)
        return _response({"JobsDetail": [job.detail for job in found], "NonExistJobIds": missing})

    def _listed(self, shelf: _Shelf, query: _Query) -> Response:
        page: list[_Position] = []
        details = []
        with self._lock:
            # One more than asked for tells whether there is a next page.
            for position in query.walk(self._shelves.get(shelf, [])):
                detail = self._jobs[position[1]].detail
                if query.wants(detail):
                    page.append(position)
                    details.append(detail)
                if len(page) > query.size:
                    break
        answer: dict[str, Any] = {"JobsDetail": details[: query.size]}
        if len(page) > query.size:
            answer["NextToken"] = _token(page[query.size - 1])
        elif self.empty_last_token:
            answer["NextToken"] = None
        return _response(answer)


@dataclass(frozen=True)
class _Query:
    """What a list request asks for; `after` is where the page before ended. Both ends of the time belong to it."""

    states: frozenset[str]
    queue: str
    start: float
    end: float
    descending: bool
    size: int
    after: _Position | None

    def walk(self, positions: list[_Position]) -> Iterator[_Position]:
        """Return the positions in the order asked for, from where the page before ended."""
        low = bisect.bisect_left(positions, (self.start, -1))
        high = bisect.bisect_left(positions, (self.end, inf))
        if self.after and self.descending:
            high = min(high, bisect.bisect_left(positions, self.after))
        elif self.after:
            low = max(low, bisect.bisect_right(positions, self.after))
        indices = reversed(range(low, high)) if self.descending else range(low, high)
        return (positions[index] for index in indices)

    def wants(self, detail: Mapping[str, Any]) -> bool:
        """Tell whether state and queue are among those asked for."""
        if self.queue and detail.get("QueueId") != self.queue:
            return False
        return "All" in self.states or detail.get("State") in self.states


def _query(asked: Mapping[str, str]) -> _Query:
    """Return what was asked for; raise ValueError saying which parameter CI would not take."""
    if not asked.get("tag"):
        raise ValueError("tag is required.")
    states = frozenset((asked.get("states") or "All").split(","))
    if not states <= _STATES:
        raise ValueError("states must be a list of All, Submitted, Running, Success, Failed, Pause, Cancel.")
    order = asked.get("orderByTime") or "Desc"
    if order not in _ORDERS:
        raise ValueError("orderByTime must be Asc or Desc.")
    size = asked.get("size") or str(_SIZE)
    if not (size.isascii() and size.isdecimal() and 0 < int(size) <= _LARGEST_SIZE):
        raise ValueError(f"size must be a number from 1 to {_LARGEST_SIZE}.")
    start = _seconds(asked["startCreationTime"]) if asked.get("startCreationTime") else -inf
    end = _seconds(asked["endCreationTime"]) if asked.get("endCreationTime") else inf
    after = _position(asked["nextToken"]) if asked.get("nextToken") else None
    return _Query(states, asked.get("queueId", ""), start, end, order == "Desc", int(size), after)


def _seconds(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        raise ValueError(f"a time must look like 2001-01-01T00:00:00+0800, not {text!r}.") from None


def _token(position: _Position) -> str:
    return base64.urlsafe_b64encode(f"{position[0]!r} {position[1]}".encode()).decode()


def _position(token: str) -> _Position:
    try:
        created, number = base64.b64decode(token, altchars=b"-_", validate=True).split()
        return float(created), int(number)
    except ValueError:
        raise ValueError("nextToken is none of ours.") from None


def _response(content: Mapping[str, Any]) -> Response:
    return Response(200, (("Content-Type", "application/xml"),), to_xml("Response", content))
