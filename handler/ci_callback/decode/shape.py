"""Shapes: the lists, numbers and times of a tree; and `fit`, which brings a tree to its shape.

CI's JSON is its XML converted mechanically (every scalar is a text, one item is an object, several are an array), or
native (numbers, flags, arrays of one). A shape ends the ambiguity. Nothing is refused: a value that does not fit is
kept as the text that XML has, since a wrong digit must not cost a result. Only secrets are left out, at any place.
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

_CONTAINERS = (dict, list)

_SHORT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,17})?", re.ASCII)

# As JSON and Go spell numbers, with exponents: 1.252364e+06
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_MAX_DIGITS = 400
_EXACT = 2**53  # from here on not every integer is a double
_FLAGS = {"true": True, "false": False}

# Names of keys, passwords and initialisation vectors, where no shape describes the field. UriKey is a URL.
_SECRET = re.compile(
    r"(?:(?:en|de)crypt(?:ion)?|compress|cipher|secret|private|access|aes|drm|hls)_?key$"
    r"|password$|passwd$|(?:^|_)iv$|(?-i:I[vV])$|^plain_?text$|cipher_?text(?:_?blob)?$",
    re.IGNORECASE,
)
_SECRET_ENDS = frozenset(("ey", "rd", "wd", "iv", "xt", "ob"))


def fit(shape: Shape, tree: Any) -> Any:
    """Fit a tree to its shape: lists are lists, numbers numbers, times RFC 3339; None for secrets and a time of "-".

    The lists of the tree are fitted in place, item by item: a second tree would take as much memory again.
    """
    if type(shape) is str:
        is_scalar = type(tree) is str or not isinstance(tree, _CONTAINERS)
        return _READERS[shape](tree) if is_scalar else _fit_leaf(shape, tree)
    if type(shape) is list:
        items = tree if isinstance(tree, list) else [tree]
        for at, each in enumerate(items):
            items[at] = fit(shape[0], each)
        return [item for item in items if item or item == 0]
    if isinstance(tree, dict):
        return _fit_element(shape, tree)
    if isinstance(tree, list):
        elements = fit([shape], tree)
        return elements[0] if len(elements) == 1 else elements
    return tree


def _fit_leaf(kind: str, tree: Any) -> Any:
    """Fit a list of one as its item; keep any other list or element, unless its kind is secret."""
    kept = None if kind == SECRET else without_secrets(tree)
    return fit(kind, kept[0]) if isinstance(kept, list) and len(kept) == 1 else kept


def _fit_element(shape: Mapping[str | None, Shape], tree: Mapping[str, Any]) -> dict[str, Any]:
    """Fit an element. A tree is canonical: its names are sorted already.

    The two frequent kinds are fitted first, without a call: this runs for every value of bodies of up to 6 MB.
    """
    fitted = {}
    for name, value in tree.items():
        kind = shape.get(name)
        kept: Any
        if type(value) is str and type(kind) is str:
            kept = value if kind is TEXT else _READERS[kind](value)
        elif type(kind) is dict and type(value) is dict:
            kept = _fit_element(kind, value)
        elif kind is None:
            kept = None if _is_secret(name) else without_secrets(value, name)
        else:
            kept = fit(kind, value)
        if kept or kept == 0:  # zero and false are values
            fitted[name] = kept
    leading = shape.get(None)
    return {name: fitted[name] for name in leading if name in fitted} | fitted if leading else fitted


def without_secrets(tree: Any, parent: str = "") -> Any:
    """Take the fields with the name of a secret out of a tree that no shape describes, and what is empty then."""
    if isinstance(tree, dict):
        hidden = "Key" if "ncrypt" in parent else None  # the name of an object's key elsewhere
        for name in [*tree]:
            item = tree[name]
            if name == hidden or _is_secret(name) or not (without_secrets(item, name) or item == 0):
                del tree[name]
    elif isinstance(tree, list):
        tree[:] = [item for item in tree if without_secrets(item, parent) or item == 0]
    return tree


def _is_secret(name: str) -> bool:
    return name[-2:].lower() in _SECRET_ENDS and _SECRET.search(name) is not None


def read_text(value: Any) -> Any:
    """Return a number or flag as the text that its XML has; any other value unchanged."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value


def _read_number(value: Any) -> Any:
    """Return the int or float that a text spells, unscaled, where a double has it exactly or as its nearest."""
    if type(value) is str:
        short = _SHORT_NUMBER.fullmatch(value)
        if short is None:
            return _read_spelling(value)
        if short[1] is None:
            return int(value)
        number = float(value)
        return int(number) if number.is_integer() else number
    if type(value) is float and (not value.is_integer() or abs(value) < _EXACT):
        return int(value) if value.is_integer() else value
    return value if type(value) is int and abs(value) < _EXACT else read_text(value)


def _read_spelling(text: str) -> Any:
    digits = text.strip()
    if len(digits) > _MAX_DIGITS or not _NUMBER.fullmatch(digits):
        return text
    number = float(digits)
    if number.is_integer():
        return int(number) if abs(number) < _EXACT else text
    return number if math.isfinite(number) else text


def _read_flag(value: Any) -> Any:
    """Return the bool that a text spells; any other value as text."""
    if isinstance(value, bool):
        return value
    return _FLAGS.get(value.strip().lower(), value) if isinstance(value, str) else read_text(value)


def _read_time(value: Any) -> Any:
    return read_time(value) if isinstance(value, str) else read_text(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    TEXT: read_text,
    INTEGER: _read_number,
    NUMBER: _read_number,
    FLAG: _read_flag,
    TIME: _read_time,
    SECRET: lambda _: None,
}
