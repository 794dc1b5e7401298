"""The soak, in short: callbacks with faults, then the timer without; and failures of its verdict."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args

import pytest

from ci_callback.decode.envelope import decode
from ci_callback.decode.job import Callback
from ci_callback.delivery import Delivery
from local.__main__ import main
from local.ci.callbacks import Form, body_of
from local.ci.server import LocalCi
from local.defaults import BUCKET
from local.faults.callback_sender import CallbackSender, Receipt
from local.faults.callbacks import CallbackFaults
from local.faults.requests import Faults
from local.scf.server import Invocation
from local.soak import soak
from local.soak.jobs import goals
from local.soak.soak import CommandFailedError, Options, Soak
from local.soak.verdict import DEAD_LETTERS, Judge
from tests import ROOT as PROJECT
from tests.support.mutation.mutants import MUTANTS, copy_of_the_handler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.faults.callback_sender import Kind
    from local.soak.goal import Goal
    from local.soak.soak import Report
NOW = datetime(2025, 3, 1, 9, tzinfo=timezone.utc)
KEEPER = ["--code-root", str(PROJECT / "tests/support/functions"), "--handler", "keeper.main_handler"]

# one request in five fails here too; slow answers are faster
FAULTS = replace(soak.FAULTS, slow=0.3)


def soaked(jobs: int, *, faults: Faults = FAULTS, ci: str = "flaky", **more: Any) -> Report:
    """Return the report of a short soak."""
    options = Options(jobs=jobs, seed=1, instances=2, faults=replace(faults), ci=CallbackFaults.parse(ci), **more)
    return Soak(options).run()


def test_soak_with_faults_one_sweep_leaves_every_result() -> None:
    """One request in five fails, one callback in ten is lost, some are forged: in the end each byte is right."""
    stages = []
    options = Options(jobs=250, seed=1, instances=2, faults=replace(FAULTS), ci=CallbackFaults.parse("flaky"))
    report = Soak(options, lambda *told: stages.append(told)).run()
    assert report.problems == []
    assert (report.objects.right, report.objects.missing, report.objects.wrong, report.objects.extra) == (250, 0, 0, 0)
    assert 0.1 < 1 - report.faults["none"] / report.requests < 0.3
    assert report.callbacks > 250
    assert report.undelivered > 10
    assert report.sweep["recovered"] >= report.undelivered * 0.8  # of rivals, the older is not missed
    assert report.sweep["failed"] == 0
    assert report.sweep["healed"] > 1  # of the outage
    assert report.answers["401"] == report.posts["no-token"] + report.posts["wrong-token"]
    assert report.objects.dead_letters == {"bucket-not-listed": report.replay["kept"]}
    assert report.events["cold_starts"] == 2
    assert {stage for stage, _, _ in stages} == {"deliver", "look", "sweep", "replay"}
    assert stages[-1][1] == stages[-1][2] == 250 + report.replay["kept"]


def test_sweep_alone_finds_every_job() -> None:
    """Without any callback of a job, one sweep stores every result."""
    report = soaked(60, ci="never=1")
    assert report.problems == []
    assert report.posts == {"true": report.callbacks - report.undelivered}  # the reviews
    assert report.sweep["recovered"] > 45  # of rivals, the older is stale
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
    assert report["seconds"].keys() == {"deliver", "sweep", "replay"}
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
    "older-over-newer": "was answered written, which is not true",
    "overwrite-without-compare": "was answered written, which is not true",
    "reply-before-the-write": "was answered written, which is not true",
    "token-check-skipped": "the no-token callback of job",
}


@pytest.mark.long
@pytest.mark.parametrize("name", VERDICTS)
def test_mutant_fails_the_soak(name: str, tmp_path: Path) -> None:
    """The verdict fails, and names the promise that the mutant breaks."""
    faults = Faults.parse("500=0.05,reset=0.05,403=0.1,lost-answer=0.03,cut-headers=0.03")
    code_root = copy_of_the_handler(tmp_path, MUTANTS[name].edits)
    report = soaked(120, faults=faults, ci="flaky,shuffled=1,twice=0.3,no-token=0.2", code_root=code_root)
    assert VERDICTS[name] in "\n".join(report.problems)


def test_jobs_are_of_every_kind() -> None:
    """Several Tags in both final states, some of them rivals for one key; the same seed makes the same jobs."""
    made = goals(600, seed=1, now=NOW)
    assert made == goals(600, seed=1, now=NOW)
    assert made != goals(600, seed=2, now=NOW)
    jobs = [job.detail for goal in made for job in goal.jobs if not job.is_review]
    tags = {"SoundHound", "Transcode", "SpeechRecognition", "DocProcess", "PicProcess", "Tts"}
    assert {(job["Tag"], job["State"]) for job in jobs} == {
        (tag, state) for tag in tags for state in ("Success", "Failed")
    }
    rivals = [[job.detail for job in goal.jobs] for goal in made if len(goal.jobs) > 1 and not goal.jobs[0].is_review]
    assert 30 < len(rivals) < 90
    assert {older["JobId"] == newer["JobId"] for older, newer in rivals} == {True, False}
    assert len({goal.key for goal in made}) == 600


def test_jobs_have_several_products_and_reviews_several_verdicts() -> None:
    """Products of one input and segments of one stream are results of their own; a verdict replaces another."""
    made = goals(600, seed=1, now=NOW)
    inputs = Counter(job.detail["Input"]["Object"] for goal in made for job in goal.jobs if "Input" in job.detail)
    outputs = [goal.key for goal in made if inputs[goal.key.partition(".Transcode.")[0]] > 1]
    assert len(outputs) == len(set(outputs)) > 20
    verdicts = [goal for goal in made if goal.key.endswith(".ReviewImage.json")]
    assert {len(goal.jobs) for goal in verdicts} == {1, 2, 3}
    segments = [goal.jobs[0] for goal in made if goal.key.startswith("ci-callback/results/ReviewVideo/")]
    assert {each.detail["State"] for each in segments} == {"Auditing", "Success"}  # Detail and Simple
    assert max(Counter(each.detail["JobId"] for each in segments).values()) > 1


@pytest.mark.parametrize("form", get_args(Form))
def test_expected_results_are_those_of_the_decoder(form: Form) -> None:
    """In each form."""
    for goal in goals(200, seed=3, now=NOW):
        for made in goal.jobs:
            body = made.body or body_of(made.detail, form)
            decoded = decode(Delivery(source="invoke", body=body))
            assert isinstance(decoded, Callback)
            assert decoded.jobs[0].document == made.document


def rivals() -> Goal:
    """Return a key with an older and a newer result."""
    return next(goal for goal in goals(100, seed=1, now=NOW) if len(goal.jobs) > 1 and not goal.jobs[0].is_review)


def receipt(goal: Goal, kind: Kind, status: int, outcome: str, *, job: int = -1) -> Receipt:
    """Return what was answered to a callback of one of the key's jobs."""
    made = goal.jobs[job]
    faults = CallbackFaults() if kind == "true" else CallbackFaults({kind: 1})
    sendings = CallbackSender([""], "token-token-token", faults).plan([LocalCi().add(BUCKET, made.detail)])
    (sending,) = (each for each in sendings if each.kind == kind)
    return Receipt(sending, status, json.dumps({"jobs": [{"outcome": outcome}]}).encode())


