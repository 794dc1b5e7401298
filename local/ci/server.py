"""Cloud Infinite's job API on your machine: submit jobs, look them up by id, list them page by page.

    POST /jobs                 document 436/54013; `ci_submit` reads what is asked for, `ci_worker` does it
    PUT /jobs/<id>?cancel      document 436/85082
    GET /jobs/<id>[,<id>…]     documents 436/54010, 460/84956
    GET /jobs?tag=…&states=…   document 436/54011
    /asr_jobs /pic_jobs /doc_jobs /ai_jobs /file_jobs: the same, each with the jobs of its family
    /queue …                   see `ci_queues`
    /workflow                  see `ci_setup`
    /workflowexecution/<id>    see `ci_others`, also for the reviews

Answers are XML, JobsDetail as in callbacks, without EventName. Open: what NextToken is on the last page (here: absent,
or empty with `empty_last_token`), whether the ends of the time belong to it (here: both, or with `includes_ends` off
none), how several unknown ids are told (here: one NonExistJobIds for each), and where a job is found that was submitted
to /jobs and is of another family (here: at both).
"""

from __future__ import annotations

import base64
import bisect
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, Literal, cast

from local.ci import queues as ci_queues
from local.ci import xml as ci_xml
from local.ci.others import Others
from local.ci.setup import Setups
from local.ci.worker import Worker
from local.cos.answers import CosError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local.http.message import Request, Response

Family = Literal["jobs", "asr_jobs", "pic_jobs", "doc_jobs", "ai_jobs", "file_jobs"]

_PATH = re.compile(r"(?P<family>(?:(?:asr|pic|doc|ai|file)_)?jobs)(?:/(?P<ids>.*))?", re.DOTALL)
_PARAMETERS = {
    *("tag", "queueId", "states", "startCreationTime", "endCreationTime", "orderByTime"),
    *("size", "nextToken"),
}
_STATES = {"All", "Submitted", "Running", "Success", "Failed", "Pause", "Cancel"}
_ORDERS = {"Asc", "Desc"}
_SIZE, _LARGEST_SIZE = 10, 100


@dataclass(frozen=True)
class Job:
    """A job as CI knows it; `detail` is its JobsDetail in CI's own field names."""

    bucket: str
    family: Family
    detail: Mapping[str, Any]
    created: float = field(repr=False)  # seconds since 1970
    common: bool = False  # whether it is found at /jobs too

    @property
    def families(self) -> tuple[Family, ...]:
        """At which paths it is found."""
        return (self.family, "jobs") if self.common and self.family != "jobs" else (self.family,)

    @property
    def shelves(self) -> list[_Shelf]:
        """Where lists find it."""
        return [(self.bucket, family, self.detail["Tag"]) for family in self.families]


_Shelf = tuple[str, str, str]
_Position = tuple[float, int]  # creation time, then the order of arrival


