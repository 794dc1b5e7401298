"""Lists, numbers and times: CI's spellings of them, brought to the shape of the Tag."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.decode import shape
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
        ("1.252364e+06", 1252364),
        ("5e-05", 0.00005),
        ("2.5E-3", 0.0025),
        (" 98 ", 98),
        ("98.0", 98),
        ("0.12345678901234567890123", 0.12345678901234568),
        ("9007199254740991", 9007199254740991),
        ("9007199254740993", "9007199254740993"),
        ("1e+300", "1e+300"),
        ("1e999", "1e999"),
        ("+Inf", "+Inf"),
        ("NaN", "NaN"),
        ("0." + "1" * 400, "0." + "1" * 400),
        ("high", "high"),
        ("1" * 30, "1" * 30),
    ],
)
def test_numbers_are_converted_and_not_rescaled(sent: str, kept: object) -> None:
    """A text that spells a number becomes it; any other stays unchanged."""
    operation = {"JobLevel": sent, "SoundHoundResult": {"SongList": {"Inlier": sent}}}
    result = document(only_job(body(job(Operation=operation), form="xml")))["Operation"]
    assert result["SoundHoundResult"]["SongList"] == [{"Inlier": kept}]
    assert result["JobLevel"] == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-05-06T07:08:09+0800", "2024-05-06T07:08:09+08:00"),
        ("2024-05-06 07:08:09+0800", "2024-05-06T07:08:09+08:00"),
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
        ("2024-05-06T07:08:09.25-03:30", "2024-05-06T07:08:09.25-03:30"),
        ("2024-05-06T07:08:09", "2024-05-06T07:08:09+08:00"),
        ("2024-05-06 07:08:09.5", "2024-05-06T07:08:09.5+08:00"),
        ("2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09.123456Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
        ("\n  2024-05-06T07:08:09+0800 ", "2024-05-06T07:08:09+08:00"),
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


_SECRETS = ("EncryptKey", "DecryptKey", "UnCompressKey", "AesIv", "IV", "PlainText", "CiphertextBlob", "UserPassword")


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("tag", ["Transcode", "NewTag"])
@pytest.mark.parametrize("name", _SECRETS)
def test_secrets_are_left_out_at_any_place(name: str, tag: str, form: Format) -> None:
    """A key, password or vector of any Tag is in no result, wherever CI sends it."""
    secret, kept = {name: "hunter2", "UriKey": "https://a.example/key"}, {"UriKey": "https://a.example/key"}
    operation = {"UserData": secret, "Hls": {"Deep": [secret, secret], name: {"a": "hunter2"}}, name: "hunter2"}
    operation["NewEncryption"] = {"Key": "hunter2"}
    result = document(only_job(body(job(Tag=tag, Operation=operation, New=secret, Progress=secret), form=form)))
    assert result["Operation"] == {"UserData": kept, "Hls": {"Deep": [kept, kept]}}
    assert (result["New"], result["Progress"]) == (kept, kept)


def test_headers_of_the_upload_are_kept_with_names_and_values() -> None:
    """The name `Key` is no secret there."""
    headers = [{"Key": "x-cos-meta-a", "Value": "1"}]
    assert document(only_job(body(job(Input={"CosHeaders": headers}))))["Input"] == {"CosHeaders": headers}


@pytest.mark.parametrize(
    ("field", "native", "spelled"),
    [
        ("UserData", 7, "7"),
        ("UserData", True, "true"),
        ("UserData", 2.0, "2"),
        ("UserData", ["x"], "x"),
        ("JobLevel", 3.0, "3"),
        ("JobLevel", [[4]], "4"),
        ("JobLevel", True, "true"),
        ("JobLevel", 2**60, str(2**60)),
        ("JobLevel", 1e300, "1e+300"),
        ("IsOn", True, "True"),
        ("IsOn", 1, "1"),
        ("At", 1714950489, "1714950489"),
        ("Password", [{"a": "b"}], "hunter2"),
        ("UserData", None, ""),
    ],
)
def test_native_values_equal_their_spellings(field: str, native: Any, spelled: str) -> None:
    """A number, a flag or a list of one gives the value that its text in XML gives."""
    kinds = {
        "UserData": shape.TEXT,
        "JobLevel": shape.INTEGER,
        "IsOn": shape.FLAG,
        "At": shape.TIME,
        "Password": shape.SECRET,
    }
    fitted = (shape.fit(kinds, {field: value}) for value in (native, spelled))
    assert len({json.dumps(each) for each in fitted}) == 1
