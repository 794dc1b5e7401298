"""Mutations of a callback: each is one small function, with its line of `--help` as docstring.

A mutation changes the callback while it is a tree, or its text, or the request that brings it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.http.message import Request
    from models.wire import Tree


# --- the tree -----------------------------------------------------------------------------------------------------


def duplicate(tree: Tree) -> Tree:
    """Repeat every job in one callback."""
    return (
        {**tree, "JobsDetail": [job for job in tree["JobsDetail"] for _ in range(2)]} if "JobsDetail" in tree else tree
    )


def reorder(tree: Tree) -> Tree:
    """Reverse the order of fields, at every level."""
    reversed_: Tree = _map(tree, lambda value: dict(reversed(value.items())) if isinstance(value, dict) else value)
    return reversed_


def wrong_type(tree: Tree) -> Tree:
    """Replace numbers by words, and Input by a text."""

    def spoil(value: Any) -> Any:
        return "many" if isinstance(value, str) and value.replace(".", "", 1).isdecimal() else value

    return _with_jobs(_map(tree, spoil), lambda job: {**job, "Input": "in/sample"})


def unknown_field(tree: Tree) -> Tree:
    """Add unknown fields to the job and to its Operation."""

    def extend(job: Tree) -> Tree:
        operation = {**job.get("Operation", {}), "FutureResult": {"Value": ["1", "2"]}}
        return {**job, "Future": "1", "Operation": operation}

    return _with_jobs(tree, extend)


def no_state(tree: Tree) -> Tree:
    """Leave State out, as in published callbacks of WordsGeneralize."""
    return _with_jobs(tree, lambda job: _without(job, "State"))


def no_tag(tree: Tree) -> Tree:
    """Leave Tag out, as in a published callback of WordsGeneralize."""
    return _with_jobs(tree, lambda job: _without(job, "Tag"))


def no_input(tree: Tree) -> Tree:
    """Leave Input out, as in published callbacks of Tts."""
    return _with_jobs(tree, lambda job: _without(job, "Input"))


def no_event_name(tree: Tree) -> Tree:
    """Leave EventName out, as in old callbacks."""
    return _without(tree, "EventName")


# --- the text -----------------------------------------------------------------------------------------------------


def truncate(text: str) -> str:
    """Cut off the second half of the body."""
    return text[: len(text) // 2]


def trailing_comma(text: str) -> str:
    """Add a comma before JSON's last brace, as in some published bodies."""
    return f"{text[:-1]},}}" if text.endswith("}") else text


def byte_order_mark(text: str) -> str:
    """Add a byte order mark before the body."""
    return f"\ufeff{text}"


# --- the request --------------------------------------------------------------------------------------------------


def wrong_header(request: Request) -> Request:
    """Name the other format in Content-Type."""
    other = "application/xml" if request.body.lstrip().startswith(b"{") else "application/json"
    headers = ((name, other if name == "Content-Type" else value) for name, value in request.headers)
    return replace(request, headers=tuple(headers))


def wrong_token(request: Request) -> Request:
    """Send to a path without the token."""
    return replace(request, target="/not-the-token-0000")


OF_TREE: Mapping[str, Callable[[Tree], Tree]] = {
    "duplicate": duplicate,
    "reorder": reorder,
    "wrong-type": wrong_type,
    "unknown-field": unknown_field,
    "no-state": no_state,
    "no-tag": no_tag,
    "no-input": no_input,
    "no-event-name": no_event_name,
}
OF_TEXT: Mapping[str, Callable[[str], str]] = {
    "truncate": truncate,
    "trailing-comma": trailing_comma,
    "byte-order-mark": byte_order_mark,
}
OF_REQUEST: Mapping[str, Callable[[Request], Request]] = {"wrong-header": wrong_header, "wrong-token": wrong_token}
ALL: Mapping[str, Callable[..., Any]] = {**OF_TREE, **OF_TEXT, **OF_REQUEST}


def _map(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return change({name: _map(each, change) for name, each in value.items()})
    if isinstance(value, list):
        return [_map(each, change) for each in value]
    return change(value)


def _with_jobs(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    return {**tree, "JobsDetail": [change(job) for job in tree["JobsDetail"]]} if "JobsDetail" in tree else tree


def _without(tree: Tree, name: str) -> Tree:
    return {each: value for each, value in tree.items() if each != name}
