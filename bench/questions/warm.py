"""Warm: an event's cost besides its PUT, and the whole event against a bare put_object of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.deployed import EVENT
from bench.measure import digits, ratio, spread, undisturbed_ratio
from bench.report import Table, with_quartiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort

_OBJECT = "input/test.mp3"
_WARM_UP = 5  # events that do not count, as in inside/warm.py


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure events and bare PUTs in one process, in turns."""
    event = site.write_event("warm", EVENT)
    site.cos.forget_requests()
    spent = site.ci_callback.program("warm.py", event, _OBJECT, effort.events).run().output["spent"]
    requests = sum(request.key.startswith("event/") for request in site.cos.requests)
    clocks = {
        name: _figures([each[at] for each in spent["event"]], [each[at] for each in spent["put"]])
        for at, name in enumerate(("wall", "cpu"))
    }
    return {**clocks, "requests_per_event": digits(requests / (effort.events + _WARM_UP))}


def _figures(events_ms: list[float], puts_ms: list[float]) -> dict[str, Any]:
    return {
        "event_ms": spread(events_ms),
        "put_ms": spread(puts_ms),
        "besides_put_ms": spread([event - put for event, put in zip(events_ms, puts_ms, strict=True)]),
        "times_put": ratio(events_ms, puts_ms),
        "undisturbed_times_put": undisturbed_ratio(events_ms, puts_ms),
    }


def table(figures: Mapping[str, Any]) -> Table:
    """Format a row for each clock."""
    names = ("event_ms", "put_ms", "besides_put_ms", "times_put")
    rows = [
        (clock, *(with_quartiles(figures[clock][name]) for name in names), figures[clock]["undisturbed_times_put"])
        for clock in ("wall", "cpu")
    ]
    return Table(
        f"Warm: an event against a bare put_object; {figures['requests_per_event']:g} requests an event",
        ("", "event ms", "put_object ms", "besides the PUT ms", "event / put_object", "undisturbed"),
        rows,
    )
