"""Reading results with types: known and unknown Tags, values that contradict a model, and what is no result."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci_callback_results import Job, NotAResult, Result, parse
from ci_callback_results.tags import ReviewImage, SoundHound
from ci_callback_results.tags.speech import sound_hound

SOUND_HOUND = {
    "EventName": "TaskFinish",
    "JobId": "s1",
    "Tag": "SoundHound",
    "State": "Success",
    "Code": "",
    "Message": "",
    "Operation": {"SoundHoundResult": {"SongList": [{"Inlier": 98, "SongName": "青花瓷", "New": [1]}]}},
}


def test_result_of_a_job_has_the_operation_of_its_tag() -> None:
    """Names are in snake case, absent fields None or an empty list, and unknown fields are kept."""
    read = parse(json.dumps(SOUND_HOUND).encode())
    assert isinstance(read, Job)
    assert isinstance(read.operation, SoundHound)
    found = read.operation.sound_hound_result
    assert found is not None
    (song,) = found.song_list
    assert (song.song_name, song.inlier, song.singer_name) == ("青花瓷", 98, None)
    assert song.model_extra == {"New": [1]}
    assert (read.job_id, read.input, read.end_time) == ("s1", None, None)
    assert SoundHound is sound_hound.SoundHound


def test_failed_job_of_a_tag_has_no_result() -> None:
    """Its Operation may be absent."""
    failed = {**SOUND_HOUND, "State": "Failed", "Code": "InputObjectNotFound"}
    del failed["Operation"]
    read = parse(json.dumps(failed))
    assert isinstance(read, Job)
    assert (read.state, read.operation) == ("Failed", None)


def test_result_of_a_review_has_a_class_of_its_own() -> None:
    """A verdict is a field of it."""
    read = parse(json.dumps({**SOUND_HOUND, "Tag": "ReviewImage", "Result": 1}))
    assert isinstance(read, ReviewImage)
    assert read.result == 1


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"Tag": "Humming"}, Job),
        ({"Operation": {"SoundHoundResult": "none"}}, Job),
        ({"Operation": {"SoundHoundResult": {"SongList": [{"Inlier": [98]}]}}}, Job),
        ({"Operation": {"JobLevel": {"a": 1}}}, Result),
        ({"Input": "in/song.mp3"}, Result),
        ({"Tag": "ReviewImage", "Result": {"a": 1}}, Job),
        ({"Operation": [SOUND_HOUND]}, Result),
    ],
)
def test_result_without_a_fitting_model_is_generic(changed: dict[str, Any], kind: type[Result]) -> None:
    """An unknown Tag, or a value that contradicts the types: every field is kept, and no type is wrong."""
    one = {**SOUND_HOUND, **changed}
    read = parse(json.dumps(one))
    assert type(read) is kind
    assert read.model_dump(by_alias=True, exclude_unset=True) == one


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\xfd", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"reason": "malformed", "jobs": []}', "no EventName, JobId, Tag, State, Code, Message"),
        (json.dumps({**SOUND_HOUND, "Tag": 7}), "no Tag"),
    ],
)
def test_bytes_that_are_no_result_are_refused(content: bytes | str, reason: str) -> None:
    """A dead letter is none either."""
    with pytest.raises(NotAResult, match=f"it (is|has) {reason}"):
        parse(content)


def test_unknown_model_is_an_attribute_error() -> None:
    """As in any module."""
    with pytest.raises(ImportError, match="Nothing"):
        exec("from ci_callback_results.tags import Nothing")  # noqa: S102 - mypy would refuse it
