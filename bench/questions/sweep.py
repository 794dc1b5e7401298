"""Sweep: the rate at which settled jobs are checked, with their requests and memory."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from bench.measure import digits
from bench.report import Table
from bench.settled_jobs import TAG
from local.defaults import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    with _settled_jobs(jobs) as address:
        output = replace(site.ci_callback, endpoint=address).program("sweep.py", TAG).run().output
        with urlopen(f"{address}/counts") as answer:  # noqa: S310  # the benchmark's own server
            requests = json.load(answer)
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


@contextlib.contextmanager
def _settled_jobs(jobs: int) -> Iterator[str]:
    """Run the server with settled jobs; yield its address."""
    command = [sys.executable, "-m", "bench.settled_jobs", str(jobs)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None or server.stdin is None:
            raise AssertionError
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


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
