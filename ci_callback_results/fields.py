"""Field types of the models: text, number, time, flag, list.

CI leaves out empty elements, so every field is optional. Values are those of the stored object: nothing is converted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal


@dataclass(frozen=True)
class Kind:
    """The kind of a leaf, by which the function reads CI's text."""

    name: str


# A number or flag that cannot be parsed stays a string.
Text = Annotated[str | None, Kind("text")]
Integer = Annotated[int | float | str | None, Kind("integer")]
Number = Annotated[float | int | str | None, Kind("number")]
Flag = Annotated[bool | str | None, Kind("flag")]
# Left out of the result.
Secret = Annotated[str | None, Kind("secret")]
# RFC 3339, as `datetime.fromisoformat` reads it.
Time = Annotated[str | None, Kind("time")]

# A list, even if CI sends a single item.
ListOf = list


class Element(BaseModel):
    """One element of a result: CI's field names outside, snake_case inside, unknown fields in `model_extra`."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        defer_build=True,
        extra="allow",
        frozen=True,
        strict=True,
    )

    # the first fields of the result object; all others follow, sorted by name
    LEADING: ClassVar[tuple[str, ...]] = ()


def sample(*values: str, about: str = "", alias: str | None = None) -> Any:
    """Declare an optional field with one or more sample values, spelled as in CI's XML.

    Several are the items of a list, or the field's values in successive items of the enclosing list.
    `about` is the field's meaning, `alias` is CI's name where PascalCase of the field's name differs.
    """
    return Field(default=None, examples=list(values), alias=alias, description=about)


def part(about: str = "", alias: str | None = None) -> Any:
    """Declare an optional element with its meaning."""
    return Field(default=None, alias=alias, description=about)


def many(about: str = "", alias: str | None = None) -> Any:
    """Declare a list of elements with its meaning."""
    return Field(default_factory=list, alias=alias, description=about)
