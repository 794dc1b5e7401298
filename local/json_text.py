"""JSON as everybody can read it, in and out: Python alone would also take, and write, what is none."""

from __future__ import annotations

import json
import math
import sys
from typing import Any, NoReturn

_DEEPEST = 100  # levels; whoever prints them recurses


def parsed(text: str | bytes, otherwise: Any) -> Any:
    """Return what a text says in JSON; `otherwise` where it is none, or none that every reader takes."""
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return otherwise
    return otherwise if _is_too_deep(value) else value


def to_json(value: Any, *, indent: int | None = None) -> str:
    r"""Return a value as JSON; with \u escapes where standard output could not take the letters themselves."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, indent=indent)
    return text


def _refuse(constant: str) -> NoReturn:
    """Raise ValueError: NaN and the infinities are no JSON."""
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):  # as 1e999 is, which could not be written again
        raise ValueError(text)
    return number


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
