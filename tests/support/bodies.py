"""Callback bodies in XML, and in JSON as CI converts it: all values text, a single item an object, nothing empty."""

from __future__ import annotations

import json
from typing import Any, Literal

from hypothesis import strategies as st

from models.wire import to_xml

__all__ = ["JSON_VALUES", "Format", "body", "job", "to_xml", "without_empty"]

# Small JSON values of any kind.
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

Format = Literal["xml", "json"]


def job(**more: Any) -> dict[str, Any]:
    """Return a SoundHound job in CI's field names; a value of None removes a field."""
    fields: dict[str, Any] = {
        "Code": "Success",
        "CreationTime": "2025-03-01T09:00:01+0800",
        "EndTime": "2025-03-01T09:00:09+0800",
        "Input": {"BucketId": "test-1234567890", "Object": "audio/song.mp3", "Region": "ap-chongqing"},
        "JobId": "s0123456789abcdef0123456789abcdef",
        "Message": "",
        "Operation": {
            "JobLevel": "0",
            "SoundHoundResult": {"SongList": {"Inlier": "0.87", "SingerName": "Band", "SongName": "Song"}},
            "UserData": "order 4711",
        },
        "QueueId": "p7d1a2b3c4d5e6f708192a3b4c5d6e7f8",
        "StartTime": "2025-03-01T09:00:02+0800",
        "State": "Success",
        "Tag": "SoundHound",
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def body(*jobs: dict[str, Any], form: Format = "json", event: str = "TaskFinish") -> str:
    """Return a task callback with these jobs."""
    if form == "json":
        return json.dumps({"EventName": event, "JobsDetail": [without_empty(each) for each in jobs]})
    return to_xml("Response", {"EventName": event, "JobsDetail": list(jobs)})


def without_empty(value: Any) -> Any:
    """Remove empty values, as CI's JSON does."""
    if isinstance(value, dict):
        kept = {name: without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ("", {}, [])}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value
