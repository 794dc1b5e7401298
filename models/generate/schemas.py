"""schemas/: JSON Schema of each Tag's result object, derived from pydantic's; no nulls, unknown fields allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ci_callback.decode import shape
from models.job import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.catalog import Entry

FOLDER = "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Samples are CI's texts; examples in a schema are the values in the result.
_KINDS = {"integer": shape.INTEGER, "number": shape.NUMBER, "boolean": shape.FLAG}
_ORDER = ("$ref", "type", "format", "description", "examples", "anyOf", "items", "properties", "additionalProperties")


def write(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return every schema by path."""
    return {
        f"{FOLDER}/{tag}.json": f"{json.dumps(schema_of(entry), indent=2, ensure_ascii=False)}\n"
        for tag, entry in entries.items()
    }


def schema_of(entry: Entry) -> dict[str, Any]:
    """Return the schema of a Tag's result object."""
    schema = _tidy(entry.result.model_json_schema(by_alias=True))
    schema["properties"]["Tag"]["examples"] = [entry.tag]
    return {
        "$schema": DIALECT,
        "$id": f"{entry.tag}.json",
        "title": entry.tag,
        "type": schema["type"],
        "description": schema["description"],
        "required": list(Result.LEADING),
        "properties": schema["properties"],
        "additionalProperties": schema["additionalProperties"],
        "$defs": schema.get("$defs", {}),
    }


def _tidy(schema: Any) -> Any:
    """Drop titles, nulls and defaults from pydantic's schema, and convert samples to values."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = _without_null(schema)
    kept = {name: _inner(name, value) for name, value in schema.items() if name not in {"title", "default"}}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    if "examples" in kept:
        kept["examples"] = _examples(kept)
    return {name: kept[name] for name in sorted(kept, key=lambda name: (*_ORDER, name).index(name))}


def _inner(name: str, value: Any) -> Any:
    # the keys of these two are names of fields and models, not keywords
    if name in {"properties", "$defs"}:
        return {each: _tidy(schema) for each, schema in value.items()}
    return value if name == "examples" else _tidy(value)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        return {**choices[0], **rest}
    return {**schema, "anyOf": choices} if choices else schema


def _examples(schema: dict[str, Any]) -> list[Any]:
    kind = _kind(schema.get("items", schema))
    values = [shape.fit(kind, sample) for sample in schema["examples"]]
    return [values] if schema.get("type") == "array" else values


def _kind(schema: dict[str, Any]) -> str:
    if schema.get("format") == "date-time":
        return shape.TIME
    types = schema.get("type")
    return next((kind for name, kind in _KINDS.items() if isinstance(types, list) and name in types), shape.TEXT)
