"""The vocabulary the models are written in: what is a text, a number, a time, a list.

CI's JSON is its XML converted mechanically: every scalar is a text, one item is an object, several are an array. So the
types here read both, and a scalar that does not fit its type is kept as it came: a wrong digit must not cost a result.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, ValidationError
from pydantic.alias_generators import to_pascal

_T = TypeVar("_T")

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,17}\.[0-9]{1,17}", re.ASCII)
# CI writes 2024-05-06T07:08:09+0800, in workflows with a space for the T
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?(?:(Z)|([+-]\d\d):?(\d\d))", re.ASCII)


class Model(BaseModel):
    """A part of a callback: CI's own field names outside, snake_case inside, unknown fields kept."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="allow", frozen=True, coerce_numbers_to_str=True)

    # the fields that stand first in the result object; all others follow, sorted by name
    LEADING: ClassVar[tuple[str, ...]] = ()


def read_integer(value: Any) -> Any:
    """Return the int a text spells; anything else as it came."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value


def read_number(value: Any) -> Any:
    """Return the int or float a text spells, unscaled; anything else as it came."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and math.isfinite(number := float(value)):
        return number
    return read_integer(value)


def read_time(value: Any) -> Any:
    """Return an RFC 3339 time for CI's spelling of one, None for its "-"; anything else as it came."""
    if value == "-":
        return None
    if not isinstance(value, str) or not (match := _TIME.fullmatch(value)):
        return value
    day, clock, fraction, zulu, hours, minutes = match.groups()
    return f"{day}T{clock}{fraction or ''}{zulu or f'{hours}:{minutes}'}"


def instant(time: object) -> datetime | None:
    """Return the moment an RFC 3339 time names, in UTC; None when it names none."""
    if not isinstance(time, str) or not (match := _TIME.fullmatch(time)):
        return None
    day, clock, fraction, zulu, hours, minutes = match.groups()
    offset = "+00:00" if zulu else f"{hours}:{minutes}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{fraction or '.':0<7}{offset}").astimezone(timezone.utc)
    except (ValueError, OverflowError):  # February 30th; an hour that lies before the year 1
        return None


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _first_of_one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


Integer = Annotated[int | str, PlainValidator(read_integer)]
Number = Annotated[float | int | str, PlainValidator(read_number)]
Time = Annotated[str | None, PlainValidator(read_time)]
ListOf = Annotated[list[_T], BeforeValidator(_as_list)]
OneOrList = Annotated[_T | list[_T], BeforeValidator(_first_of_one)]


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return where a model was contradicted first, as a dotted path ("" for the whole), and how, without the value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ".".join(str(part)[:64] for part in first["loc"]), first["msg"][:200]


def plain(value: Any) -> Any:
    """Return a model, or a list of models, as dicts and lists in canonical order; anything else as it is.

    Canonical: the model's leading fields, then every other name sorted. What no model has touched is a tree, which is
    canonical already.
    """
    if isinstance(value, Model):
        return _plain_model(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _plain_model(model: Model) -> dict[str, Any]:
    fields: dict[str, Any] = dict(model.__pydantic_extra__ or {})
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if value is not None and value != []:
            fields[info.alias or name] = value
    leading = [name for name in model.LEADING if name in fields]
    return {name: plain(fields[name]) for name in (*leading, *sorted(fields.keys() - set(leading)))}
