"""Elements to jobs: readers of JobsDetail and WorkflowExecution elements and of Simple reviews.

https://cloud.tencent.com/document/product/460/84956 (task), 460/80039 (workflow), 460/56345 (review). The fields
of each Tag are described in models/ and compiled into shapes/.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ci_callback.errors import Malformed
from ci_callback.shapes import MODULES
from ci_callback.shapes.job import JOB

from .job import ENDED, WORKFLOW, Job
from .shape import fit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .shape import Shape

TASK_FINISH = "TaskFinish"
_WORKFLOW_START, _WORKFLOW_FINISH = "WorkflowStart", "WorkflowFinish"
_FINAL = (*ENDED, "Cancel")

# Present in every result object, "" where CI sent nothing.
_ALWAYS = ("EventName", "JobId", "Tag", "State", "Code", "Message")
_EMPTY = dict.fromkeys(_ALWAYS, "")

# Longer than any that CI writes; bounds what is matched against routes, echoed in replies and logged.
_MAX_NAME = 256
_NAMES = ("JobId", "Tag", "State", "QueueId", "RunId", "WorkflowId")

# Fields that the function itself reads, which must be texts: of the job, its input and output, and its workflow node.
_OWN_TEXTS = (*_ALWAYS, "QueueId", "RunId", "WorkflowId", "BucketId", "Region", "Object", "Url")
_INPUT_TEXTS = ("BucketId", "Region", "Object")
_OUTPUT_TEXTS = ("Bucket", "Region", "Object")
_NODE_TEXTS = ("RunId", "WorkflowId", "Name")


def read_job(event_name: str, detail: Mapping[str, Any], workflow: Any = None) -> Job:
    """Read a `JobsDetail` element, a job or a review; raise Malformed.

    `workflow` is the callback's own Workflow element, used where the job has none.
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
    """Read a `WorkflowExecution` element; raise Malformed.

    A finished run without a State has failed; a run that starts has none yet.
    """
    default = "" if event_name == _WORKFLOW_START else "Failed"
    own = {"EventName": event_name, "JobId": run.get("RunId"), "Tag": WORKFLOW, "State": run.get("State") or default}
    return _fitted({**run, **own})


def read_simple_review(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> Job:
    """Read a review in CI's Simple form; raise Malformed."""
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


def read_looked_up_run(run: Mapping[str, Any], bucket: str) -> Job:
    """Read a workflow run from a lookup answer, as its callback would describe it now; raise Malformed."""
    event_name = _WORKFLOW_FINISH if run.get("State") in _FINAL else _WORKFLOW_START
    return read_run(event_name, as_callback_element(run, bucket))


def as_callback_element(element: Mapping[str, Any], bucket: str) -> Mapping[str, Any]:
    """Rename the fields of a run or a review in a lookup answer as callbacks have them.

    An answer has a run's WorkflowName under Name, and leaves out the bucket that was asked:
    https://cloud.tencent.com/document/product/436/80046 (run), 436/68904 (review).
    """
    names = {"Name": "WorkflowName"} if "RunId" in element and "WorkflowName" not in element else {}
    named = {"BucketId": bucket, **{names.get(name, name): value for name, value in element.items()}}
    return dict(sorted(named.items()))


def _fitted(given: Mapping[str, Any]) -> Job:
    """Bring CI's element to the shape of its Tag; raise Malformed.

    The element is canonical but for its first six fields, which have their own place.
    """
    fields = {**_EMPTY, **fit(_shape_of(given["Tag"]), given)}
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
    """Describe the first field that contradicts CI's documents, among those that the function itself reads."""
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
        if len(fields.get(name, "")) > _MAX_NAME:
            return f"{name}: at most {_MAX_NAME} characters are expected."
    return ""


def _not_nodes(nodes: Any) -> str:
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
    """Infer an absent Tag: the name before `Result` of the one result element in Operation, else ""."""
    if not isinstance(operation, dict):
        return ""
    # MediaResult is the output of many Tags, the result of none
    names = [name for name in operation if name.endswith("Result") and name not in {"Result", "MediaResult"}]
    return names[0].removesuffix("Result") if len(names) == 1 else ""


def _tag_of_event(event_name: str) -> str:
    """Infer an absent Tag of a review, which its event names."""
    return "" if event_name == TASK_FINISH else event_name
