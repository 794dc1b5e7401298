"""Elements to jobs: readers of JobsDetail and WorkflowExecution elements and of Simple reviews.

https://cloud.tencent.com/document/product/460/84956 (task), 460/80039 (workflow), 460/56345 (review). The fields of
each Tag are described in ci_callback_results/ and compiled into shapes/.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ci_callback.errors import Malformed
from ci_callback.shapes import MODULES
from ci_callback.shapes.job import JOB

from .job import REVIEW, STATES, WORKFLOW, Callback, Job, MalformedJob
from .shape import NUMBER, TEXT, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .shape import Shape

    Read = Callable[[Mapping[str, Any]], Job]

WORKFLOW_START = "WorkflowStart"
_UNKNOWN = "Unknown"  # the Tag of a job without one

_SPELLINGS = {state.lower(): state for state in STATES}

# Present in every result object, "" where CI sent nothing.
_ALWAYS = ("EventName", "JobId", "Tag", "State", "Code", "Message")
_EMPTY = dict.fromkeys(_ALWAYS, "")

# Longer than any that CI writes; bounds what is matched against routes, echoed in replies and logged.
_MAX_NAME = 256
_MAX_ELEMENTS = 20_000  # CI sends a handful; bounds the memory
_MAX_MALFORMED = 1000  # are reported; a dead letter holds all of them
_NAMES = ("JobId", "Tag", "State", "QueueId", "RunId", "WorkflowId")

# Fields that the function itself reads, which must be texts: of the job, its input and output, and its workflow node.
# Words are trimmed; other texts may begin or end with white space.
_Names = tuple[str, ...]
_OWN_WORDS = ("EventName", "JobId", "Tag", "State", "Code", "QueueId", "RunId", "WorkflowId", "BucketId", "Region")
_OWN_TEXTS = ("Message", "Object", "Url")
_INPUT_WORDS, _INPUT_TEXTS = ("BucketId", "Region"), ("Object", "Url")
_OUTPUT_WORDS, _OUTPUT_TEXTS = ("Bucket", "Region"), ("Object",)
_NODE_WORDS = ("RunId", "WorkflowId", "Name")
_SPACE = " \t\r\n"
_BESIDE = f"{_SPACE}\ufffd"


def read_each(name: str, elements: Any, read: Read, *, needs_one: bool = True) -> Callback:
    """Read one element of a name or several, each on its own; raise Malformed if one is needed and none is a job."""
    if isinstance(elements, list) and len(elements) > _MAX_ELEMENTS:
        raise Malformed("too-many-jobs", f"{name}: more than {_MAX_ELEMENTS:,} elements are not read.")
    jobs: list[Job] = []
    malformed: list[MalformedJob] = []
    for at, element in enumerate(elements if isinstance(elements, list) else [elements]):
        one = _read_one(element, read)
        if isinstance(one, Job):
            jobs.append(one)
        elif len(malformed) < _MAX_MALFORMED:
            malformed.append(one._replace(detail=f"{name}[{at}]{one.detail}"))
    if malformed and not jobs and needs_one:
        raise Malformed(malformed[0].reason, malformed[0].detail)
    return Callback(tuple(jobs), tuple(malformed))


def _read_one(element: Any, read: Read) -> Job | MalformedJob:
    if not isinstance(element, dict):
        return MalformedJob("not-an-object", ": an object is expected.")
    try:
        return read(element)
    except Malformed as problem:
        names = (value[:_MAX_NAME] if isinstance(value := element.get(name), str) else "" for name in _NAMES[:3])
        return MalformedJob(problem.reason, f".{problem}", *names)


def read_job(event_name: str, detail: Mapping[str, Any]) -> Job:
    """Read a `JobsDetail` element, a job or a review; raise Malformed."""
    state = read_state(detail) or ("Success" if read_word(detail, "Code").lower() == "success" else "Failed")
    return _fitted({**detail, "EventName": event_name, "Tag": _tag(event_name, detail), "State": state})


def read_run(event_name: str, run: Mapping[str, Any]) -> Job:
    """Read a `WorkflowExecution` element; raise Malformed.

    A finished run without a State has failed; a run that starts has none yet.
    """
    default = "" if event_name == WORKFLOW_START else "Failed"
    own = {"EventName": event_name, "JobId": run.get("RunId"), "Tag": WORKFLOW, "State": read_state(run) or default}
    return _fitted({**run, **own})


def read_simple_review(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> Job:
    """Read a review in CI's Simple form; raise Malformed."""
    event_name = read_word(data, "event")
    own = {
        "EventName": event_name,
        "JobId": data.get("trace_id"),
        "Tag": event_name or REVIEW,
        "State": "Success" if fit(NUMBER, read_word(envelope, "code")) == 0 else "Failed",
        "Code": envelope.get("code"),
        "Message": envelope.get("message"),
    }
    others = {name: value for name, value in envelope.items() if name not in {"code", "message"}}
    return _fitted({**others, **own})


