"""Bytes to callback: every shape CI is known to send, and everything else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback.decode.envelope import Decoded, Probe, Unsupported, decode
from ci_callback.decode.job import Callback, Job
from ci_callback.delivery import Delivery
from tests.handler.test_events import NAMES, event
from tests.support.bodies import JSON_VALUES, body, job, to_xml, without_empty

if TYPE_CHECKING:
    from tests.support.bodies import Format


def read(content: str | bytes, *, is_text: bool | None = None) -> Decoded:
    """Return what a body says; text is taken as text, bytes as bytes unless told otherwise."""
    raw = content.encode() if isinstance(content, str) else content
    return decode(Delivery(source="invoke", body=raw, is_text=isinstance(content, str) if is_text is None else is_text))


def only_job(content: str | bytes) -> Job:
    """Return the one job of a callback."""
    callback = read(content)
    assert isinstance(callback, Callback), callback
    (one,) = callback.jobs
    return one


def document(one: Job) -> Any:
    """Return a job's result object."""
    return json.loads(one.document)


@pytest.mark.parametrize("details", [job(), [job()]])
@pytest.mark.parametrize("wrapped", [False, True])
def test_json_envelopes_are_alike(details: Any, *, wrapped: bool) -> None:
    """JobsDetail as object or array, wrapped in Response or not, is the same callback."""
    envelope: dict[str, Any] = {"EventName": "TaskFinish", "JobsDetail": without_empty(details)}
    one = only_job(json.dumps({"Response": envelope} if wrapped else envelope))
    assert one.document == only_job(body(job(), form="xml")).document


def test_repeated_elements_are_several_jobs() -> None:
    """Two JobsDetail elements, or an array of two, are two jobs in their order."""
    two = [job(JobId="a"), job(JobId="b")]
    for content in (body(*two, form="xml"), body(*two)):
        callback = read(content)
        assert isinstance(callback, Callback)
        assert [one.job_id for one in callback.jobs] == ["a", "b"]


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_songs_are_always_a_list(form: Format, count: int) -> None:
    """None, one and many songs give the same type, whatever the format made of them."""
    songs: Any = [{"Inlier": "1", "SongName": f"song {at}"} for at in range(count)]
    operation = {"SoundHoundResult": {"SongList": songs[0] if count == 1 else songs}, "JobLevel": "0"}
    result = document(only_job(body(job(Operation=operation), form=form)))["Operation"].get("SoundHoundResult")
    expected = [{"Inlier": 1, "SongName": f"song {at}"} for at in range(count)]
    assert result == ({"SongList": expected} if count else None)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0.98", 0.98),
        ("98", 98),
        ("-1", -1),
        ("0", 0),
        ("007", "007"),
        ("1e5", "1e5"),
        ("high", "high"),
        ("1" * 30, "1" * 30),
    ],
)
def test_numbers_are_converted_never_rescaled(sent: str, kept: object) -> None:
    """A text that spells a number becomes it; any other stays as it came."""
    operation = {"JobLevel": sent, "SoundHoundResult": {"SongList": {"Inlier": sent}}}
    result = document(only_job(body(job(Operation=operation), form="xml")))["Operation"]
    assert result["SoundHoundResult"]["SongList"] == [{"Inlier": kept}]
    assert result["JobLevel"] == (sent if isinstance(kept, float) else kept)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-05-06T07:08:09+0800", "2024-05-06T07:08:09+08:00"),
        ("2024-05-06 07:08:09+0800", "2024-05-06T07:08:09+08:00"),
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
        ("2024-05-06T07:08:09.25-03:30", "2024-05-06T07:08:09.25-03:30"),
        ("2024-05-06T07:08:09", "2024-05-06T07:08:09"),
        ("yesterday", "yesterday"),
        ("-", None),
    ],
)
def test_times_are_rfc_3339(sent: str, kept: str | None) -> None:
    """CI's times gain their colon and T; its dash is no time; anything else stays as it came."""
    assert document(only_job(body(job(EndTime=sent)))).get("EndTime") == kept


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
def test_a_job_has_a_place_in_time(times: dict[str, Any], expected: str) -> None:
    """EndTime decides, else CreationTime, compared in UTC; without either the job is older than any other."""
    assert only_job(body(job(**times))).sort_time == expected


@pytest.mark.parametrize(
    ("code", "state"), [("Success", "Success"), ("InputObjectNotFound", "Failed"), (None, "Failed")]
)
def test_an_absent_state_follows_from_the_code(code: str | None, state: str) -> None:
    """Published bodies lack State; Code tells it."""
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


def test_the_leading_fields_always_stand_there_and_nothing_else_empty() -> None:
    """Six fields are there even when CI sends nothing for them; no other empty field is."""
    result = document(
        only_job('{"JobsDetail": {"Input": {"Object": "", "X": []}, "QueueId": null, "Z": "1", "A": "2"}}')
    )
    assert list(result) == ["EventName", "JobId", "Tag", "State", "Code", "Message", "A", "Z"]
    assert result == {**dict.fromkeys(result, ""), "State": "Failed", "A": "2", "Z": "1"}


def test_unknown_fields_and_tags_survive() -> None:
    """What no model knows is kept as it came, at every level, sorted by name."""
    operation = {"Zeta": {"b": ["1", "2"], "a": "3"}, "Alpha": " x ", "UserData": "u"}
    sent = job(Tag="NewTag", Operation=operation, Future={"x": "1"}, Input={"Object": "k", "Lang": "en"})
    result = document(only_job(body(sent)))
    assert result["Operation"] == operation
    assert list(result["Operation"]) == ["UserData", "Alpha", "Zeta"]
    assert result["Future"] == {"x": "1"}
    assert result["Input"] == {"Object": "k", "Lang": "en"}


