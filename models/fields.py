"""Field types of the models: text, number, time, flag, list.

CI's JSON is usually its XML converted mechanically: scalars are texts, one item is an object, several are an array,
empty elements are absent. So every field is optional, and the types read both forms, like `ci_callback.decode.shape`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal
from pydantic_core import core_schema

from ci_callback.decode import shape

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

_T = TypeVar("_T")


class ModelError(ValueError):
    """A mistake in the models or in the text generated from them; the message includes the fix."""


@dataclass(frozen=True)
class Kind:
    """The type of a leaf: its kind in a shape."""

    name: str

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate like the function."""
        return core_schema.no_info_plain_validator_function(lambda value: shape.fit(self.name, value))


# A number or flag that cannot be parsed stays a string.
Text = Annotated[str | None, Kind(shape.TEXT)]
Integer = Annotated[int | float | str | None, Kind(shape.INTEGER)]
Number = Annotated[float | int | str | None, Kind(shape.NUMBER)]
Flag = Annotated[bool | str | None, Kind(shape.FLAG)]
# Left out of the result.
Secret = Annotated[str | None, Kind(shape.SECRET)]
Time = Annotated[str | None, Kind(shape.TIME)]

# A list, even if CI sends a single item.
ListOf = Annotated[list[_T], BeforeValidator(lambda value: value if isinstance(value, list) else [value])]


class Element(BaseModel):
    """One element of a callback: CI's field names outside, snake_case inside, unknown fields kept."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        defer_build=True,
        extra="allow",
        frozen=True,
        validate_by_name=True,
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