class LocalCi:
    """The jobs of one local cloud; any thread may add and ask.

    `worker` takes on what is submitted, for inputs that are there as `is_there` says of bucket and key. `setups` says
    what a bucket has besides, or has not, and `others` are the workflow runs and reviews.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        is_there: Callable[[str, str], bool] = lambda *_: True,
    ) -> None:
        self.empty_last_token = False
        self.includes_ends = True
        self.queues = ci_queues.Queues(clock)
        self.worker = Worker(self, clock, is_there)
        self.setups = Setups()
        self.others = Others()
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

    def stop(self) -> None:
        """Let go of the jobs that have not ended."""
        self.worker.stop()

    def get(self, bucket: str, job_id: str) -> Job | None:
        """Return the job with this id, if there is one."""
        with self._lock:
            number = self._numbers.get((bucket, job_id))
            return None if number is None else self._jobs[number]

    def add(self, bucket: str, job: Mapping[str, Any], *, family: Family = "jobs", common: bool = False) -> Job:
        """Keep a job and return it; one with the same JobId gives way to it. Raise ValueError without JobId or Tag.

        A list is a repeated element, None an empty one. Without CreationTime the job was created now.
        """
        if not job.get("JobId") or not job.get("Tag"):
            raise ValueError("a job has a JobId and a Tag")
        detail = {**job, "CreationTime": job.get("CreationTime") or ci_xml.stamp(self._clock())}
        new = Job(bucket, family, detail, _seconds(detail["CreationTime"]), common)
        with self._lock:
            number = self._numbers.setdefault((bucket, detail["JobId"]), len(self._jobs))
            if number == len(self._jobs):
                self._jobs.append(new)
            else:
                old, self._jobs[number] = self._jobs[number], new
                for shelf in old.shelves:
                    positions = self._shelves[shelf]
                    del positions[bisect.bisect_left(positions, (old.created, number))]
            for shelf in new.shelves:
                bisect.insort(self._shelves[shelf], (new.created, number))
        return new

    def answer(self, request: Request, bucket: str, path: str, region: str) -> Response | CosError:
        """Return the answer to a request whose caller is known; `path` is decoded, without its first slash."""
        by_hand = self.setups.answer(request, bucket, path) or self.others.answer(request, bucket, path)
        return by_hand or self._answer(request, bucket, path, region)

    def _answer(self, request: Request, bucket: str, path: str, region: str) -> Response | CosError:
        if match := ci_queues.PATH.fullmatch(path):
            return self.queues.answer(request, bucket, match)
        match = _PATH.fullmatch(path)
        if match is None:
            return _unknown(f"{request.method} {request.target}")
        family, ids = cast("Family", match["family"]), match["ids"]
        if request.method == "GET":
            return self._found(request, bucket, family, ids)
        if request.method == "POST" and ids is None:
            return self.worker.submit(request.body, family, bucket, region)
        if request.method == "PUT" and ids and request.query in {"cancel", "cancel="}:
            return self.worker.cancel(bucket, family, ids)
        return _unknown(f"{request.method} {request.target}")

    def _found(self, request: Request, bucket: str, family: Family, ids: str | None) -> Response | CosError:
        asked = {
            name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in request.parameters
        }
        if unknown := set(asked) - (set() if ids else _PARAMETERS):
            return _unknown(", ".join(sorted(unknown)))
        if ids is not None:
            return self._described(bucket, family, ids.split(","))
        try:
            query = _query(asked, includes_ends=self.includes_ends)
        except ValueError as error:
            return CosError(400, "InvalidArgument", str(error))
        return self._listed((bucket, family, asked["tag"]), query)

    def _described(self, bucket: str, family: str, ids: Sequence[str]) -> Response | CosError:
        if not all(ids):
            return CosError(400, "InvalidArgument", "A job id is empty.")
        found, missing = [], []
        for each in ids:
            job = self.get(bucket, each)
            if job is not None and family in job.families:
                found.append(job)
            else:
                missing.append(each)
        return ci_xml.answer({"JobsDetail": [job.detail for job in found], "NonExistJobIds": missing})

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
        return ci_xml.answer(answer)


@dataclass(frozen=True)
class _Query:
    """What a list request asks for; `after` is where the page before ended."""

    states: frozenset[str]
    queue: str
    start: float
    end: float
    descending: bool
    size: int
    after: _Position | None
    includes_ends: bool

    def walk(self, positions: list[_Position]) -> Iterator[_Position]:
        """Return the positions in the order asked for, from where the page before ended."""
        first, last = (-1, inf) if self.includes_ends else (inf, -1)
        low = bisect.bisect_left(positions, (self.start, first))
        high = bisect.bisect_left(positions, (self.end, last))
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


def _unknown(what: str) -> CosError:
    return CosError(501, "NotImplemented", f"The local cloud does not know {what}.")


def _query(asked: Mapping[str, str], *, includes_ends: bool) -> _Query:
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
    return _Query(states, asked.get("queueId", ""), start, end, order == "Desc", int(size), after, includes_ends)


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
