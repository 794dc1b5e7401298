"""The schemas of settings find the mistakes that the function finds. tests/conftest.py has the checks of the others."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from ci_callback.config import routes, then
from models.generate import function_schemas
from tests.support.pages import blocks

SCHEMAS = {
    path.rpartition("/")[2].removesuffix(".json"): json.loads(text) for path, text in function_schemas.write().items()
}
REST: dict[str, Any] = {"tag": "*", "state": "*", "ignore": True}
WRITE: dict[str, Any] = {"tag": "Tts", "state": "*", "write": "{object}.json"}


def is_valid(name: str, value: Any) -> bool:
    """Return whether a value is valid by a schema."""
    return jsonschema_rs.Draft202012Validator(SCHEMAS[name]).is_valid(value)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_function_schema_is_valid(schema: dict[str, Any]) -> None:
    """Each is JSON Schema 2020-12."""
    jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize(
    ("row", "is_right"),
    [
        (WRITE, True),
        (WRITE | {"write": ["{dir}{{x}}{stem}", "results/{job_id}.{digest}.json"]}, True),
        (WRITE | {"tag": "Review*", "result": "block"}, True),
        (
            WRITE | {"then": [{"invoke": "f1", "namespace": "default"}, {"publish": "eb-abcdefgh"}]},
            True,
        ),
        (WRITE | {"then": [{"post": "https://example.com/hook"}]}, True),
        (REST | {"tag": "Tts"}, True),
        (WRITE | {"write": []}, False),
        (WRITE | {"write": ["a"] * 6}, False),
        (WRITE | {"write": "{file}.json"}, False),
        (WRITE | {"write": "{object.json"}, False),
        (WRITE | {"write": "{object!r}"}, False),
        (WRITE | {"Write": "a"}, False),
        (WRITE | {"tag": ""}, False),
        (WRITE | {"tag": 7}, False),
        ({"tag": "Tts", "write": "a"}, False),
        ({"tag": "Tts", "state": "*"}, False),
        (WRITE | {"ignore": True}, False),
        (REST | {"tag": "Tts", "ignore": False}, False),
        (REST | {"tag": "Tts", "then": [{"topic": "t"}]}, False),
        (WRITE | {"then": []}, False),
        (WRITE | {"then": [{"topic": "t"}, {"topic": "t"}]}, False),
        (WRITE | {"then": [{"topic": "t", "publish": "eb-abcdefgh"}]}, False),
        (WRITE | {"then": [{"topic": "t", "namespace": "default"}]}, False),
        (WRITE | {"then": [{"invoke": "-f"}]}, False),
        (WRITE | {"then": [{"post": "http://example.com/"}]}, False),
        ("write", False),
    ],
)
def test_schema_and_function_agree_on_a_route(row: Any, *, is_right: bool) -> None:
    """A mistake that an editor shows is one that the function reports."""
    table = [row, REST]
    try:
        routes.read(json.dumps(table))
        accepted = True
    except ValueError:
        accepted = False
    assert (accepted, is_valid("routes", table)) == (is_right, is_right)


def test_default_routes_are_valid_by_the_schema() -> None:
    """Those of docs/configuration.md and of serverless.yml."""
    assert is_valid("routes", json.loads(routes.DEFAULT_ROUTES))
    assert not is_valid("routes", [])


def test_routes_of_the_pages_are_valid_by_the_schema() -> None:
    """All that README and configuration.md show."""
    shown = [json.loads(text) for name in ("README.md", "docs/configuration.md") for text in blocks(name, "json")]
    tables = [value for value in shown if isinstance(value, list) and "tag" in value[0]]
    assert len(tables) > 3
    assert [is_valid("routes", table) for table in tables] == [True] * len(tables)


def test_dead_letter_of_the_page_is_valid_by_the_schema() -> None:
    """The one of operation.md."""
    shown = [json.loads(text) for text in blocks("docs/operation.md", "json")]
    (dead_letter,) = [value for value in shown if "received" in value]
    jsonschema_rs.Draft202012Validator(SCHEMAS["dead-letter"]).validate(dead_letter)


@pytest.mark.parametrize(("actions", "is_right"), [([{"topic": "t"}], True), ([], False), ({"topic": "t"}, False)])
def test_schema_and_function_agree_on_actions(actions: Any, *, is_right: bool) -> None:
    """Of ON_DEAD_LETTER."""
    try:
        then.read(json.dumps(actions))
        accepted = True
    except then.BadAction:
        accepted = False
    assert (accepted, is_valid("on-dead-letter", actions)) == (is_right, is_right)
