"""Fresh processes, run in turns; medians with quartiles; ratios of what ran side by side."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LIMIT_S = 3600  # only against a process that hangs: many constructs take minutes

# Tools that count the instructions of a process, and where their report has the count.
_COUNTERS = {
    "perf": (("perf", "stat", "-x", ",", "-e", "instructions:u"), r"^(\d+),.*instructions:u"),
    "valgrind": (
        ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
        r"I +refs: +([\d,]+)",
    ),
}


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int  # of fresh processes
    instructions: bool  # takes seconds a process
    events: int  # to a warm instance
    latencies_ms: tuple[int, ...]  # of the stores that take its results
    peers: bool  # other handlers' warm events too
    records: int  # of a queue's event
    parse_s: float  # for each body and side
    sizes: tuple[int, ...]  # of bodies, in bytes
    rebuild: bool  # the layer, to compare two builds
    sweeps: tuple[int, ...]  # numbers of jobs
    hostile: int  # number of hostile bodies
    constructs: int  # n for each nth construct; a prime, so that each place and unit is among them


FULL = Effort(
    rounds=7,
    instructions=True,
    events=200,
    latencies_ms=(0, 20),
    peers=True,
    records=100,
    parse_s=0.3,
    sizes=(1_000, 10_000, 100_000, 1_000_000, 5_000_000),
    rebuild=True,
    sweeps=(1_000, 30_000),
    hostile=100,
    constructs=23,
)
QUICK = Effort(
    rounds=1,
    instructions=False,
    events=5,
    latencies_ms=(0,),
    peers=False,
    records=25,
    parse_s=0.01,
    sizes=(20_000,),
    rebuild=False,
    sweeps=(60, 120),
    hostile=1,
    constructs=997,
)


@dataclass(frozen=True)
class Run:
    """One run of a process: wall and CPU time from its start to its measurement, and the JSON it printed."""

    wall_ms: float
    cpu_ms: float
    output: Mapping[str, Any]


@dataclass(frozen=True)
class Program:
    """A command for fresh processes, with its whole environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]

    def run(self) -> Run:
        """Run the command; raise SystemExit with its errors if it fails.

        The last line it prints is JSON: `at` on the monotonic clock, `cpu_s`, and its own figures.
        """
        started = time.monotonic()
        output = json.loads(self._completed(self.command).stdout.splitlines()[-1])
        return Run((output.pop("at") - started) * 1000, output.pop("cpu_s") * 1000, output)

    def instructions(self) -> float | None:
        """Count millions of user-space instructions; None where no tool can count them."""
        tool = instruction_counter()
        if tool is None:
            return None
        command, pattern = _COUNTERS[tool]
        match = re.search(pattern, self._completed((*command, *self.command)).stderr, re.MULTILINE)
        return digits(int(match[1].replace(",", "")) / 1e6) if match else None

    def _completed(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, env=self.environment, cwd="/", capture_output=True, text=True, check=False, timeout=_LIMIT_S
        )
        if done.returncode:
            raise SystemExit(f"bench: a process failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done


@cache
def instruction_counter() -> str | None:
    """Return the first tool that counts instructions on this machine; `perf` does not in most virtual machines."""
    for name, (command, pattern) in _COUNTERS.items():
        if shutil.which(name):
            done = subprocess.run((*command, "true"), capture_output=True, text=True, check=False)
            if re.search(pattern, done.stderr, re.MULTILINE):
                return name
    return None


def in_turns(contestants: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Run every contestant once a round, in another order each; before several rounds one that does not count."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    names = list(contestants)
    for name in names if rounds > 1 else ():
        contestants[name]()
    for at in range(rounds):
        first = at % len(names)
        for name in names[first:] + names[:first]:
            runs[name].append(contestants[name]())
    return runs


def count(programs: Mapping[str, Program], effort: Effort) -> dict[str, float | None]:
    """Count millions of instructions of each program, several at once: load does not change the count."""
    if not effort.instructions:
        return dict.fromkeys(programs)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(programs, pool.map(Program.instructions, programs.values()), strict=True))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the quartiles."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    return {"median": digits(median), "low": digits(low), "high": digits(high)}


def ratio(values: Sequence[float], others: Sequence[float]) -> dict[str, float]:
    """Divide round by round: a slow machine slows down both."""
    return spread([value / other for value, other in zip(values, others, strict=True)])


def digits(value: float) -> float:
    """Round to four significant digits: the others are noise."""
    return float(f"{value:.4g}")
