"""Fresh processes, taken in turns; medians with their spread; ratios of what ran side by side."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LIMIT_S = 3600  # only against what hangs: 100,000 jobs take minutes


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int  # of fresh processes
    instructions: bool  # whether they are counted, which takes seconds a process
    events: int  # to a warm instance
    parse_s: float  # for each body and side
    sizes: tuple[int, ...]  # of bodies, in bytes
    rebuild: bool  # whether the layer is built a second time
    sweeps: tuple[int, ...]  # how many jobs there are
    hostile: int  # how many hostile bodies


FULL = Effort(
    rounds=11,
    instructions=True,
    events=300,
    parse_s=0.3,
    sizes=(1_000, 10_000, 100_000, 1_000_000, 5_000_000),
    rebuild=True,
    sweeps=(1_000, 10_000, 100_000),
    hostile=100,
)
QUICK = Effort(
    rounds=1,
    instructions=False,
    events=5,
    parse_s=0.01,
    sizes=(1_000, 100_000),
    rebuild=False,
    sweeps=(100, 200),
    hostile=1,
)


@dataclass(frozen=True)
class Program:
    """What a fresh process runs: a command with nothing but this environment, from the root of the disk."""

    command: tuple[str, ...]
    environment: Mapping[str, str]

    def run(self) -> Run:
        """Run it and return what it came to; raise SystemExit with its errors where it failed."""
        started = time.monotonic()
        told = _last_line(self._outcome(self.command))
        return Run((told.pop("at") - started) * 1000, told.pop("cpu_s") * 1000, told)

    def instructions(self) -> float | None:
        """Return millions of instructions of user code, None where nothing here can count them."""
        if counts_by_perf():
            with tempfile.NamedTemporaryFile("r") as counted:
                self._outcome(("perf", "stat", "-x", ",", "-e", "instructions:u", "-o", counted.name, *self.command))
                match = re.search(r"^(\d+),", counted.read(), re.MULTILINE)
                return digits(int(match[1]) / 1e6) if match else None
        if counts_by_valgrind():
            tool = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
            errors = self._outcome((*tool, *self.command)).stderr
            match = re.search(r"I +refs: +([\d,]+)", errors)
            return digits(int(match[1].replace(",", "")) / 1e6) if match else None
        return None

    def _outcome(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, env=self.environment, cwd="/", capture_output=True, text=True, check=False, timeout=_LIMIT_S
        )
        if done.returncode:
            raise SystemExit(f"bench: a process failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done


@dataclass(frozen=True)
class Run:
    """What a process came to: milliseconds from its start until it told, processor time likewise, and what it told."""

    wall_ms: float
    cpu_ms: float
    told: Mapping[str, Any]


def _last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def in_turns(contestants: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Run every contestant once a round, each round in another order, and one round before that does not count."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    names = list(contestants)
    for name in names:
        contestants[name]()
    for at in range(rounds):
        turn = at % len(names)
        for name in names[turn:] + names[:turn]:
            runs[name].append(contestants[name]())
    return runs


def count(programs: Mapping[str, Program], effort: Effort) -> dict[str, float | None]:
    """Return millions of instructions of each program; they may run at once, since load does not change the count."""
    if not effort.instructions:
        return dict.fromkeys(programs)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(programs, pool.map(Program.instructions, programs.values()), strict=True))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the quartiles, to four digits."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    return {"median": digits(median), "low": digits(low), "high": digits(high)}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Return how many times theirs ours is, round by round: what slows the machine down slows down both."""
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def undisturbed_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the ratio of both when nothing came between: of the values that 5 % are below.

    For wall time of things so short that the machine's other work makes most of their median.
    """
    mine, other = (statistics.quantiles(values, n=20, method="inclusive")[0] for values in (ours, theirs))
    return digits(mine / other)


def digits(value: float) -> float:
    """Return the value to four significant digits: the others are noise."""
    return float(f"{value:.4g}")


@cache
def counts_by_perf() -> bool:
    """Whether `perf` can count instructions here; in most virtual machines it cannot."""
    if not shutil.which("perf"):
        return False
    command = ("perf", "stat", "-x", ",", "-e", "instructions:u", "true")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stderr[:1].isdigit()


@cache
def counts_by_valgrind() -> bool:
    """Whether valgrind is there to count them."""
    return shutil.which("valgrind") is not None


def how_counted() -> str:
    """Return what counts instructions here, for the record."""
    if counts_by_perf():
        return "perf"
    return "valgrind" if counts_by_valgrind() else "not measured: neither perf nor valgrind works here"


def median_of(runs: Sequence[Run], name: str) -> float:
    """Return the median of a number that the processes told."""
    return digits(statistics.median(run.told[name] for run in runs))


def source(name: str) -> str:
    """Return the text of a program of bench/inside, which runs where nothing of this project is on the path."""
    return (Path(__file__).parent / "inside" / name).read_text(encoding="utf-8")
