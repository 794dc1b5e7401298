"""schemas/function/: JSON Schemas of ROUTES and ON_DEAD_LETTER, of the messages of actions, and of dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.actions import message, notice
from ci_callback.config import routes, template, then
from ci_callback.decode.job import RESULTS
from ci_callback_results.job import Result
from models.generate.schemas import DIALECT, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "schemas/function"

_Schema = dict[str, Any]

_TIME = {"type": "string", "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 0}


def write() -> dict[str, str]:
    """Return every schema by path."""
    schemas = {
        "routes": _list("The setting ROUTES: the first route that matches a job decides.", _route()),
        "on-dead-letter": {"description": "The setting ON_DEAD_LETTER.", **_actions()},
        "message": _message(),
        "dead-letter": _dead_letter(),
    }
    return {
        f"{FOLDER}/{name}.json": text_of({"$schema": DIALECT, "$id": f"{name}.json", "title": name, **schema})
        for name, schema in schemas.items()
    }


# --- settings -----------------------------------------------------------------------------------------------------


def _route() -> _Schema:
    pattern = {"type": "string", "minLength": 1}
    properties = {
        "tag": {**pattern, "description": "CI's name of the kind of job, or a pattern.", "examples": ["*", "Review*"]},
        "state": {**pattern, "description": "The job's state, or a pattern.", "examples": ["Success", "Failed", "*"]},
        "result": {**pattern, "description": "The verdict of a review, or a pattern.", "examples": [*RESULTS]},
        "write": {
            "description": "The key of the result: a template, or several that are tried in order.",
            "anyOf": [_template(), _list("", _template(), most=routes.MAX_TEMPLATES)],
        },
        "then": {"description": "Actions after the result is stored.", **_actions()},
        "ignore": {"const": True, "description": "Nothing happens to the job."},
    }
    forms = [
        {"required": ["write"], "not": {"required": ["ignore"]}},
        {"required": ["ignore"], "not": {"anyOf": [{"required": ["write"]}, {"required": ["then"]}]}},
    ]
    return {**_closed(properties, required=("tag", "state")), "oneOf": forms}


def _template() -> _Schema:
    fields = "|".join(template.FIELDS)
    pattern = rf"^(?:[^{{}}]|\{{\{{|\}}\}}|\{{(?:{fields})\}})+$"
    return {"type": "string", "pattern": pattern, "examples": [f"{{{name}}}" for name in template.FIELDS]}


def _actions() -> _Schema:
    kinds = []
    for kind in then.KINDS:
        target = then.NAMES.get(kind, (then.URL, "an https:// URL"))
        names = {kind: target, **then.OPTIONS.get(kind, {})}
        properties = {
            name: {"type": "string", "pattern": f"^{pattern.pattern}$", "description": f"The name of {noun}."}
            for name, (pattern, noun) in names.items()
        }
        kinds.append(_closed(properties, required=(kind,)))
    return _list("", {"oneOf": kinds}, most=then.MOST_ACTIONS) | {"uniqueItems": True}


# --- objects and messages -----------------------------------------------------------------------------------------


def _message() -> _Schema:
    """Describe the form of the Standard Webhooks; EventBridge has `data` as its event's data."""
    place = {"bucket": _text_of("The bucket."), "region": _text_of("Its region."), "key": _text_of("The object's key.")}
    job = {"JobId": _text_of("The job's id."), "Tag": _text_of("Its Tag."), "State": _text_of("Its State.")}
    stored = {
        **place,
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The SHA-256 of the object."},
        **job,
        "result": {
            "type": "object",
            "required": [*Result.LEADING],
            "description": "The object, unless the message would be too long for the action.",
        },
    }
    kept = {
        "reason": _text_of("The reasons, joined by commas."),
        "passing": {"type": "boolean", "description": "A later replay may settle some of it without any change."},
        **place,
        "received": _TIME,
        "attempt": {"type": "integer", "minimum": 1},
        "jobs": {"type": "array", "items": _object({**job, "reason": _text_of("The reason.")})},
        "more_jobs": {**_COUNT, "description": "The number of jobs that are not listed."},
    }
    behind = {
        "behind_s": {"type": "number", "description": "The age of the oldest jobs not yet looked at."},
        **dict.fromkeys(("found", "recovered", "failed"), _COUNT),
    }
    forms = {
        "result": ("A stored result.", {"pattern": r"^ci\."}, _object(stored, required=(*place, "sha256", *job))),
        "deadLetter": ("A dead letter that was stored.", {"const": notice.DEAD_LETTER}, _object(kept)),
        "sweepBehind": ("A sweep that falls behind.", {"const": notice.SWEEP_BEHIND}, _object(behind)),
    }
    defined = {name: _event(about, kind, data) for name, (about, kind, data) in forms.items()}
    return {
        "description": "The message of an action: of `then` a stored result, of ON_DEAD_LETTER one of the others.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in defined],
        "$defs": defined,
    }


