"""Bytes to callback: every envelope that CI is known to send, and arbitrary bytes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback.decode.envelope import Decoded, Probe, Unsupported
from ci_callback.decode.job import Callback
from tests.handler.test_events import NAMES, event
from tests.support.bodies import JSON_VALUES, body, job, without_empty
from tests.support.decoded import only_job, read


@pytest.mark.parametrize("details", [job(), [job()]])
@pytest.mark.parametrize("wrapped", [False, True])
def test_json_envelopes_give_equal_jobs(details: Any, *, wrapped: bool) -> None:
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


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "-xml-" in name and name.replace("-xml-", "-json-") in NAMES]
)
def test_the_order_of_names_changes_nothing(name: str) -> None:
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
        '{"code": 0, "data": {"request_id": "a"}}',
        '{"code": 0, "data": {"event": ["ReviewImage"]}}',
        '{"a": 1}',
    ],
)
def test_a_body_of_another_kind_is_unsupported(content: str) -> None:
    """A well-formed body that is no callback we know is no rejection: a later release may read it."""
    assert isinstance(read(content), Unsupported)


@pytest.mark.parametrize("name", ["TransCodingFinish", "SomethingNew"])
def test_the_event_of_a_job_may_have_any_name(name: str) -> None:
    """A body with a job is a callback: CI has had other names for its events, and will have more."""
    one = only_job(body(job(), event=name))
    assert (one.fields["EventName"], one.tag) == (name, "SoundHound")


def test_the_url_probe_is_recognised() -> None:
    """Message and trace distinguish CI's test request from a review."""
    probe = {"code": 0, "data": {"trace_id": "test_trace_id"}, "message": "Test request when setting callback url"}
    assert isinstance(read(json.dumps(probe)), Probe)
    assert isinstance(read(json.dumps({**probe, "message": "success"})), Callback)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value(content: bytes) -> None:
    """The decoder is total (promise 5): no bytes raise."""
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
    """Any JSON for a job's fields is read or rejected; a job that is read can be written."""
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
