"""Shapes: the lists, numbers and times of a tree; and `fit`, which brings a tree to its shape.

CI's JSON is its XML converted mechanically: every scalar is a text, one item is an object, several are an array. A
shape ends the ambiguity. Nothing is refused: a value that does not fit is kept unchanged, since a wrong digit must not
cost a result.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from .times import read_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# The kinds of leaves. A secret (a document's password, echoed) is left out.
TEXT, INTEGER, NUMBER, FLAG, TIME, SECRET = "text", "integer", "number", "flag", "time", "secret"

# A kind, `[shape]` for a list, or for an element `{name: shape}`, where None, if present, gives the leading
# names; all others follow, sorted.
Shape = Any

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,17}\.[0-9]{1,17}", re.ASCII)
_FLAGS = {"true": True, "false": False}


def fit(shape: Shape, tree: Any) -> Any:
    """Fit a tree to its shape: lists are lists, numbers numbers, times RFC 3339; None for secrets and a time of "-"."""
    if type(shape) is str:
        return _READERS[shape](tree)
    if type(shape) is list:
        items = tree if isinstance(tree, list) else [tree]
        return [item for each in items if (item := fit(shape[0], each)) is not None]
    if isinstance(tree, dict):
        return _fit_element(shape, tree)
    if isinstance(tree, list):
        elements = [fit(shape, each) for each in tree]
        return elements[0] if len(elements) == 1 else elements
    return tree


def _fit_element(shape: Mapping[str | None, Shape], tree: Mapping[str, Any]) -> dict[str, Any]:
    """Fit an element. A tree is canonical: its names are sorted already."""
    fitted = {}
    leading = shape.get(None)
    if leading:
        tree = {name: tree[name] for name in (*leading, *tree) if name in tree}
    for name, value in tree.items():
        kind = shape.get(name)
        as_it_is = kind is None or (kind == TEXT and type(value) is str)
        kept = value if as_it_is else fit(kind, value)
        if kept or kept == 0:  # zero and false are values
            fitted[name] = kept
    return fitted


def _read_text(value: Any) -> Any:
    """Return a number or flag as the text that its XML has; any other value unchanged."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _read_integer(value: Any) -> Any:
    """Return the int that a text spells; any other value unchanged."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value


def _read_number(value: Any) -> Any:
    """Return the int or float that a text spells, unscaled; any other value unchanged."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and math.isfinite(number := float(value)):
        return number
    return _read_integer(value)


def _read_flag(value: Any) -> Any:
    """Return the bool that a text spells; any other value unchanged."""
    return _FLAGS.get(value.lower(), value) if isinstance(value, str) else value


_READERS: dict[str, Callable[[Any], Any]] = {
    TEXT: _read_text,
    INTEGER: _read_integer,
    NUMBER: _read_number,
    FLAG: _read_flag,
    TIME: read_time,
    SECRET: lambda _: None,
}
