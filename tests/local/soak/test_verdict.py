"""The verdict of a soak: each wrong answer and object has a problem of its own."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from local.ci.server import LocalCi
from local.defaults import BUCKET
from local.faults.callback_sender import CallbackSender, Receipt
from local.faults.callbacks import CallbackFaults
from local.soak.deliveries import Batch, Delivered
from local.soak.jobs import goals
from local.soak.verdict import DEAD_LETTERS, Judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.callback_sender import Kind
    from local.soak.goal import Goal

NOW = datetime(2025, 3, 1, 9, tzinfo=timezone.utc)


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


def dead_letter(content: bytes, reason: str, at: int = 0) -> dict[str, bytes]:
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
        ("dead-lettered", 1, 1, True),  # healed since
        ("dead-lettered", 1, 0, False),
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
    assert list(judge.promises(dead_letter(kept.sending.body, "bucket-not-listed"))) == []
    as_base64 = {"body_base64": base64.b64encode(kept.sending.body).decode()}
    assert list(judge.promises({f"{DEAD_LETTERS}0.json": json.dumps(as_base64).encode()})) == []
    assert len(list(judge.promises(dead_letter(kept.sending.body + b" ", "bucket-not-listed")))) == 1


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
        (lambda _: dead_letter(b"lost", "store-unavailable"), (1, 0, 0, 0), "without need: store-unavailable: lost"),
        (lambda _: dead_letter(b"lost", "bucket-not-listed"), (1, 0, 0, 0), "without need: bucket-not-listed: lost"),
    ],
)
def test_verdict_counts_wrong_objects(
    change: Callable[[Goal], dict[str, bytes | None]], counts: tuple[int, ...], said: str
) -> None:
    """Missing, wrong and extra objects are counted and reported, and needless dead letters."""
    goal = rivals()
    forged = receipt(goal, "foreign-bucket", 200, "dead-lettered")
    bucket = {goal.key: goal.document, **dead_letter(forged.sending.body, "bucket-not-listed", 1), **change(goal)}
    objects, problems = Judge([goal], [forged]).end({key: body for key, body in bucket.items() if body is not None})
    assert (objects.right, objects.missing, objects.wrong, objects.extra) == counts
    assert sum(objects.dead_letters.values()) == 1 + sum("without need" in problem for problem in problems)
    assert len(problems) == (1 if said else 0)
    assert said in "".join(problems)


def batch_of(count: int) -> tuple[list[Goal], Batch]:
    """Return goals with one job each, and a batch with their callbacks."""
    made = [goal for goal in goals(3 * count, seed=2, now=NOW) if len(goal.jobs) == 1 and not goal.jobs[0].is_review]
    jobs = [LocalCi().add(BUCKET, goal.jobs[0].detail) for goal in made[:count]]
    return made[:count], Batch.of(CallbackSender([""], "token-token-token").plan(jobs))


def test_batch_has_records_of_one_job_and_one_of_many() -> None:
    """In order; the event has each body once."""
    _, batch = batch_of(70)
    assert [part.at for part in batch.parts] == [0] * 60 + [*range(10)]
    assert len(batch.bodies) == len(batch.event["Records"]) == 61


def test_each_job_of_a_batch_must_be_stored_or_kept() -> None:
    """In a dead letter that leaves it open: with its place, or with no places at all."""
    made, batch = batch_of(63)
    many = batch.bodies[-1].decode()
    stored = {goal.key: goal.document for goal in made[:59]}

    def lost(*bodies: dict[str, object]) -> int:
        kept = {f"{DEAD_LETTERS}0.json": json.dumps({"reason": "not-reached", "bodies": bodies}).encode()}
        return len([*Judge(made, [], batch.parts).promises({**stored, **kept})])

    assert lost() == 4
    assert lost({"body": many}) == 1
    assert lost({"body": many, "rest": {"jobs": 3, "spans": [[0, 1], [2, 3]]}}) == 2
    assert lost({"body": many}, {"body": batch.bodies[59].decode()}) == 0


def test_batch_that_takes_too_many_tries_is_a_problem() -> None:
    """One that is never taken promises nothing."""
    _, batch = batch_of(2)
    delivered = Delivered([], [(batch, 1), (batch, 4), (batch, 21)])
    assert delivered.late_batches(3) == ["a batch of 2 jobs was sent 4 times", "a batch of 2 jobs was sent 21 times"]
    assert delivered.summary == {"batches": 2, "jobs": 4, "events": 5}
