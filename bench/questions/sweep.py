"""Sweep: the rate at which settled jobs are checked, with their requests and memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.http_server import counts, running
from bench.measure import digits
from bench.report import Table
from bench.settled_jobs import TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure a sweep of each number of jobs."""
    rows = [_sweep(site, jobs) for jobs in effort.sweeps]
    first, last = rows[0], rows[-1]
    return {
        "rows": rows,
        "peak_last_times_first": digits(last["peak_mb"] / first["peak_mb"]) if last["peak_mb"] else None,
        "requests_per_job": max(row["requests_per_job"] for row in rows),
    }


def _sweep(site: Site, jobs: int) -> dict[str, Any]:
    with running("bench.settled_jobs", jobs) as address:
        output = replace(site.ci_callback, endpoint=address).program("sweep.py", TAG).run().output
        requests = counts(address)
    # a page that the time limit interrupted is listed again by the next invocation
    if not jobs <= output["found"] == output["present"]:
        raise SystemExit(
            f"bench: the sweep of {jobs} jobs found {output['found']}, {output['present']} of them settled"
        )
    return {
        "jobs": jobs,
        "jobs_per_s": digits(jobs / output["wall_s"]),
        "cpu_ms_per_job": digits(output["swept_cpu_s"] * 1000 / jobs),
        "requests_per_job": digits(sum(requests.values()) / jobs),
        "invocations": output["invocations"],
        "peak_mb": None if output["peak_mb"] is None else digits(output["peak_mb"]),
    }


def table(figures: Mapping[str, Any]) -> Table:
    """Format a row for each number of jobs."""
    columns = {
        "jobs": "jobs",
        "jobs_per_s": "jobs a second",
        "cpu_ms_per_job": "CPU ms a job",
        "requests_per_job": "requests a job",
        "invocations": "invocations",
        "peak_mb": "peak MB",
    }
    return Table.of("Sweep: jobs that are settled already", columns, figures["rows"])
