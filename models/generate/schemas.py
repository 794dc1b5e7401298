"""schemas/: JSON Schema of each Tag's result object; no nulls, unknown fields allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ci_callback.decode import shape
from ci_callback_results.job import Result
from models import introspect
from models.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback_results.fields import Element
    from models.catalog import Entry

FOLDER = "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# A number or flag that cannot be parsed stays a string.
_TYPES: dict[str | None, dict[str, Any]] = {
    None: {},
    shape.TEXT: {"type": "string"},
    shape.INTEGER: {"type": ["integer", "number", "string"]},
    shape.NUMBER: {"type": ["number", "string"]},
    shape.FLAG: {"type": ["boolean", "string"]},
    shape.TIME: {"type": "string", "format": "date-time"},
    shape.SECRET: {"not": {}},
}


def write(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return every schema by path."""
    return {f"{FOLDER}/{tag}.json": text_of(schema_of(entry)) for tag, entry in entries.items()}


def text_of(schema: dict[str, Any]) -> str:
    """Return a schema as it is in a file."""
    return f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"


def schema_of(entry: Entry) -> dict[str, Any]:
    """Return the schema of a Tag's result object."""
    schema = _element(entry.result)
    schema["properties"]["Tag"]["examples"] = [entry.tag]
    models: dict[str, type[Element]] = {}
    _collect(entry.result, models)
    return {
        "$schema": DIALECT,
        "$id": f"{entry.tag}.json",
        "title": entry.tag,
        "required": list(Result.LEADING),
        **schema,
        "$defs": {name: _element(model) for name, model in sorted(models.items())},
    }


def _collect(model: type[Element], models: dict[str, type[Element]]) -> None:
    for each in introspect.elements(model):
        if each.__name__ not in models:
            models[each.__name__] = each
            _collect(each, models)
        elif models[each.__name__] is not each:
            raise ModelError(f"{each} and {models[each.__name__]} have one name in a schema: rename one")


def _element(model: type[Element]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": " ".join((model.__doc__ or "").split()),
        "properties": {part.name: _field(part) for part in introspect.parts(model)},
        "additionalProperties": True,
    }


def _field(part: introspect.Part) -> dict[str, Any]:
    # samples are CI's texts; examples in a schema are the values in the result
    examples: list[Any] = [shape.fit(part.kind, sample) for sample in part.samples]
    one = {"$ref": f"#/$defs/{part.element.__name__}"} if part.element else _TYPES[part.kind]
    many = {"type": "array", "items": one}
    if part.repeats:
        one, examples = many, [examples] if examples else []
    elif part.may_repeat:
        one = {"anyOf": [one, many]}
    return {**one, "description": part.meaning, **({"examples": examples} if examples else {})}
