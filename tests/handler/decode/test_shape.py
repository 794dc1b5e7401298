"""Lists, numbers and times: CI's spellings of them, brought to the shape of the Tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job
from tests.support.decoded import document, only_job

if TYPE_CHECKING:
    from tests.support.bodies import Format


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_items_of_any_number_are_a_list(form: Format, count: int) -> None:
    """None, one and several songs give the same type in both formats."""
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
def test_numbers_are_converted_and_not_rescaled(sent: str, kept: object) -> None:
    """A text that spells a number becomes it; any other stays unchanged."""
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
def test_times_become_rfc_3339(sent: str, kept: str | None) -> None:
    """CI's times gain their colon and T; its dash is no time; anything else stays unchanged."""
    assert document(only_job(body(job(EndTime=sent)))).get("EndTime") == kept


def test_a_result_that_fits_no_model_is_kept_unchanged() -> None:
    """A typed result of an unexpected shape is kept untyped; the job is not lost."""
    operation = {"SoundHoundResult": {"SongList": ["only text"]}}
    assert document(only_job(body(job(Operation=operation))))["Operation"] == operation
