"""ROUTES: the Tags it writes, rows that look like mistakes, and rows that lose results."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ci_callback.commands.finding import ok, problem, warning
from ci_callback.config.routes import is_pattern, match
from ci_callback.config.template import makes_products
from ci_callback.decode.job import ENDED, RESULTS, Job
from ci_callback.shapes import MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ci_callback.commands.finding import Finding
    from ci_callback.config.routes import Route
    from ci_callback.config.settings import Settings
    from ci_callback.config.template import Template

_STATES = ("Success", "Failed", "Submitted", "Running", "Auditing", "Pause", "Cancel")
_LIVE = ("Auditing",)  # of a live review, in the callback of a segment
_MAX_NAMED = 12

# Fields that differ between the products of one input.
_OF_A_PRODUCT = {"variant", "job_id", "digest"}


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the Tags that are written, and the rows that look like mistakes or lose results."""
    for route in [route for route in settings.ROUTES if route.write]:
        yield from _misspelt(route)
        yield from _lossy(settings.ROUTES, route)
    written = [tag for tag in MODULES if any(route.write for route in _routes_of(settings.ROUTES, tag, ENDED[:1]))]
    if not written:
        message = "No known Tag is written: each callback is answered 200 and ignored."
        yield problem("routes", message, 'Add a route with "write" to ROUTES (docs/configuration.md, ROUTES).')
    elif len(written) == len(MODULES):
        yield ok("routes", "Results of every Tag are written.")
    else:
        yield ok("routes", f"Results are written of {_named(written)}; no route writes those of any other known Tag.")


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


def _lossy(routes: Sequence[Route], route: Route) -> Iterator[Finding]:
    """Yield the results that a row stores under one key, or under none."""

    def tags(states: Sequence[str]) -> list[str]:
        return [tag for tag in MODULES if route in _routes_of(routes, tag, states)]

    products = [tag for tag in tags(ENDED) if makes_products(tag)]
    if products and not any(_fields(template) & _OF_A_PRODUCT for template in route.write):
        message = f"Route {route.row} has one key for all products of an input: the first result stays,"
        fix = "Put {variant} into its template: {object}.{tag}{variant}.json."
        yield warning("routes", f"{message} later ones become dead letters ({_named(products)}).", fix)
    reviews = [tag for tag in tags(ENDED) if tag.startswith("Review")]
    if reviews and "digest" not in _fields(route.write[-1]):
        message = (
            f"Route {route.row} has no key for reviews of texts, pages and URLs, or one key for all their verdicts"
        )
        fix = "Add a last template with {digest}: ci-callback/results/{tag}/{job_id}.{digest}.json."
        yield warning("routes", f"{message} ({_named(reviews)}).", fix)
    live = [tag for tag in tags(_LIVE) if tag.startswith("Review")]
    if live and not all("digest" in _fields(template) for template in route.write):
        message = f"Route {route.row} has one key for all segments of a live review: each verdict replaces the last one"
        fix = "Write the state Auditing to a template with {digest} alone."
        yield warning("routes", f"{message} ({_named(live)}).", fix)


def _routes_of(routes: Sequence[Route], tag: str, states: Sequence[str]) -> list[Route]:
    """Return the rows of a Tag's jobs in these states; of a review's, with any result."""
    found = [{}, *({"Result": number} for number in range(len(RESULTS)))] if tag.startswith("Review") else [{}]
    jobs = [Job({"Tag": tag, "State": state, **fields}) for state in states for fields in found]
    return [match(routes, job) for job in jobs]


def _fields(template: Template) -> set[str]:
    return {field for _, field in template.parts if field}


def _named(tags: Sequence[str]) -> str:
    return ", ".join(tags[:_MAX_NAMED]) + (", …" if len(tags) > _MAX_NAMED else "")
