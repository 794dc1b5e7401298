"""JSON laid out for people."""

from __future__ import annotations

import json
from typing import Any

_WIDTH = 118


def pretty(value: Any, *, filled: bool = False) -> str:
    """Return the value as JSON: what fits into a line stands in one; `filled` puts several leaves into a line."""
    return _lay_out(value, 0, 0, filled=filled)


def _lay_out(value: Any, column: int, indent: int, *, filled: bool) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if column + len(line) < _WIDTH or not value or not isinstance(value, dict | list):
        return line
    inner = indent + 2
    if isinstance(value, dict):
        keys = [f"{json.dumps(name, ensure_ascii=False)}: " for name in value]
        items = list(zip(keys, value.values(), strict=True))
        opening, closing = "{}"
    else:
        items = [("", each) for each in value]
        opening, closing = "[]"
    rows = [f"{key}{_lay_out(each, inner + len(key), inner, filled=filled)}" for key, each in items]
    if filled:
        rows = _filled(rows, [not isinstance(each, dict | list) for _, each in items], inner)
    between = f",\n{' ' * inner}"
    return f"{opening}\n{' ' * inner}{between.join(rows)}\n{' ' * indent}{closing}"


def _filled(rows: list[str], are_leaves: list[bool], indent: int) -> list[str]:
    """Return the rows with neighbouring leaves put together as far as a line goes."""
    lines: list[str] = []
    after_leaf = False
    for row, is_leaf in zip(rows, are_leaves, strict=True):
        if after_leaf and is_leaf and indent + len(lines[-1]) + len(row) + len(", ,") < _WIDTH:
            lines[-1] = f"{lines[-1]}, {row}"
        else:
            lines.append(row)
        after_leaf = is_leaf
    return lines
