"""A callback as CI means it: each job, workflow run or review in it, as the result object it stands for.

What all have in common: https://cloud.tencent.com/document/product/460/84956 (task), 460/80039 (workflow), 460/56345
(review). What a Tag's own fields are is described in models/, and compiled into shapes/.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.errors import Malformed
from ci_callback.shapes import MODULES
from ci_callback.shapes.job import JOB

from .shape import fit
from .times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .shape import Shape

TASK_FINISH = "TaskFinish"
WORKFLOW = "Workflow"

_WORKFLOW_START, _WORKFLOW_FINISH = "WorkflowStart", "WorkflowFinish"
_FINAL = ("Success", "Failed", "Cancel")

# What stands in every result object, "" where CI sent nothing.
_ALWAYS = ("EventName", "JobId", "Tag", "State", "Code", "Message")
_NOTHING = dict.fromkeys(_ALWAYS, "")

# Longer than any CI writes; bounds what is matched against routes, echoed in replies and logged.
_LONGEST_NAME = 256
_NAMES = ("JobId", "Tag", "State", "QueueId", "RunId", "WorkflowId")

# What must be a text, since we read it: of the whole, of its input and output, and of the workflow node it ran as.
_OWN_TEXTS = (*_ALWAYS, "QueueId", "RunId", "WorkflowId", "BucketId", "Region", "Object", "Url")
_INPUT_TEXTS = ("BucketId", "Region", "Object")
_OUTPUT_TEXTS = ("Bucket", "Region", "Object")
_NODE_TEXTS = ("RunId", "WorkflowId", "Name")

_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# Verdicts of a review, by the number in Result or Suggestion: https://cloud.tencent.com/document/product/460/56345
RESULTS = ("normal", "block", "review")
_VERDICTS = dict(enumerate(RESULTS))


class Job:
    """A job, a workflow run or a review; `fields` is its result object, in CI's own field names."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields
        self._document = b""
        self._digest = ""

    @property
    def job_id(self) -> str:
        """CI's id of it; of a workflow run the RunId."""
        return self._text("JobId")

    @property
    def tag(self) -> str:
        """What kind of job it is."""
        return self._text("Tag")

    @property
    def state(self) -> str:
        """How it ended, or where it is."""
        return self._text("State")

    @property
    def queue_id(self) -> str:
        """The queue it ran in."""
        return self._text("QueueId")

    def late_s(self, moment: datetime) -> int | None:
        """Return the seconds from its end to a moment; None where CI names no end."""
        ended = instant(self.fields.get("EndTime"))
        return None if ended is None else int((moment - ended).total_seconds())

    @property
    def result(self) -> str:
        """What a review found: normal, block or review; "" for what is no review."""
        verdicts = (self.fields.get("Result"), self.fields.get("Suggestion"), self.element("data").get("result"))
        return next((_VERDICTS[each] for each in verdicts if isinstance(each, int) and each in _VERDICTS), "")

    @property
    def node(self) -> Mapping[str, Any]:
        """The workflow node it ran as (RunId, WorkflowId, Name); of a workflow run itself, without Name."""
        if self.tag == WORKFLOW:
            return {name: value for name, value in self.fields.items() if name in {"RunId", "WorkflowId"}}
        nodes = self.fields.get("Workflow", {})
        node: Mapping[str, Any] = nodes[0] if isinstance(nodes, list) else nodes
        return node

    def element(self, *path: str) -> Mapping[str, Any]:
        """Return the element at a path; an empty one where there is none."""
        element = self.fields
        for name in path:
            inner = element.get(name)
            if not isinstance(inner, dict):
                return {}
            element = inner
        return element

    @property
    def document(self) -> bytes:
        """The result object: canonical JSON in UTF-8, the same bytes for the same values sent as XML or JSON."""
        self._document = self._document or _as_json(self.fields).encode()
        return self._document

    @property
    def digest(self) -> str:
        """The SHA-256 of `document`, 64 hex digits."""
        self._digest = self._digest or hashlib.sha256(self.document).hexdigest()
        return self._digest

    @property
    def sort_time(self) -> str:
        """The job's place in time, UTC to the microsecond, comparable as text: when it ended, else began, else "-"."""
        for name in ("EndTime", "CreationTime", "CreateTime"):
            if moment := instant(self.fields.get(name)):
                return moment.isoformat(timespec="microseconds")
        return "-"

    def _text(self, name: str) -> str:
        text: str = self.fields.get(name, "")
        return text


class Callback(NamedTuple):
    """A callback with one job or more."""

    jobs: tuple[Job, ...]


def read_job(event_name: str, detail: Mapping[str, Any], workflow: Any = None) -> Job:
    """Return the job, or the review, that a `JobsDetail` element describes; raise Malformed.

    `workflow` is the callback's own Workflow element, which counts where the job has none.
    """
    given = {
        **detail,
        "EventName": event_name,
        "Tag": detail.get("Tag") or _tag_of(detail.get("Operation")) or _tag_of_event(event_name),
        "State": detail.get("State") or ("Success" if detail.get("Code") == "Success" else "Failed"),
    }
    if workflow is not None and "Workflow" not in detail:
        given = dict(sorted({**given, "Workflow": workflow}.items()))
    return _fitted(given)


