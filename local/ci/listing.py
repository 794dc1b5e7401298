"""Lists of jobs, page by page: GET /jobs?tag=…&states=… (document 436/54011).

Open: the NextToken of the last page (here: absent, or empty with `empty_last_token`), and whether the ends of the
period belong to it (here: both, or with `includes_ends` off none).
"""

from __future__ import annotations

import base64
import bisect
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any

from local.ci.jobs import seconds
from local.ci.request_body import invalid
from local.http.xml import not_implemented

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.ci.jobs import Jobs, Position

_PARAMETERS = {"tag", "queueId", "states", "startCreationTime", "endCreationTime", "orderByTime", "size", "nextToken"}
_STATES = ("All", "Submitted", "Running", "Success", "Failed", "Pause", "Cancel")
_SIZE, _LARGEST_SIZE = 10, 100


@dataclass(frozen=True)
class Query:
    """The parameters of a list request; `after` is the last position of the page before."""

    tag: str
    states: frozenset[str]
    queue: str
    start: float
    end: float
    descending: bool
    size: int
    after: Position | None

    def page(
        self, jobs: Jobs, bucket: str, family: str, *, includes_ends: bool, empty_last_token: bool
    ) -> dict[str, Any]:
        """Return the content of the answer."""
        walk = self._walk(jobs.positions(bucket, family, self.tag), includes_ends=includes_ends)
        found = ((position, jobs.at(position[1]).detail) for position in walk)
        page = list(islice((each for each in found if self._wants(each[1])), self.size + 1))
        answer: dict[str, Any] = {"JobsDetail": [detail for _, detail in page[: self.size]]}
        if len(page) > self.size:
            answer["NextToken"] = _token(page[self.size - 1][0])
        elif empty_last_token:
            answer["NextToken"] = None
        return answer

    def _walk(self, positions: list[Position], *, includes_ends: bool) -> Iterator[Position]:
        """Yield the positions in the order asked for, from the end of the page before."""
        first, last = (-1, inf) if includes_ends else (inf, -1)
        low = bisect.bisect_left(positions, (self.start, first))
        high = bisect.bisect_left(positions, (self.end, last))
        if self.after and self.descending:
            high = min(high, bisect.bisect_left(positions, self.after))
        elif self.after:
            low = max(low, bisect.bisect_right(positions, self.after))
        indices = reversed(range(low, high)) if self.descending else range(low, high)
        return (positions[index] for index in indices)

    def _wants(self, detail: Mapping[str, Any]) -> bool:
        if self.queue and detail.get("QueueId") != self.queue:
            return False
        return "All" in self.states or detail.get("State") in self.states


def query(asked: Mapping[str, str]) -> Query:
    """Parse the parameters of a list request; raise ServiceError naming the one that CI does not take."""
    if unknown := sorted(set(asked) - _PARAMETERS):
        raise not_implemented(", ".join(unknown))
    if not asked.get("tag"):
        raise invalid("tag is required.")
    states = frozenset((asked.get("states") or "All").split(","))
    if not states <= set(_STATES):
        raise invalid(f"states must be a list of {', '.join(_STATES)}.")
    order = asked.get("orderByTime") or "Desc"
    if order not in {"Asc", "Desc"}:
        raise invalid("orderByTime must be Asc or Desc.")
    size = asked.get("size") or str(_SIZE)
    if not (size.isascii() and size.isdecimal() and 0 < int(size) <= _LARGEST_SIZE):
        raise invalid(f"size must be a number from 1 to {_LARGEST_SIZE}.")
    try:
        start = seconds(asked["startCreationTime"]) if asked.get("startCreationTime") else -inf
        end = seconds(asked["endCreationTime"]) if asked.get("endCreationTime") else inf
        after = _position(asked["nextToken"]) if asked.get("nextToken") else None
    except ValueError as error:
        raise invalid(str(error)) from None
    return Query(asked["tag"], states, asked.get("queueId", ""), start, end, order == "Desc", int(size), after)


def _token(position: Position) -> str:
    return base64.urlsafe_b64encode(f"{position[0]!r} {position[1]}".encode()).decode()


def _position(token: str) -> Position:
    try:
        created, number = base64.b64decode(token, altchars=b"-_", validate=True).split()
        return float(created), int(number)
    except ValueError:
        raise ValueError("nextToken is unknown.") from None