def read_word(element: Mapping[str, Any], name: str, path: str = "") -> str:
    """Read a trimmed text, "" if absent; raise Malformed for anything else."""
    value = element.get(name, "")
    text = value if type(value) is str else _text_of(value, f"{path}{name}")
    return text if text.strip() == text else text.strip(_SPACE)


def _text_of(value: Any, path: str) -> str:
    """Read the text of a number, a flag or a list of one, as native JSON has them; raise Malformed."""
    text = fit(TEXT, value)
    if type(text) is not str:
        raise Malformed("bad-field", f"{path}: one text is expected.")
    return text


def read_state(element: Mapping[str, Any]) -> str:
    """Read the State, a known one in CI's own spelling, also beside replaced characters: these cost no result."""
    state = read_word(element, "State")
    return state if state in STATES else _SPELLINGS.get(state.lower().strip(_BESIDE), state)


def _tag(event_name: str, detail: Mapping[str, Any]) -> str:
    """Read the Tag; if absent, infer it from the result element, or from the event of a review."""
    tag = read_word(detail, "Tag") or _tag_of_result(detail.get("Operation"))
    if tag:
        return tag
    return event_name if event_name in MODULES or event_name.startswith(REVIEW) else _UNKNOWN


def _tag_of_result(operation: Any) -> str:
    """Return the name before `Result` of the one result element in Operation, else ""."""
    if not isinstance(operation, dict):
        return ""
    # MediaResult is the output of many Tags, the result of none
    names = [name for name in operation if name.endswith("Result") and name not in {"Result", "MediaResult"}]
    return names[0].removesuffix("Result") if len(names) == 1 else ""


def _fitted(given: Mapping[str, Any]) -> Job:
    """Bring an element to the shape of its Tag; raise Malformed.

    The element is canonical but for its first six fields, which have their own place.
    """
    module = MODULES.get(given["Tag"])
    fields = {**_EMPTY, **fit(_shape(module) if module else JOB, given)}
    _check(fields)
    return Job(fields)


@cache
def _shape(module: str) -> Shape:
    return import_module(f"ci_callback.shapes.{module}").SHAPE


def _check(fields: dict[str, Any]) -> None:
    """Check and trim the fields that the function itself reads; raise Malformed. All others are kept as they are."""
    _check_texts(fields, _OWN_WORDS, _OWN_TEXTS)
    for name in _NAMES:
        if name in fields and len(fields[name]) > _MAX_NAME:
            raise Malformed("bad-field", f"{name}: at most {_MAX_NAME} characters are expected.")
    _check_element(fields, "Input", _INPUT_WORDS, _INPUT_TEXTS)
    _check_element(fields, "Operation", (), ())
    _check_element(fields.get("Operation", {}), "Output", _OUTPUT_WORDS, _OUTPUT_TEXTS)
    if nodes := fields.get("Workflow"):
        for node in nodes if isinstance(nodes, list) else [nodes]:
            _check_element({"Workflow": node}, "Workflow", _NODE_WORDS, ())


def _check_element(parent: Mapping[str, Any], name: str, words: _Names, texts: _Names) -> None:
    element = parent.get(name)
    if isinstance(element, dict):
        _check_texts(element, words, texts, f"{name}.")
    elif element is not None:
        raise Malformed("bad-field", f"{name}: one element is expected.")


def _check_texts(element: dict[str, Any], words: _Names, texts: _Names, path: str = "") -> None:
    for name in words:
        if name in element:
            text = element[name]
            if type(text) is not str or text.strip() != text:
                element[name] = read_word(element, name, path)
    for name in texts:
        if name in element and type(element[name]) is not str:
            element[name] = _text_of(element[name], f"{path}{name}")
