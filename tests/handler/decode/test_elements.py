"""Elements to jobs: absent and unknown fields, and a job's time and workflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.decode.job import Callback, Job
from ci_callback.decode.times import instant
from tests.support.bodies import body, job, to_xml, without_empty
from tests.support.decoded import document, only_job, read

if TYPE_CHECKING:
    from tests.support.bodies import Format


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"EndTime": "2024-05-06T07:08:09+0800"}, "2024-05-05T23:08:09.000000+00:00"),
        ({"EndTime": "2024-05-06T07:08:09.5Z"}, "2024-05-06T07:08:09.500000+00:00"),
        ({"EndTime": "2024-05-06T07:08:09.123456789Z"}, "2024-05-06T07:08:09.123456+00:00"),
        ({"EndTime": "2016-12-31T23:59:60Z"}, "2017-01-01T00:00:00.000000+00:00"),
        ({"EndTime": "2024-05-06 07:08:09"}, "2024-05-05T23:08:09.000000+00:00"),
        ({"EndTime": "-", "CreationTime": "2024-05-06T07:08:09Z"}, "2024-05-06T07:08:09.000000+00:00"),
        ({"EndTime": "2024-02-30T07:08:09Z", "CreationTime": None}, "-"),
        ({"EndTime": "0001-01-01T00:00:00+0800", "CreationTime": None}, "-"),
        ({"EndTime": "0001-01-01T08:00:00+0800", "CreationTime": None}, "-"),
        ({"EndTime": "1970-01-01T08:00:00+0800", "CreationTime": None}, "-"),
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
        ({"MediaResult": {"a": "b"}}, "Unknown"),
        ({"AResult": "1", "BResult": "2"}, "Unknown"),
        ({"Tag": "Animation", "UserData": "x"}, "Unknown"),
        (None, "Unknown"),
    ],
)
def test_an_absent_tag_follows_from_the_result(operation: Any, tag: str) -> None:
    """Published bodies lack Tag; the one result element names it, an echo inside Operation does not."""
    assert only_job(body(job(Tag=None, Operation=operation))).tag == tag


@pytest.mark.parametrize(
    ("event", "tag"),
    [("ReviewVoice", "ReviewVoice"), ("VirusDetect", "VirusDetect"), ("TransCodingFinish", "Unknown"), ("", "Unknown")],
)
def test_an_absent_tag_follows_from_the_event_of_a_review(event: str, tag: str) -> None:
    """The events of reviews name them; those of tasks do not."""
    assert only_job(body(job(Tag=None, Operation=None), event=event)).tag == tag


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("success", "Success"),
        ("FAILED", "Failed"),
        (" Auditing\n", "Auditing"),
        ("\0success\0", "Success"),
        ("Succeeded", "Succeeded"),
    ],
)
def test_a_state_is_read_in_any_case(sent: str, state: str) -> None:
    """A known State gets CI's own spelling, an unknown one keeps its own."""
    one = only_job(body(job(State=sent)))
    assert (one.state, one.has_known_state) == (state, state != "Succeeded")


def test_native_names_and_ids_are_texts() -> None:
    """An id or a key that native JSON has as a number, or as a list of one, is the text of it."""
    one = only_job(json.dumps({"JobsDetail": {"JobId": 7, "RunId": [8], "Object": 9, "Url": ["u"]}}))
    assert [one.fields[name] for name in ("JobId", "RunId", "Object", "Url")] == ["7", "8", "9", "u"]


@pytest.mark.parametrize("time", ["2024-05-06T07:08:09", "yesterday", 7, None])
def test_a_time_of_the_function_has_a_zone(time: object) -> None:
    """Only CI's own times may lack it."""
    assert instant(time) is None


def test_names_and_ids_are_trimmed_and_other_texts_are_not() -> None:
    """White space around a name or an id is no part of it; a key or a message may have it."""
    one = job(
        JobId=" j1\t",
        Tag="\n  Transcode\n",
        Code=" Success ",
        Message=" m ",
        Input={"BucketId": "b ", "Object": " k "},
        Workflow={"RunId": " r "},
    )
    result = document(only_job(body(one)))
    assert [result[name] for name in ("JobId", "Tag", "Code", "Message")] == ["j1", "Transcode", "Success", " m "]
    assert (result["Input"], result["Workflow"]) == ({"BucketId": "b", "Object": " k "}, {"RunId": "r"})


@pytest.mark.parametrize("wrapped", [False, True])
def test_fields_of_the_envelope_are_kept_with_each_job(*, wrapped: bool) -> None:
    """A field beside the jobs, or beside the Response, is kept in every job that lacks it."""
    envelope = {"EventName": "TaskFinish", "JobsDetail": [job(), job(Batch="own")], "Batch": "b", "Appid": 7}
    if wrapped:
        envelope = {"Response": envelope, "RequestId": "r"}
    callback = read(json.dumps(envelope))
    assert isinstance(callback, Callback)
    kept = [document(one) for one in callback.jobs]
    assert [(one["Appid"], one["Batch"]) for one in kept] == [(7, "b"), (7, "own")]
    assert [one.get("RequestId") for one in kept] == ["r" if wrapped else None] * 2
    assert list(kept[0])[6:] == [*list(kept[0])[6:9], *sorted(list(kept[0])[9:])]


def test_a_large_field_of_the_envelope_is_kept_with_the_first_job_alone() -> None:
    """So the results of a callback are not many times its size."""
    several = {"EventName": "TaskFinish", "JobsDetail": [job() for _ in range(20)], "Note": "n" * 60_000}
    callback = read(json.dumps(several))
    assert isinstance(callback, Callback)
    assert ["Note" in document(one) for one in callback.jobs] == [True] + [False] * 19


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"Input": {"Url": "https://a.example/1"}}, "https://a.example/1"),
        ({"Url": "https://a.example/2", "Input": {"Object": "k"}}, "https://a.example/2"),
        ({"data": {"url": "https://a.example/3"}}, "https://a.example/3"),
        ({"data": {"url": 7}}, ""),
        ({}, ""),
    ],
)
def test_the_url_of_the_input_is_read_from_each_form(fields: dict[str, Any], url: str) -> None:
    """Jobs name it in Input, reviews in Url, their Simple form in data."""
    assert Job(fields).url == url


def test_empty_fields_are_left_out_but_for_the_leading_ones() -> None:
    """Six fields are present even when CI sends nothing for them; no other empty field is."""
    result = document(
        only_job('{"JobsDetail": {"Input": {"Object": "", "X": []}, "QueueId": null, "Z": "1", "A": "2"}}')
    )
    assert list(result) == ["EventName", "JobId", "Tag", "State", "Code", "Message", "A", "Z"]
    assert result == {**dict.fromkeys(result, ""), "Tag": "Unknown", "State": "Failed", "A": "2", "Z": "1"}


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