def read_run(event_name: str, run: Mapping[str, Any]) -> Job:
    """Return the workflow run that a `WorkflowExecution` element describes; raise Malformed.

    One that ends without a State has failed; one that begins has none yet.
    """
    unsaid = "" if event_name == _WORKFLOW_START else "Failed"
    own = {"EventName": event_name, "JobId": run.get("RunId"), "Tag": WORKFLOW, "State": run.get("State") or unsaid}
    return _fitted({**run, **own})


def read_told_run(told: Mapping[str, Any], bucket: str) -> Job:
    """Return the workflow run that CI told who asked a bucket, as its callback would tell it now; raise Malformed."""
    event_name = _WORKFLOW_FINISH if told.get("State") in _FINAL else _WORKFLOW_START
    return read_run(event_name, as_called_back(told, bucket))


def as_called_back(told: Mapping[str, Any], bucket: str) -> Mapping[str, Any]:
    """Return the element of a run or a review that CI told who asked its bucket, with the names that callbacks have.

    There a run's Name is its WorkflowName, and the bucket, which is the one that was asked, is named:
    https://cloud.tencent.com/document/product/436/80046 (run), 436/68904 (review).
    """
    names = {"Name": "WorkflowName"} if "RunId" in told and "WorkflowName" not in told else {}
    named = {"BucketId": bucket, **{names.get(name, name): value for name, value in told.items()}}
    return dict(sorted(named.items()))


def read_simple_review(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> Job:
    """Return the review that a body in CI's Simple form describes; raise Malformed."""
    event_name = data.get("event")
    return _fitted(
        {
            "EventName": event_name,
            "JobId": data.get("trace_id"),
            "Tag": event_name,
            "State": "Success" if envelope.get("code") == 0 else "Failed",
            "Code": envelope.get("code"),
            "Message": envelope.get("message"),
            "data": data,
        }
    )


def _fitted(given: Mapping[str, Any]) -> Job:
    """Return what CI's element comes to; it is canonical but for the first six fields, whose place is their own."""
    fields = {**_NOTHING, **fit(_shape_of(given["Tag"]), given)}
    if problem := _problem(fields):
        raise Malformed("bad-field", problem)
    return Job(fields)


@cache
def _module(name: str) -> Shape:
    return import_module(f"ci_callback.shapes.{name}").SHAPE


def _shape_of(tag: object) -> Shape:
    name = MODULES.get(tag) if isinstance(tag, str) else None
    return _module(name) if name else JOB


def _problem(fields: Mapping[str, Any]) -> str:
    """Return what contradicts CI's documents in the fields that we ourselves read; all others are kept as they are."""
    return (
        _not_texts(fields, _OWN_TEXTS)
        or _not_an_element(fields, "Input", _INPUT_TEXTS)
        or _not_an_element(fields, "Operation", ())
        or _too_long(fields)
        or _not_nodes(fields.get("Workflow"))
        or _not_an_element(fields.get("Operation", {}), "Output", _OUTPUT_TEXTS)
    )


def _too_long(fields: Mapping[str, Any]) -> str:
    for name in _NAMES:
        if len(fields.get(name, "")) > _LONGEST_NAME:
            return f"{name}: at most {_LONGEST_NAME} characters are expected."
    return ""


def _not_nodes(nodes: Any) -> str:
    """Return what is wrong with the workflow nodes, of which there is one, or several, or none."""
    if nodes is None:  # as for nearly every job
        return ""
    several = nodes if isinstance(nodes, list) else [nodes]
    return next(filter(None, (_not_an_element({"Workflow": node}, "Workflow", _NODE_TEXTS) for node in several)), "")


def _not_an_element(parent: Mapping[str, Any], name: str, texts: tuple[str, ...]) -> str:
    element = parent.get(name)
    if element is None:
        return ""
    if not isinstance(element, dict):
        return f"{name}: one element is expected."
    problem = _not_texts(element, texts)
    return f"{name}.{problem}" if problem else ""


def _not_texts(element: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if type(element.get(name, "")) is not str:
            return f"{name}: one text is expected."
    return ""


def _tag_of(operation: Any) -> str:
    """Return the Tag an Operation without one implies: the name before `Result` of its one result element, else ""."""
    if not isinstance(operation, dict):
        return ""
    # MediaResult is the output of many Tags, the result of none
    names = [name for name in operation if name.endswith("Result") and name not in {"Result", "MediaResult"}]
    return names[0].removesuffix("Result") if len(names) == 1 else ""


def _tag_of_event(event_name: str) -> str:
    """Return the Tag of what has none of its own: reviews are named by their event."""
    return "" if event_name == TASK_FINISH else event_name
