"""The chaos run, in short, and failures of its verdict."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from local.__main__ import main
from local.cos.server import LocalCos
from local.defaults import BUCKET, CREDENTIALS, REGION
from local.faults.callbacks import CallbackFaults
from local.soak.chaos import PHASES, Chaos, Options
from local.soak.uploader import Uploader
from tests import ROOT as PROJECT
from tests.support.mutation.mutants import MUTANTS, ONE_AT_A_TIME, copy_of_the_handler

if TYPE_CHECKING:
    from pathlib import Path

    from local.soak.chaos import Report

KEEPER = ["--code-root", str(PROJECT / "tests/support/functions"), "--handler", "keeper.main_handler"]


def chaos(jobs: int, instances: int = 2, **more: Any) -> Report:
    """Return the report of a short chaos run."""
    return Chaos(Options(jobs=jobs, seed=1, instances=instances, ci=CallbackFaults.parse("flaky"), **more)).run()


def assert_exact(report: Report, jobs: int) -> None:
    """Assert that each result is right, beside the uploads."""
    assert report.problems == []
    assert (report.objects.right, report.objects.missing, report.objects.wrong, report.objects.extra) == (jobs, 0, 0, 0)
    assert report.uploads["forged"] == len(PHASES)


def test_chaos_ends_exact_after_timers_alone() -> None:
    """Of every kind a little."""
    assert_exact(chaos(24), 24)


@pytest.mark.long
def test_longer_chaos_ends_exact_after_timers_alone() -> None:
    """With answers of 503, and callbacks that never arrived."""
    report = Chaos(Options(jobs=300, seed=1, instances=8, ci=CallbackFaults.parse("flaky"))).run()
    assert_exact(report, 300)
    assert report.uploads.keys() >= {"keys", "checkpoints"}
    assert report.kills > 0
    assert report.answers["503"] > 0
    assert (report.beside + report.timer)["recovered"] > 0


# The verdict on a function with one of the mutants, as a pattern.
VERDICTS = {
    "dead-letter-trusted": "was overwritten",
    "foreign-object-overwritten": "was overwritten",
    "healing-dropped": "the timer has left",
    "signature-not-checked": "is missing|should not be there",
}


@pytest.mark.long
@pytest.mark.parametrize("name", VERDICTS)
def test_mutant_fails_the_chaos_run(name: str, tmp_path: Path) -> None:
    """The verdict fails, and names the promise that the mutant breaks."""
    report = chaos(120, 4, code_root=copy_of_the_handler(tmp_path, [ONE_AT_A_TIME, *MUTANTS[name].edits]))
    assert re.search(VERDICTS[name], "\n".join(report.problems))


def test_function_that_keeps_nothing_fails_the_chaos_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The report names the phase; the command's status is 1."""
    assert main(["soak", "--chaos", "--jobs", "4", "--instances", "1", "--json", *KEEPER]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["objects"]["missing"]) == (False, 4)
    assert report["seconds"].keys() == {*(phase.name for phase in PHASES), "timer"}
    assert f"{PHASES[0].name}: " in report["problems"][0]
    assert "the timer failed: " in "\n".join(report["problems"])


def test_summary_of_a_chaos_run_has_its_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """As text."""
    main(["soak", "--chaos", "--jobs", "4", "--instances", "1", *KEEPER])
    output = capsys.readouterr().out
    assert output.startswith("The chaos run has ended\n")
    assert all(f"\n  {name}" in output for name in ("instances ", "uploads ", "beside "))


@pytest.mark.parametrize("other", [["--faults", "none"], ["--no-sweep"]])
def test_chaos_with_other_faults_is_refused(other: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It has its own."""
    assert main(["soak", "--chaos", *other]) == 2
    assert "leave out --faults and --no-sweep" in capsys.readouterr().err


def test_upload_that_was_overwritten_is_a_problem() -> None:
    """So is one that is gone."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        chance = random.Random(1)  # noqa: S311  # chance, no secret
        uploader = Uploader(cos, chance, objects={"kept": b"a", "changed": b"b", "gone": b"c"})
        cos.put(BUCKET, "kept", b"a")
        cos.put(BUCKET, "changed", b"other")
        assert [*uploader.changed()] == ["the upload changed was overwritten", "the upload gone was overwritten"]
