"""Batch: the records of a queue's event on a store as slow as a real one, against one record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.deployed import EVENT
from bench.http_server import counts, running
from bench.measure import digits, spread
from bench.report import Table, with_quartiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort

_OBJECT = "input/test.mp3"
_LATENCY_MS = 20


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure an event of many records and one of one."""
    event = site.write_event("batch", EVENT)
    with running("bench.store", _LATENCY_MS) as address:
        function = replace(site.ci_callback, endpoint=address)
        spent = function.program("batch.py", event, _OBJECT, effort.records, effort.rounds).run().output["spent"]
        requests = sum(counts(address).values())
    many, one = ([wall_ms for wall_ms, _ in spent[name]] for name in ("many", "one"))
    return {
        "records": effort.records,
        "latency_ms": _LATENCY_MS,
        "event_ms": spread(many),
        "cpu_ms": spread([cpu_ms for _, cpu_ms in spent["many"]]),
        "one_record_ms": spread(one),
        "requests_per_record": digits(requests / ((effort.rounds + 1) * (effort.records + 1))),
        "s_per_100_records": digits(spread(many)["median"] / effort.records / 10),
    }


def table(figures: Mapping[str, Any]) -> Table:
    """Format one row."""
    title = "Batch: an event of {records} records on a store of {latency_ms} ms".format(**figures)
    row = (
        with_quartiles(figures["event_ms"]),
        with_quartiles(figures["cpu_ms"]),
        with_quartiles(figures["one_record_ms"]),
        figures["requests_per_record"],
    )
    return Table(title, ("event ms", "CPU ms", "event of one record ms", "requests a record"), [row])
