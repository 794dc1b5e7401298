"""The soak, in short: callbacks with faults, then the timer without."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local.__main__ import main
from local.faults.callbacks import CallbackFaults
from local.faults.requests import Faults
from local.soak import soak
from local.soak.soak import Options, Soak
from tests import ROOT as PROJECT
from tests.support.mutation.mutants import MUTANTS, ONE_AT_A_TIME, copy_of_the_handler

if TYPE_CHECKING:
    from pathlib import Path

    from local.soak.soak import Report
KEEPER = ["--code-root", str(PROJECT / "tests/support/functions"), "--handler", "keeper.main_handler"]

# one request in five fails here too; slow answers are faster
FAULTS = replace(soak.FAULTS, slow=0.3)


def soaked(jobs: int, *, faults: Faults = FAULTS, ci: str = "flaky", **more: Any) -> Report:
    """Return the report of a short soak."""
    options = Options(jobs=jobs, seed=1, instances=2, faults=replace(faults), ci=CallbackFaults.parse(ci), **more)
    return Soak(options).run()


@pytest.mark.long
def test_soak_with_faults_one_sweep_leaves_every_result() -> None:
    """One request in five fails, one callback in ten is lost, some are forged: in the end each byte is right."""
    stages = []
    options = Options(jobs=250, seed=1, instances=2, faults=replace(FAULTS), ci=CallbackFaults.parse("flaky"))
    report = Soak(options, lambda *told: stages.append(told)).run()
    assert report.problems == []
    assert (report.objects.right, report.objects.missing, report.objects.wrong, report.objects.extra) == (250, 0, 0, 0)
    assert 0.1 < 1 - report.faults["none"] / sum(report.faults.values()) < 0.3
    assert report.batches["jobs"] > 20
    assert report.callbacks > 250
    assert report.undelivered > 10
    assert report.timer["recovered"] >= report.undelivered * 0.8  # of rivals, the older is not missed
    assert report.timer["failed"] == 0
    assert report.timer["healed"] > 0  # of the outage
    assert report.answers["401"] == report.posts["no-token"] + report.posts["wrong-token"]
    assert report.objects.dead_letters == {"bucket-not-listed": report.posts["foreign-bucket"]}
    assert report.events["cold_starts"] == 2
    assert {stage for stage, _, _ in stages} == {"deliver", "look", "timer"}
    assert stages[-1][1] == stages[-1][2] == 250 + report.posts["foreign-bucket"]


def test_batches_on_a_slow_cos_end_as_dead_letters_that_heal(tmp_path: Path) -> None:
    """No batch with more jobs than there is time for is sent again and again."""
    code_root = copy_of_the_handler(tmp_path, [ONE_AT_A_TIME])
    report = soaked(100, faults=Faults.parse("slow"), ci="none", batched=1, code_root=code_root)
    assert report.problems == []
    assert report.batches["jobs"] > 80
    assert report.dead_letters > 0
    assert report.objects.right == 100
    assert report.objects.dead_letters == {}


def test_sweep_alone_finds_every_job() -> None:
    """Without any callback of a job, one sweep stores every result."""
    report = soaked(60, ci="never=1")
    assert report.problems == []
    assert report.posts == {"true": report.callbacks - report.undelivered}  # the reviews
    assert report.timer["recovered"] > 45  # of rivals, the older is stale
    assert report.objects.right == 60


def test_soak_without_a_sweep_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Results of lost callbacks are missing; the command's status is 1."""
    faults = ["--faults", "none", "--ci", "never=0.5"]
    assert main(["soak", "--jobs", "40", "--instances", "1", "--no-sweep", *faults]) == 1
    output = capsys.readouterr().out
    missing = output.count(".json is missing\n")
    assert 5 < missing <= 20
    assert "timer        left out" in output
    assert output.endswith(" broken promises\n")


def test_soak_prints_the_report_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The status is 0 when all is well."""
    assert main(["soak", "--jobs", "20", "--instances", "1", "--seed", "7", "--faults", "500=0.1", "--json"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (report["ok"], report["problems"], report["objects"]["right"]) == (True, [], 20)
    assert report["options"]["seed"] == 7
    assert report["options"]["faults"].startswith("500=0.1,")
    assert report["seconds"].keys() == {"deliver", "timer"}
    assert captured.err == ""


def test_terminal_shows_the_progress_of_a_soak() -> None:
    """Standard error has a bar for each stage, standard output the summary with the first problems."""
    options = ["--jobs", "50", "--instances", "1", "--faults", "none", "--ci", "never=0.9", "--no-sweep"]
    done = subprocess.run(
        [sys.executable, "-m", "local", "soak", *options],
        cwd=PROJECT,
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert all(stage in done.stderr for stage in ("callbacks with faults", "checking every object"))
    assert done.stdout.count("is missing") == 20
    assert re.search(r"… and \d+ more", done.stdout)


def test_function_that_keeps_nothing_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """It answers 200 to everything and keeps one object."""
    assert main(["soak", "--jobs", "5", "--instances", "1", "--ci", "no-token=1", "--json", *KEEPER]) == 1
    report = json.loads(capsys.readouterr().out)
    said = "\n".join(report["problems"])
    assert "the true callback of job" in said
    assert "was answered nothing, which is not true" in said
    assert "the no-token callback of job" in said
    assert "the timer failed: " in said
    assert (report["ok"], report["objects"]["missing"]) == (False, 5)


# The verdict on a function with one of the mutants.
VERDICTS = {
    "bucket-of-the-body-trusted": "requests went to the bucket foreign-1234567890",
    "dead-letter-not-written": "was answered dead-lettered, which is not true",
    "older-over-newer": r"was answered [a-z-]+, which is not true",
    "overwrite-without-compare": r"was answered [a-z-]+, which is not true",
    "reply-before-the-write": r"was answered [a-z-]+, which is not true",
    "token-check-skipped": "the no-token callback of job",
}
# They break only keys whose newer result comes first.
RARE = {"older-over-newer", "overwrite-without-compare"}


@pytest.mark.long
@pytest.mark.parametrize("name", VERDICTS)
def test_mutant_fails_the_soak(name: str, tmp_path: Path) -> None:
    """The verdict fails, and names the promise that the mutant breaks."""
    faults = Faults.parse("500=0.05,reset=0.05,403=0.1,lost-answer=0.03,cut-headers=0.03")
    code_root = copy_of_the_handler(tmp_path, MUTANTS[name].edits)
    jobs = 360 if name in RARE else 120
    report = soaked(jobs, faults=faults, ci="flaky,shuffled=1,twice=0.3,no-token=0.2", code_root=code_root)
    assert re.search(VERDICTS[name], "\n".join(report.problems))


@pytest.mark.long
def test_mutant_without_a_reserve_fails_the_slow_soak(tmp_path: Path) -> None:
    """Its batches are sent too often."""
    code_root = copy_of_the_handler(tmp_path, [ONE_AT_A_TIME, *MUTANTS["reserve-dropped"].edits])
    report = soaked(100, faults=Faults.parse("slow"), ci="none", batched=1, code_root=code_root)
    assert re.search(r"a batch of \d+ jobs was sent \d+ times", "\n".join(report.problems))


def test_sweep_that_skips_jobs_is_a_problem() -> None:
    """Even if every result is there."""
    assert soak._unswept({"found": 3, "failed": 0}, 3) == []
    assert soak._unswept({"found": 2, "failed": 1}, 3) == ["the sweep failed at 1 jobs", "the sweep found 2 of 3 jobs"]
