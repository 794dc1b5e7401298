"""Elements to jobs: absent and unknown fields, and a job's time and workflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job, to_xml, without_empty
from tests.support.decoded import document, only_job

if TYPE_CHECKING:
    from tests.support.bodies import Format


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"EndTime": "2024-05-06T07:08:09+0800"}, "2024-05-05T23:08:09.000000+00:00"),
        ({"EndTime": "2024-05-06T07:08:09.5Z"}, "2024-05-06T07:08:09.500000+00:00"),
        ({"EndTime": "-", "CreationTime": "2024-05-06T07:08:09Z"}, "2024-05-06T07:08:09.000000+00:00"),
        ({"EndTime": "2024-02-30T07:08:09Z", "CreationTime": None}, "-"),
        ({"EndTime": "0001-01-01T00:00:00+0800", "CreationTime": None}, "-"),
        ({"EndTime": ["x", "y"], "CreationTime": None}, "-"),
        ({"EndTime": None, "CreationTime": None}, "-"),
    ],
)
def test_the_sort_time_is_the_end_else_the_creation(times: dict[str, Any], expected: str) -> None:
    """EndTime decides, else CreationTime, compared in UTC; a job without either is older than any other."""
    assert only_job(body(job(**times))).sort_time == expected


@pytest.mark.parametrize(
    ("code", "state"), [("Success", "Success"), ("InputObjectNotFound", "Failed"), (None, "Failed")]
)
def test_an_absent_state_follows_from_the_code(code: str | None, state: str) -> None:
    """Published bodies lack State; Code implies it."""
    assert only_job(body(job(State=None, Code=code))).state == state


@pytest.mark.parametrize(
    ("operation", "tag"),
    [
        ({"SoundHoundResult": {"SongList": {"SongName": "x"}}}, "SoundHound"),
        ({"MediaResult": {"a": "b"}, "WordsGeneralizeResult": {"c": "d"}}, "WordsGeneralize"),
        ({"MediaResult": {"a": "b"}}, ""),
        ({"AResult": "1", "BResult": "2"}, ""),
        ({"Tag": "Animation", "UserData": "x"}, ""),
        (None, ""),
    ],
)
def test_an_absent_tag_follows_from_the_result(operation: Any, tag: str) -> None:
    """Published bodies lack Tag; the one result element names it, an echo inside Operation does not."""
    assert only_job(body(job(Tag=None, Operation=operation))).tag == tag


def test_empty_fields_are_left_out_but_for_the_leading_ones() -> None:
    """Six fields are present even when CI sends nothing for them; no other empty field is."""
    result = document(
        only_job('{"JobsDetail": {"Input": {"Object": "", "X": []}, "QueueId": null, "Z": "1", "A": "2"}}')
    )
    assert list(result) == ["EventName", "JobId", "Tag", "State", "Code", "Message", "A", "Z"]
    assert result == {**dict.fromkeys(result, ""), "State": "Failed", "A": "2", "Z": "1"}


def test_unknown_fields_and_tags_are_kept() -> None:
    """A field that no model knows is kept unchanged, at every level, sorted by name."""
    operation = {"Zeta": {"b": ["1", "2"], "a": "3"}, "Alpha": " x ", "UserData": "u"}
    sent = job(Tag="NewTag", Operation=operation, Future={"x": "1"}, Input={"Object": "k", "Lang": "en"})
    result = document(only_job(body(sent)))
    assert result["Operation"] == operation
    assert list(result["Operation"]) == ["UserData", "Alpha", "Zeta"]
    assert result["Future"] == {"x": "1"}
    assert result["Input"] == {"Object": "k", "Lang": "en"}


@pytest.mark.parametrize("form", ["xml", "json"])
def test_the_workflow_is_read_inside_the_job_or_beside_it(form: Format) -> None:
    """CI's table puts Workflow into Response, its samples into JobsDetail, its Go SDK into a list."""
    node = {"RunId": "r", "WorkflowId": "w", "WorkflowName": "n", "Name": "SoundHound_1"}
    inside = body(job(Workflow=node), form=form)
    assert only_job(inside).node["RunId"] == "r"
    envelope = {"EventName": "TaskFinish", "JobsDetail": job(), "Workflow": node}
    beside = json.dumps(without_empty(envelope)) if form == "json" else to_xml("Response", envelope)
    assert only_job(beside).document == only_job(inside).document
    assert only_job(body(job(Workflow=[node]))).document == only_job(inside).document
    assert only_job(body(job(Workflow=[node, {**node, "RunId": "s"}]))).node["RunId"] == "r"
