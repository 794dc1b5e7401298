"""A body as the function reads it: its parser, then the shape of the Tag's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.decode import shape, tree
from models.generate.shapes import shape_of
from models.job import Result

if TYPE_CHECKING:
    from models.catalog import Entry


def result_object(entry: Entry, text: str) -> dict[str, Any]:
    """Return the result object of the one job, run or review in a body."""
    parsed = tree.parse(text)
    envelope = parsed.get("Response", parsed)
    detail = envelope.get("JobsDetail") or envelope["WorkflowExecution"]
    (one,) = detail if isinstance(detail, list) else [detail]
    job_id = one.get("JobId") or one.get("RunId")
    known = {"EventName": envelope.get("EventName", ""), "Tag": entry.tag, "JobId": job_id}
    fitted = shape.fit(shape_of(entry.result), {**one, **known})
    return {**dict.fromkeys(Result.LEADING, ""), **fitted}
