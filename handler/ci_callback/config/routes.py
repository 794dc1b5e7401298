"""ROUTES: an ordered table by Tag, State and a review's result. The first row that matches a job decides."""

from __future__ import annotations

import fnmatch
import itertools
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.decode.job import RESULTS

from .template import BadTemplate, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.decode.job import Job

    from .template import Template
    from .then import Action

MAX_TEMPLATES = 5

_UNLOCATED = "ci-callback/results/{tag}/{job_id}.{digest}"

DEFAULT_ROUTES = json.dumps(
    [
        *(
            {
                "tag": "Workflow",
                "state": state,
                "write": ["{object}.workflow.json", "ci-callback/results/{tag}/{job_id}.json"],
            }
            for state in ("Success", "Failed")
        ),
        # a live review: one callback a segment
        {"tag": "Review*", "state": "Auditing", "write": f"{_UNLOCATED}.json"},
        {"tag": "*", "state": "Success", "write": ["{object}.{tag}{variant}.json", f"{_UNLOCATED}.json"]},
        {"tag": "*", "state": "Failed", "write": ["{object}.{tag}{variant}.failed.json", f"{_UNLOCATED}.failed.json"]},
        {"tag": "*", "state": "*", "ignore": True},
    ]
)


class Route(NamedTuple):
    """One row of ROUTES, counted from 1.

    `write` are the templates to try in order, none for a row that ignores; `then` are the actions after a write.
    """

    row: int
    tag: str
    state: str
    write: tuple[Template, ...] = ()
    result: str = "*"
    then: tuple[Action, ...] = ()

    @property
    def patterns(self) -> tuple[str, str, str]:
        """Return the patterns for a job's Tag, State and (of a review) result."""
        return self.tag, self.state, self.result

    def covers(self, other: Route) -> bool:
        """Return whether this row matches every job that the other row matches, as far as patterns can show it."""
        return all(map(_covers, self.patterns, other.patterns))


def match(routes: Sequence[Route], job: Job) -> Route:
    """Return the first row that matches; there is one, since the last matches everything."""
    tag, state = job.tag, job.state
    return next(
        route
        for route in routes
        if _fits(state, route.state)  # first, since it is hardly ever a pattern
        and _fits(tag, route.tag)
        and (route.result == "*" or _fits(job.result, route.result))
    )


def read(text: str) -> tuple[Route, ...]:
    """Read a table from its JSON; raise ValueError with every mistake in it."""
    try:
        rows = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({error})") from None
    if not isinstance(rows, list) or not rows:
        raise ValueError("it is no list of routes")
    routes, problems = [], []
    for number, row in enumerate(rows, 1):
        try:
            routes.append(_read_route(row, number))
        except ValueError as mistake:  # noqa: PERF203 - each mistake is reported, not only the first
            problems.append(f"route {number}{mistake}")
    problems = problems or _table_problems(routes)
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(routes)


def _read_route(row: Any, number: int) -> Route:
    """Read a row; raise ValueError with a text that continues `route 1`."""
    if not isinstance(row, dict):
        raise ValueError(" is no object")  # noqa: TRY004 - a mistake in a value, as all others
    if problem := _row_problem(row):
        raise ValueError(f" {problem}")
    write = () if "ignore" in row else _read_templates(row["write"])
    then = _read_then(row["then"]) if "then" in row else ()
    return Route(number, row["tag"], row["state"], write, row.get("result", "*"), then)


def _row_problem(row: dict[str, Any]) -> str:
    """Return the mistake in a row's fields, as a clause, or ""."""
    unknown = row.keys() - {"tag", "state", "result", "write", "then", "ignore"}
    if unknown:
        return f"has the unknown field {min(unknown)[:40]!a}; there are tag, state, result, write, then, ignore"
    if not all(isinstance(row.get(name), str) and row[name] for name in ("tag", "state")):
        return "needs a tag and a state, each a name or a pattern such as *"
    if not isinstance(row.get("result", "*"), str) or not any(
        fnmatch.fnmatchcase(each, row.get("result", "*")) for each in RESULTS
    ):
        return f"has a result that no review has; there are {', '.join(RESULTS)}"
    if ("write" in row) == ("ignore" in row) or row.get("ignore", True) is not True:
        return 'needs either "write": "<key template>" or "ignore": true'
    if "ignore" in row and "then" in row:
        return "has actions but writes nothing for them to follow"
    return ""


def _read_templates(write: Any) -> tuple[Template, ...]:
    texts = write if isinstance(write, list) else [write]
    if not 0 < len(texts) <= MAX_TEMPLATES:
        raise ValueError(f": its write is no template and no list of 1 to {MAX_TEMPLATES}")
    templates = []
    for text in texts:
        try:
            templates.append(parse(str(text)))
        except BadTemplate as mistake:  # noqa: PERF203 - the message names the template
            raise ValueError(f": its template {str(text)[:80]!a} is wrong: {mistake}") from None
    return tuple(templates)


def _read_then(then: Any) -> tuple[Action, ...]:
    from . import then as actions  # noqa: PLC0415 - few routes have any

    try:
        return actions.parse(then)
    except actions.BadAction as mistake:
        raise ValueError(f": its then {mistake}") from None


def _table_problems(routes: Sequence[Route]) -> list[str]:
    problems = [
        f"route {route.row} is never reached: route {earlier.row} takes all that it would take"
        for at, route in enumerate(routes)
        for earlier in routes[:at]
        if earlier.covers(route)
    ]
    if routes[-1].patterns != ("*", "*", "*"):
        problems.append('the last route must be a catch-all, such as {"tag": "*", "state": "*", "ignore": true}')
    return problems


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern."""
    return not set(text).isdisjoint("*?[")


def _fits(name: str, pattern: str) -> bool:
    if pattern == "*" or pattern == name:  # noqa: PLR1714 - for every job and row, without a tuple
        return True
    return not pattern.isalnum() and fnmatch.fnmatchcase(name, pattern)


def _covers(wide: str, narrow: str) -> bool:
    """Return whether every text that matches `narrow` matches `wide`, judged by sample texts."""
    if wide == narrow:
        return True
    if "[" in wide + narrow:
        return wide == "*"
    # a `?` becomes a letter of no pattern; a `*` becomes nothing, then more letters than `wide` has places
    pieces = narrow.replace("?", "\0").split("*")
    fillings = itertools.product(("", "\0" * (len(wide) + 1)), repeat=len(pieces) - 1)
    return all(
        fnmatch.fnmatchcase("".join(piece + filling for piece, filling in zip(pieces, (*fill, ""), strict=True)), wide)
        for fill in fillings
    )
