"""Which action a job gets: an ordered table by Tag, State and a review's result; first match wins."""

from __future__ import annotations

import fnmatch
import itertools
from typing import TYPE_CHECKING, NamedTuple

from .template import Template  # noqa: TC001 - pydantic reads Route's annotations when it builds Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.decode.job import Job

    from .then import Action


class Route(NamedTuple):
    """One row of ROUTES; `write` is None for a row that ignores, `then` what follows a write. `row` counts from 1."""

    row: int
    tag: str
    state: str
    write: Template | None
    result: str = "*"
    then: tuple[Action, ...] = ()

    @property
    def patterns(self) -> tuple[str, str, str]:
        """What a job's Tag, State and (if it is a review) result must match."""
        return self.tag, self.state, self.result

    def matches(self, job: Job) -> bool:
        """Whether the row is for this job."""
        if not _fits(job.tag, self.tag) or not _fits(job.state, self.state):
            return False
        return self.result == "*" or _fits(job.result, self.result)

    def covers(self, other: Route) -> bool:
        """Whether every job that the other row matches is matched by this one, as far as can be told."""
        return all(map(_covers, self.patterns, other.patterns))


def match(routes: Sequence[Route], job: Job) -> Route:
    """Return the first row that matches; there is one, since the last matches everything."""
    return next(route for route in routes if route.matches(job))


def _fits(name: str, pattern: str) -> bool:
    if pattern in ("*", name):
        return True
    return not pattern.isalnum() and fnmatch.fnmatchcase(name, pattern)


def _covers(wide: str, narrow: str) -> bool:
    """Whether every text that matches `narrow` matches `wide`, judged by texts that stand for all the others."""
    if wide == narrow:
        return True
    if "[" in wide + narrow:
        return wide == "*"
    # a `?` stands for a letter in no pattern, a `*` for nothing and for more letters than `wide` has places
    pieces = narrow.replace("?", "\0").split("*")
    fillings = itertools.product(("", "\0" * (len(wide) + 1)), repeat=len(pieces) - 1)
    return all(
        fnmatch.fnmatchcase("".join(piece + filling for piece, filling in zip(pieces, (*fill, ""), strict=True)), wide)
        for fill in fillings
    )
