"""Warm: what an event costs besides its PUT, and the whole of it against a bare put_object of the SDK."""

from __future__ import annotations

import json
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
    """Return an event's figures and a bare PUT's, from one process that does both in turns."""
    event = site.write_event("warm", json.loads(EVENT.read_text(encoding="utf-8")))
    site.cos.forget_requests()
    spent = site.ours.program("warm.py", event, _OBJECT, effort.events).run().told["spent"]
    requests = sum(request.key.startswith("event/") for request in site.cos.requests)
    events, puts = spent["event"], spent["put"]
    return {
        name: {
            "event_ms": spread([each[at] for each in events]),
            "put_ms": spread([each[at] for each in puts]),
            "besides_put_ms": spread([mine[at] - bare[at] for mine, bare in zip(events, puts, strict=True)]),
            "times_put": ratio([each[at] for each in events], [each[at] for each in puts]),
            "undisturbed_times_put": undisturbed_ratio([each[at] for each in events], [each[at] for each in puts]),
        }
        for at, name in enumerate(("wall", "cpu"))
    } | {"requests_per_event": digits(requests / (len(events) + _WARM_UP))}


def table(figures: Mapping[str, Any]) -> Table:
    """Return the figures for people."""
    names = ("event_ms", "put_ms", "besides_put_ms", "times_put")
    rows = [
        (clock, *(with_quartiles(found[name]) for name in names), found["undisturbed_times_put"])
        for clock, found in figures.items()
        if clock in {"wall", "cpu"}
    ]
    return Table(
        f"Warm: an event against a bare put_object; {figures['requests_per_event']:g} requests an event",
        ("", "event ms", "put_object ms", "besides the PUT ms", "event / put_object", "undisturbed"),
        rows,
    )