def _event(about: str, kind: _Schema, data: _Schema) -> _Schema:
    id_ = {"type": "string", "pattern": f"^[0-9a-f]{{{message.ID_DIGITS}}}$", "description": "The same for duplicates."}
    fields = {"id": id_, "type": {"type": "string", **kind}, "timestamp": _TIME, "data": data}
    return {"description": about, **_object(fields)}


def _dead_letter() -> _Schema:
    job = {name: _text_of() for name in ("job_id", "tag", "state", "reason", "detail")}
    span = {"type": "array", "items": _COUNT, "minItems": 2, "maxItems": 2}
    about = "the first job of each span, and the one after its last."
    rest = {
        "jobs": {**_COUNT, "description": "The number of jobs of the body."},
        "spans": {"type": "array", "items": span, "description": f"Jobs to take again: {about}"},
        "failed": {"type": "array", "items": span, "description": f"Jobs that failed for good: {about}"},
    }
    body = {
        "body": _text_of("The body, as text."),
        "body_base64": {"type": "string", "contentEncoding": "base64", "description": "The body's bytes."},
        "is_text": {"const": True, "description": "The bytes are a text in UTF-8, whatever it declares."},
        "rest": {"description": "The part of the body that is not settled.", **_object(rest)},
        "order": {**_COUNT, "description": "Its place in the event of a queue: of two records the later is newer."},
    }
    forms = [{"required": ["body"]}, {"required": ["body_base64"]}]
    of_one = {**_object(body, required=()), "oneOf": forms}
    fields = {
        "reason": _text_of("The reasons, joined by commas."),
        "detail": _text_of("The same for people."),
        "received": _TIME,
        "source": _text_of("The trigger that brought it."),
        "request_id": _text_of("The id of the invocation in SCF's log."),
        "attempt": {"type": "integer", "minimum": 1, "description": "1, and one more for each replay."},
        "jobs": {"type": "array", "items": _object(job), "description": "The jobs that were tried and not settled."},
    }
    bodies = {"type": "array", "minItems": 2, "items": of_one, "description": "The bodies of a queue, if several."}
    return {
        "description": "A delivery that could not become results.",
        **_object({**fields, **body, "bodies": bodies}, required=tuple(fields)),
        "oneOf": [*forms, {"required": ["bodies"]}],
    }


# --- parts --------------------------------------------------------------------------------------------------------


def _object(properties: Mapping[str, Any], required: tuple[str, ...] | None = None) -> _Schema:
    """Describe an object with these properties, all required unless some are named."""
    wanted = [*properties] if required is None else [*required]
    return {"type": "object", "properties": dict(properties), "required": wanted, "additionalProperties": True}


def _closed(properties: Mapping[str, Any], required: tuple[str, ...]) -> _Schema:
    """Describe an object without other properties: a setting, in which they would be a mistake."""
    return {**_object(properties, required), "additionalProperties": False}


def _list(about: str, items: _Schema, most: int | None = None) -> _Schema:
    bounds = {"minItems": 1, **({"maxItems": most} if most else {})}
    return {**({"description": about} if about else {}), "type": "array", **bounds, "items": items}


def _text_of(about: str = "") -> _Schema:
    return {"type": "string", **({"description": about} if about else {})}
