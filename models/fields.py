"""The vocabulary the models are written in: what is a text, a number, a time, a flag, a list.

CI's JSON is its XML converted mechanically: every scalar is a text, one item is an object, several are an array, and
what is empty is left out. So every field may be absent, and the types read both forms, as
`ci_callback.decode.shape` does on SCF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal
from pydantic_core import core_schema

from ci_callback.decode import shape

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

_T = TypeVar("_T")


@dataclass(frozen=True)
class Kind:
    """A leaf: its kind in a shape, and its JSON Schema."""

    name: str
    schema: dict[str, Any] = field(hash=False)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Read the leaf as the function does."""
        return core_schema.no_info_plain_validator_function(lambda value: shape.fit(self.name, value))

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say what a reader finds."""
        return dict(self.schema)


# A text stands for a number or a flag only where CI sent none that can be read.
Text = Annotated[str | None, Kind(shape.TEXT, {"type": "string"})]
Integer = Annotated[int | str | None, Kind(shape.INTEGER, {"type": ["integer", "string"]})]
Number = Annotated[float | int | str | None, Kind(shape.NUMBER, {"type": ["number", "string"]})]
Flag = Annotated[bool | str | None, Kind(shape.FLAG, {"type": ["boolean", "string"]})]
# Left out of the result.
Secret = Annotated[str | None, Kind(shape.SECRET, {"not": {}})]
Time = Annotated[str | None, Kind(shape.TIME, {"type": "string", "format": "date-time"})]

# A list, also where one item came alone.
ListOf = Annotated[list[_T], BeforeValidator(lambda value: value if isinstance(value, list) else [value])]


class Element(BaseModel):
    """A part of a callback: CI's own field names outside, snake_case inside, unknown fields kept."""

    model_config = ConfigDict(
        alias_generator=to_pascal, extra="allow", frozen=True, use_attribute_docstrings=True, validate_by_name=True
    )

    # the fields that stand first in the result object; all others follow, sorted by name
    LEADING: ClassVar[tuple[str, ...]] = ()


def sample(*values: str, alias: str | None = None) -> Any:
    """Return a field that may be absent, with what CI might send for it: one text, or several.

    Several are a list's items, or the field's values in the items of the list that its element stands in.
    `alias` is CI's name where it is not the field's own in PascalCase.
    """
    return Field(default=None, examples=list(values), alias=alias)


def many(alias: str | None = None) -> Any:
    """Return a field that holds a list of elements."""
    return Field(default_factory=list, alias=alias)
