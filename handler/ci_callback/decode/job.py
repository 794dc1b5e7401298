"""A decoded callback: its jobs, workflow runs or reviews, each with the result object it becomes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from .times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

WORKFLOW = "Workflow"  # the Tag of a workflow run
REVIEW = "Review"  # begins the Tag of a review; all of it where CI does not name the kind


# Verdicts of a review, by the number in Result or Suggestion: https://cloud.tencent.com/document/product/460/56345
RESULTS = ("normal", "block", "review")
_VERDICTS = {str(number): result for number, result in enumerate(RESULTS)}

# States of jobs, runs and reviews; the spelling of Snapshoting is CI's.
ENDED = ("Success", "Failed")
FINAL_STATES = (*ENDED, "Cancel")  # of a workflow run
STATES = (*FINAL_STATES, "Submitted", "Running", "Pause", "Auditing", "Snapshoting")

_NO_TIME = 1970  # the year of a clock's zero, or before it: that of Go is in the year 1

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


class Job:
    """A job, a workflow run or a review; `fields` is its result object, in CI's own field names."""

    def __init__(self, fields: Mapping[str, Any], *, repaired: bool = False) -> None:
        self.fields = fields
        self._repaired = repaired  # the body it was in
        self._document = b""
        self._digest = ""

    @property
    def job_id(self) -> str:
        """CI's id of the job; the RunId of a workflow run."""
        return self._text("JobId")

    @property
    def tag(self) -> str:
        """The kind of job."""
        return self._text("Tag")

    @property
    def state(self) -> str:
        """The job's State: final, or a stage on the way."""
        return self._text("State")

    @property
    def has_known_state(self) -> bool:
        """Whether CI documents the State; a run that starts has none."""
        return self.state in STATES or not self.state

    @property
    def repaired(self) -> bool:
        """Whether U+FFFD replaces characters in it that the body may not have."""
        return self._repaired and "\ufffd".encode() in self.document

    @property
    def queue_id(self) -> str:
        """The queue that ran the job."""
        return self._text("QueueId")

    @property
    def result(self) -> str:
        """The verdict of a review: normal, block or review; "" without one."""
        verdicts = (self.fields.get("Result"), self.fields.get("Suggestion"), self.element("data").get("result"))
        return next((_VERDICTS[str(each)] for each in verdicts if str(each) in _VERDICTS), "")

    @property
    def is_review(self) -> bool:
        """Whether this is a review: by its Tag, or by its verdict where CI names no event."""
        return self.tag.startswith(REVIEW) or bool(self.result)

    @property
    def url(self) -> str:
        """The URL of the input, for a job or review that was given one; else ""."""
        urls = (self.element("Input").get("Url"), self.fields.get("Url"), self.element("data").get("url"))
        return next((url for url in urls if isinstance(url, str) and url), "")

    @property
    def node(self) -> Mapping[str, Any]:
        """The workflow node that ran the job (RunId, WorkflowId, Name); a run's own ids, without Name, for a run."""
        if self.tag == WORKFLOW:
            return {name: value for name, value in self.fields.items() if name in {"RunId", "WorkflowId"}}
        nodes = self.fields.get("Workflow", {})
        node: Mapping[str, Any] = nodes[0] if isinstance(nodes, list) else nodes
        return node

    @property
    def document(self) -> bytes:
        """The result object: canonical JSON in UTF-8, the same bytes for the same values sent as XML or JSON."""
        self._document = self._document or _serialised(self.fields)
        return self._document

    @property
    def size(self) -> int:
        """The bytes of `document`, 0 as long as it was not needed."""
        return len(self._document)

    @property
    def digest(self) -> str:
        """The SHA-256 of `document`, 64 hex digits."""
        self._digest = self._digest or hashlib.sha256(self.document).hexdigest()
        return self._digest

    @property
    def sort_time(self) -> str:
        """The job's end, else its creation, in UTC to the microsecond, comparable as text; "-" without either."""
        for name in ("EndTime", "CreationTime", "CreateTime"):
            if (moment := instant(self.fields.get(name))) and moment.year > _NO_TIME:
                return moment.isoformat(timespec="microseconds")
        return "-"

    def late_s(self, moment: datetime) -> int | None:
        """Return the seconds from the job's end to a moment; None without an EndTime."""
        ended = instant(self.fields.get("EndTime"))
        return None if ended is None else int((moment - ended).total_seconds())

    def element(self, *path: str) -> Mapping[str, Any]:
        """Return the element at a path; an empty one if there is none."""
        element = self.fields
        for name in path:
            inner = element.get(name)
            if not isinstance(inner, dict):
                return {}
            element = inner
        return element

    def _text(self, name: str) -> str:
        text: str = self.fields.get(name, "")
        return text


def _serialised(fields: Mapping[str, Any]) -> bytes:
    """Serialise fields part by part: the text of a large document takes twice the memory of its bytes."""
    texts = [*_encoder.iterencode(fields, _one_shot=True)]
    texts.reverse()
    parts = []
    while texts:
        parts.append(texts.pop().encode())
    return b"".join(parts)


class MalformedJob(NamedTuple):
    """An element that cannot be read as a job, beside others that can; its names as far as they are texts."""

    reason: str
    detail: str
    job_id: str = ""
    tag: str = ""
    state: str = ""


class Callback(NamedTuple):
    """A callback with one job or more, and the elements that could not be read as jobs."""

    jobs: tuple[Job, ...]
    malformed: tuple[MalformedJob, ...] = ()