def letter(content: bytes, reason: str, at: int = 0) -> dict[str, bytes]:
    """Return a dead letter that keeps a body."""
    return {f"{DEAD_LETTERS}{at}.json": json.dumps({"reason": reason, "body": content.decode()}).encode()}


@pytest.mark.parametrize(
    ("kind", "status", "is_right"),
    [
        ("true", 200, True),
        ("true", 503, True),
        ("true", 401, False),
        ("true", 502, False),
        ("true", 0, False),
        ("foreign-bucket", 200, True),
        ("no-token", 401, True),
        ("no-token", 200, False),
        ("wrong-token", 401, True),
        ("wrong-token", 503, False),
    ],
)
def test_each_caller_has_its_statuses(kind: Kind, status: int, *, is_right: bool) -> None:
    """200 or 503 with the token, 401 without."""
    judge = Judge([rivals()], [receipt(rivals(), kind, status, "written")])
    assert (list(judge.answers()) == []) == is_right


@pytest.mark.parametrize(
    ("outcome", "job", "there", "is_true"),
    [
        ("written", 0, 0, True),
        ("written", 0, 1, True),
        ("stale", 0, 1, True),
        ("duplicate", 1, 1, True),
        ("written", 1, 0, False),
        ("written", 1, None, False),
        ("ignored", 1, 1, False),
        ("retry", 1, 1, False),
        ("dead-lettered", 1, 1, False),
    ],
)
def test_200_requires_the_stored_result(outcome: str, job: int, there: int | None, *, is_true: bool) -> None:
    """The key has the job's own result or a newer one before anything is recovered."""
    goal = rivals()
    bucket = {} if there is None else {goal.key: goal.jobs[there].document}
    judge = Judge([goal], [receipt(goal, "true", 200, outcome, job=job)])
    assert (list(judge.promises(bucket)) == []) == is_true
    assert list(Judge([goal], [receipt(goal, "true", 503, outcome, job=job)]).promises({})) == []


