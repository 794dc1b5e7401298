"""Bodies decoded for tests: the value, the one job in it, its result object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ci_callback.decode.envelope import decode
from ci_callback.decode.job import Callback
from ci_callback.delivery import Delivery

if TYPE_CHECKING:
    from ci_callback.decode.envelope import Decoded
    from ci_callback.decode.job import Job


def read(content: str | bytes, *, is_text: bool | None = None) -> Decoded:
    """Decode a body: a str as text, bytes as bytes, unless `is_text` decides."""
    raw = content.encode() if isinstance(content, str) else content
    return decode(Delivery(source="invoke", body=raw, is_text=isinstance(content, str) if is_text is None else is_text))


def only_job(content: str | bytes) -> Job:
    """Decode a callback with one job."""
    callback = read(content)
    assert isinstance(callback, Callback), callback
    (one,) = callback.jobs
    return one


def document(one: Job) -> Any:
    """Parse a job's result object."""
    return json.loads(one.document)