def test_a_result_that_fits_no_model_stays_as_it_came() -> None:
    """A typed result of an unexpected shape is kept untyped; the job is not lost over it."""
    operation = {"SoundHoundResult": {"SongList": ["only text"]}}
    assert document(only_job(body(job(Operation=operation))))["Operation"] == operation


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_workflow_is_found_in_the_job_or_beside_it(form: Format) -> None:
    """CI's table puts Workflow into Response, its samples into JobsDetail, its Go SDK into a list."""
    node = {"RunId": "r", "WorkflowId": "w", "WorkflowName": "n", "Name": "SoundHound_1"}
    inside = body(job(Workflow=node), form=form)
    assert only_job(inside).node["RunId"] == "r"
    envelope = {"EventName": "TaskFinish", "JobsDetail": job(), "Workflow": node}
    beside = json.dumps(without_empty(envelope)) if form == "json" else to_xml("Response", envelope)
    assert only_job(beside).document == only_job(inside).document
    assert only_job(body(job(Workflow=[node]))).document == only_job(inside).document
    assert only_job(body(job(Workflow=[node, {**node, "RunId": "s"}]))).node["RunId"] == "r"


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "-xml-" in name and name.replace("-xml-", "-json-") in NAMES]
)
def test_child_order_does_not_matter(name: str) -> None:
    """JSON with its names in reverse order gives the same bytes."""
    json_body = event(name.replace("-xml-", "-json-"))["body"]
    callback = read(json_body)
    if not isinstance(callback, Callback):
        return
    turned = json.loads(json_body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    again = read(json.dumps(turned))
    assert isinstance(again, Callback)
    assert [one.document for one in again.jobs] == [one.document for one in callback.jobs]


@pytest.mark.parametrize(
    "content",
    [
        "<Response><EventName>TaskFinish</EventName></Response>",
        '{"EventName": "%s", "Else": {"JobId": "a"}}' % ("x" * 300),
        '{"code": 0, "data": {"trace_id": "a"}}',
        '{"code": 0, "data": {"event": ["ReviewImage"]}}',
        '{"a": 1}',
    ],
)
def test_a_body_of_another_kind_is_unsupported(content: str) -> None:
    """A well-formed body that is no callback we know is no rejection: a later release may read it."""
    assert isinstance(read(content), Unsupported)


@pytest.mark.parametrize("name", ["TransCodingFinish", "SomethingNew"])
def test_the_event_of_a_job_may_have_any_name(name: str) -> None:
    """What counts is that there is a job: CI has had other names for its events, and will have more."""
    one = only_job(body(job(), event=name))
    assert (one.fields["EventName"], one.tag) == (name, "SoundHound")


def test_the_url_probe_is_recognised() -> None:
    """CI's test request is told from a review by its message and its trace."""
    probe = {"code": 0, "data": {"trace_id": "test_trace_id"}, "message": "Test request when setting callback url"}
    assert isinstance(read(json.dumps(probe)), Probe)
    assert isinstance(read(json.dumps({**probe, "message": "success"})), Unsupported)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value(content: bytes) -> None:
    """The decoder is total (promise 5): whatever the bytes, nothing is raised."""
    assert isinstance(read(content, is_text=False), Decoded)
    assert isinstance(read(content, is_text=True), Decoded)


@given(st.data())
def test_mutated_events_give_a_value(data: st.DataObject) -> None:
    """A recorded body with bytes deleted, doubled or overwritten is read or rejected (promise 5)."""
    recorded = event(data.draw(st.sampled_from([name for name in NAMES if "body" in event(name)])))
    content = bytearray(recorded["body"].encode())
    if recorded.get("isBase64Encoded") and not content.startswith(b"<"):
        content = bytearray(base64.b64decode(content))
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, max(len(content) - 1, 0)))
        end = data.draw(st.integers(start, min(start + 40, len(content))))
        content[start:end] = data.draw(st.one_of(st.binary(max_size=8), st.just(bytes(content[start:end]) * 2)))
    assert isinstance(read(bytes(content), is_text=data.draw(st.booleans())), Decoded)


@given(st.dictionaries(st.sampled_from([*job(), "Workflow", "Other"]), JSON_VALUES))
def test_any_json_for_a_job_gives_a_value(detail: dict[str, Any]) -> None:
    """Whatever stands where a job's fields should, the job is read or rejected; what is read can be written."""
    decoded = read(json.dumps({"EventName": "TaskFinish", "JobsDetail": detail}))
    assert isinstance(decoded, Decoded)
    if isinstance(decoded, Callback):
        assert all(isinstance(json.loads(one.document), dict) for one in decoded.jobs)


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)


@given(
    st.dictionaries(st.from_regex(r"[A-Z][a-z]{1,6}", fullmatch=True), _TEXTS, min_size=1), st.lists(_TEXTS, min_size=2)
)
def test_xml_and_json_of_the_same_job_give_the_same_bytes(extra: dict[str, str], several: list[str]) -> None:
    """Same values, same bytes (promise 2), for unknown fields, nested and repeated ones too."""
    operation = {"UserData": "u", "Result": {**extra, "Several": several}}
    one = job(Operation=operation, Tag="Anything")
    assert only_job(body(one, form="xml")).document == only_job(body(one)).document
