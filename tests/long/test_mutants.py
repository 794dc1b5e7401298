"""Mutation tests: each mutant of the handler makes at least one of its tests fail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.mutation.forked_tests import run_tests
from tests.support.mutation.mutants import MUTANTS, Mutant, copy_of_the_handler

if TYPE_CHECKING:
    from pathlib import Path

# These must never be missing from mutants/; there may be more.
REQUIRED = {
    "action-before-the-write",
    "action-repeated-for-a-duplicate",
    "bucket-of-the-body-trusted",
    "cap-dropped",
    "conflict-taken-for-duplicate",
    "credentials-cached",
    "cut-off-answer-taken-for-success",
    "dead-letter-not-byte-exact",
    "dead-letter-not-written",
    "dead-letter-removed-though-a-job-failed",
    "dead-letter-trusted",
    "digest-ignored",
    "dtd-accepted",
    "duplicate-names-accepted",
    "forbid-overwrite-forgotten",
    "foreign-object-overwritten",
    "free-key-overwritten",
    "future-believed",
    "healing-of-permanent-dead-letters",
    "healing-without-a-share",
    "http-event-taken-for-an-invoke",
    "ids-decide",
    "illegal-character-refused",
    "loop-guard-removed",
    "lost-race-taken-for-duplicate",
    "neighbour-dropped",
    "notice-sent-twice",
    "notice-that-makes-dead-letters",
    "older-over-newer",
    "overwrite-without-compare",
    "page-not-halved",
    "private-address-accepted",
    "random-start-dropped",
    "redirect-taken-for-success",
    "region-of-the-body-trusted",
    "reply-before-the-write",
    "reserve-dropped",
    "retry-past-the-deadline",
    "secret-kept",
    "secret-logged",
    "settled-jobs-replayed",
    "signature-not-checked",
    "signature-of-any-bucket",
    "signature-of-any-key",
    "superseded-forgotten",
    "times-compared-as-text",
    "token-check-skipped",
    "token-checked-after-base64",
    "token-compared-after-the-write",
    "token-compared-by-prefix",
    "unconfirmed-job-kept",
    "variant-dropped",
}


def test_no_required_mutant_is_missing() -> None:
    """Every defect that the project promises to catch has a mutant, described in one sentence."""
    assert MUTANTS.keys() >= REQUIRED
    assert all(mutant.breaks.endswith(".") and mutant.edits and mutant.caught_by for mutant in MUTANTS.values())


def test_an_unchanged_handler_passes(tmp_path: Path) -> None:
    """Every test that catches a mutant passes over an unchanged copy, so that it fails for the defect."""
    tests = sorted({test for mutant in MUTANTS.values() for test in mutant.caught_by})
    ended = run_tests(tests, copy_of_the_handler(tmp_path))
    assert ended.status == 0, ended.output


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    """A test that the mutant names fails by its assertions, not because it could not run."""
    ended = run_tests(mutant.caught_by, copy_of_the_handler(tmp_path, mutant.edits))
    assert ended.status == 1, f"{mutant.breaks} No test failed.\n{ended.output}"
    # a thread of the function that fails may print after the summary
    assert re.search(r"^1 failed\b", ended.output, re.MULTILINE), ended.output
