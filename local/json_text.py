"""Strict JSON, in and out: Python's own reader and writer also accept NaN and infinities."""

from __future__ import annotations

import json
import math
import sys
from typing import Any, NoReturn

_MAX_DEPTH = 100  # levels: the indenting writer recurses


def parsed(text: str | bytes, otherwise: Any) -> Any:
    """Parse strict JSON; return `otherwise` if it is invalid or nested too deeply."""
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return otherwise
    return otherwise if _is_too_deep(value) else value


def to_json(value: Any, *, indent: int | None = None) -> str:
    r"""Serialize a value, with \u escapes unless standard output is UTF-8."""
    is_utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    return json.dumps(value, ensure_ascii=not is_utf8, allow_nan=False, indent=indent)


def _refuse(constant: str) -> NoReturn:
    """Raise ValueError: NaN and infinities are not JSON."""
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):  # like 1e999, which cannot be written again
        raise ValueError(text)
    return number


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [inner for each in level for inner in _children(each)]
        if not level:
            return False
    return True


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