def test_dead_letter_must_have_the_exact_body() -> None:
    """As text or in base64."""
    goal = rivals()
    kept = receipt(goal, "foreign-bucket", 200, "dead-lettered")
    judge = Judge([goal], [kept])
    assert list(judge.promises(letter(kept.sending.body, "bucket-not-listed"))) == []
    as_base64 = {"body_base64": base64.b64encode(kept.sending.body).decode()}
    assert list(judge.promises({f"{DEAD_LETTERS}0.json": json.dumps(as_base64).encode()})) == []
    assert len(list(judge.promises(letter(kept.sending.body + b" ", "bucket-not-listed")))) == 1


def wrong(goal: Goal) -> dict[str, bytes]:
    """Return the older result where the newer should be."""
    return {goal.key: goal.jobs[0].document}


@pytest.mark.parametrize(
    ("change", "counts", "said"),
    [
        (lambda _: {}, (1, 0, 0, 0), ""),
        (wrong, (0, 0, 1, 0), " holds {"),
        (lambda goal: {goal.key: None}, (0, 1, 0, 0), " is missing"),
        (lambda _: {"forged.json": b"{}"}, (1, 0, 0, 1), "forged.json should not be there"),
        (lambda _: letter(b"lost", "store-unavailable"), (1, 0, 0, 0), "without need: store-unavailable: lost"),
        (lambda _: letter(b"lost", "bucket-not-listed"), (1, 0, 0, 0), "without need: bucket-not-listed: lost"),
    ],
)
def test_verdict_counts_wrong_objects(
    change: Callable[[Goal], dict[str, bytes | None]], counts: tuple[int, ...], said: str
) -> None:
    """Missing, wrong and extra objects are counted and reported, and needless dead letters."""
    goal = rivals()
    forged = receipt(goal, "foreign-bucket", 200, "dead-lettered")
    bucket = {goal.key: goal.document, **letter(forged.sending.body, "bucket-not-listed", 1), **change(goal)}
    objects, problems = Judge([goal], [forged]).end({key: body for key, body in bucket.items() if body is not None})
    assert (objects.right, objects.missing, objects.wrong, objects.extra) == counts
    assert sum(objects.dead_letters.values()) == 1 + sum("without need" in problem for problem in problems)
    assert len(problems) == (1 if said else 0)
    assert said in "".join(problems)


def test_endless_command_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay whose reports always have a `next` is given up."""
    monkeypatch.setattr(soak, "_MOST_RUNS", 3)
    asked: list[Any] = []

    def invoke(event: Any) -> Invocation:
        asked.append(event)
        reply = {"statusCode": 200, "body": json.dumps({"next": len(asked)})}
        return Invocation("id", reply, None, "", None, 1, 128, 1.0)

    cloud: Any = SimpleNamespace(invoke=invoke)
    with pytest.raises(CommandFailedError, match="did not come to an end in 3 runs"):
        list(soak._replays(cloud))
    assert asked == [{"replay": {"remove": True, **({"next": at} if at else {})}} for at in range(3)]


def test_sweep_that_skips_jobs_is_a_problem() -> None:
    """Even if every result is there."""
    assert soak._unswept({"found": 3, "failed": 0}, 3) == []
    assert soak._unswept({"found": 2, "failed": 1}, 3) == ["the sweep failed at 1 jobs", "the sweep found 2 of 3 jobs"]
