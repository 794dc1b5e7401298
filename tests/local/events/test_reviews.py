"""`python -m local event` with --result, --live and --native."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.__main__ import main
from models.catalog import catalog
from models.wire import has_simple_form, is_review

if TYPE_CHECKING:
    from tests.support.deployment import Deployment

REVIEWS = [entry for entry in catalog().values() if is_review(entry)]


def event_of(capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    """Return the event that the command prints."""
    assert main(["event", "--format", "json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def body_of(capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    """Return the body of the event that the command prints."""
    return json.loads(event_of(capsys, *options)["body"])


def verdicts(value: Any) -> set[int]:
    """Return the verdicts of a review, of its snapshots and sections, and the flags of its findings."""
    if isinstance(value, list):
        return set().union(*map(verdicts, value))
    if not isinstance(value, dict):
        return set()
    names = {"Result", "Suggestion", "HitFlag", "result", "hit_flag"}
    found = {item for name, item in value.items() if name in names and not isinstance(item, dict)}
    return found.union(*map(verdicts, value.values()))


@pytest.mark.parametrize(("result", "code"), [("normal", 0), ("block", 1), ("review", 2)])
@pytest.mark.parametrize("entry", REVIEWS, ids=lambda entry: entry.tag)
def test_review_has_the_verdict(entry: Any, result: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """In both forms, at all depths; the id is that of every verdict."""
    options = ["--tag", entry.tag, "--result", result]
    detail = body_of(capsys, *options)["JobsDetail"]
    assert verdicts(detail) == {code}
    assert (detail["Label"] == "Normal") == (result == "normal")
    assert detail["JobId"] == body_of(capsys, "--tag", entry.tag)["JobsDetail"]["JobId"]
    if has_simple_form(entry):
        data = body_of(capsys, *options, "--simple")["data"]
        assert (data["result"], data["trace_id"]) == (code, detail["JobId"])
        assert verdicts(data) <= {0, code}  # one finding is no hit


def test_live_review_is_a_segment_of_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """Its State is Auditing, until the last one; it has findings and the URL of the stream, and no object."""
    live = ["--tag", "ReviewVideo", "--live"]
    segment, last = (body_of(capsys, *live, *more)["JobsDetail"] for more in ([], ["--state", "Success"]))
    assert (segment["State"], last["State"]) == ("Auditing", "Success")
    assert (segment["Type"], segment["Url"].partition(":")[0]) == ("live_video", "rtmp")
    assert segment["Snapshot"]
    assert "Object" not in segment
    assert {**segment, "State": ""} == {**last, "State": ""}
    assert body_of(capsys, *live, "--simple")["data"]["url"] == segment["Url"]


def test_native_json_has_numbers_flags_and_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    """JobsDetail is an array, and so is every list."""
    (job,) = body_of(capsys, "--tag", "PicProcess", "--native")["JobsDetail"]
    assert job["Operation"]["PicProcess"]["IsPicInfo"] is True
    (result,) = job["Operation"]["PicProcessResult"]
    assert isinstance(result["ProcessResult"]["Width"], int)


@pytest.mark.parametrize("tag", ["SoundHound", "PicProcess", "Workflow"])
def test_native_json_and_converted_json_have_the_same_result(
    tag: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second delivery is a duplicate of the first."""
    outcomes = []
    for more in ([], ["--native"]):
        reply = deployed.send(event_of(capsys, "--tag", tag, *more))
        (job,) = json.loads(reply["body"])["jobs"]
        outcomes.append(job["outcome"])
        capsys.readouterr()
    assert outcomes == ["written", "duplicate"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--tag", "Tts", "--native"], "forms of JSON: take --format json."),
        (["--tag", "Tts", "--format", "json", "--native", "--wrapped"], "never wrapped: leave --wrapped out."),
        (["--tag", "Tts", "--result", "block"], "Tts is not a review: leave --result out."),
        (["--tag", "ReviewImage", "--format", "json", "--live"], "no live streams: take --tag ReviewVideo."),
        (["--tag", "ReviewVideo", "--live"], "CI posts ReviewVideo as JSON alone: take --format json."),
    ],
)
def test_option_that_does_not_fit_the_callback_is_an_error(
    options: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error has the way out."""
    assert main(["event", *options]) == 2
    assert capsys.readouterr().err.endswith(f"{error}\n")
