"""The jobs of a soak, with their expected results."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import get_args

import pytest

from ci_callback.decode.envelope import decode
from ci_callback.decode.job import Callback
from ci_callback.delivery import Delivery
from local.ci.callbacks import Form, body_of
from local.soak.jobs import goals

NOW = datetime(2025, 3, 1, 9, tzinfo=timezone.utc)


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
