"""ROUTES: the Tags it writes, and rows that look like mistakes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ci_callback.commands.finding import ok, problem, warning
from ci_callback.config.routes import is_pattern, match
from ci_callback.decode.job import RESULTS, Job
from ci_callback.shapes import MODULES

from . import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ci_callback.commands.finding import Finding
    from ci_callback.config.routes import Route
    from ci_callback.config.settings import Settings

_STATES = ("Success", "Failed", "Submitted", "Running", "Auditing", "Pause", "Cancel")
_MAX_NAMED = 12


def reach(settings: Settings) -> Iterator[Finding]:
    """Yield the Tags that are written, and the rows that look like mistakes."""
    writing = [route for route in settings.ROUTES if route.write]
    for route in writing:
        yield from _misspelt(route)
        if any(keys.head(template).startswith(settings.DEAD_LETTER) for template in route.write):
            message = f"Route {route.row} writes its results below DEAD_LETTER: a replay reads every one of them."
            yield warning("routes", message, "Give the results or the dead letters another prefix.")
    written = [tag for tag in MODULES if _is_written(settings.ROUTES, tag)]
    if not written:
        message = "No known Tag is written: each callback is answered 200 and ignored."
        yield problem("routes", message, 'Add a route with "write" to ROUTES (docs/configuration.md, ROUTES).')
    elif len(written) == len(MODULES):
        yield ok("routes", "Results of every Tag are written.")
    else:
        named = ", ".join(written[:_MAX_NAMED]) + (", …" if len(written) > _MAX_NAMED else "")
        yield ok("routes", f"Results are written of {named}; no route writes those of any other known Tag.")


def _is_written(routes: Sequence[Route], tag: str) -> bool:
    """Return whether any result of a Tag is written; a review's, with any verdict."""
    found = [{}, *({"Result": number} for number in range(len(RESULTS)))] if tag.startswith("Review") else [{}]
    return any(match(routes, Job({"Tag": tag, "State": "Success", **fields})).write for fields in found)


def _misspelt(route: Route) -> Iterator[Finding]:
    """Yield each name in a row that is close to one that CI uses."""
    for kind, name, known in (("Tag", route.tag, tuple(MODULES)), ("State", route.state, _STATES)):
        if name in known or is_pattern(name):
            continue
        lower = {each.lower(): each for each in known}
        if near := difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.8):
            message = f"Route {route.row} is for the {kind} {name[:40]!a}, which CI is not known to use."
            fix = f"Did you mean {lower[near[0]]}? Names are exact, upper and lower case too."
            yield warning("routes", message, fix)
