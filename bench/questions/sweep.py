"""Sweep: how fast jobs that are settled already are passed over, with how many requests, in what memory."""

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
from local.cloud import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.deployed import Site
    from bench.measure import Effort


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Return the figures for each number of jobs."""
    rows = [_sweep(site, jobs) for jobs in effort.sweeps]
    first, last = rows[0], rows[-1]
    return {
        "rows": rows,
        "peak_last_times_first": digits(last["peak_mb"] / first["peak_mb"]) if last["peak_mb"] else None,
        "requests_per_job": max(row["requests_per_job"] for row in rows),
    }


def _sweep(site: Site, jobs: int) -> dict[str, Any]:
    with _settled(jobs) as address:
        told = replace(site.ours, endpoint=address).program("sweep.py", TAG).run().told
        with urlopen(f"{address}/counts") as answer:  # noqa: S310 - our own server on this machine
            asked = json.load(answer)
    # a page that the time limit cut off is begun anew by the next invocation
    if not jobs <= told["found"] == told["there"]:
        raise SystemExit(f"bench: the sweep of {jobs} jobs found {told['found']}, {told['there']} of them settled")
    return {
        "jobs": jobs,
        "jobs_per_s": digits(jobs / told["wall_s"]),
        "cpu_ms_per_job": digits(told["swept_cpu_s"] * 1000 / jobs),
        "requests_per_job": digits(sum(asked.values()) / jobs),
        "invocations": told["invocations"],
        "peak_mb": None if told["peak_mb"] is None else digits(told["peak_mb"]),
    }


@contextlib.contextmanager
def _settled(jobs: int) -> Iterator[str]:
    """Run the server with settled jobs; yield its address."""
    command = [sys.executable, "-m", "bench.settled_jobs", str(jobs)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None or server.stdin is None:
            raise AssertionError
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def table(figures: Mapping[str, Any]) -> Table:
    """Return the figures for people."""
    names = ("jobs", "jobs_per_s", "cpu_ms_per_job", "requests_per_job", "invocations", "peak_mb")
    return Table(
        "Sweep: jobs that are settled already",
        ("jobs", "jobs a second", "CPU ms a job", "requests a job", "invocations", "peak MB"),
        [tuple(row[name] for name in names) for row in figures["rows"]],
    )
