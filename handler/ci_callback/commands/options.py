"""Options of the commands: `{"replay": {…}}` and the like."""

from __future__ import annotations

import os
from typing import TypeVar

# Before its first import: else pydantic searches every installed distribution for plugins.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, ValidationError

from ci_callback.errors import BadCommand


class CommandOptions(BaseModel):
    """Options of a command; an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_Options = TypeVar("_Options", bound=CommandOptions)


def parse_options(model: type[_Options], command: str, options: object) -> _Options:
    """Parse a command's options; raise BadCommand, which names the first wrong option."""
    try:
        return model.model_validate(options)
    except ValidationError as error:
        path, problem = _first_problem(error)
        detail = f"{command}.{path}: {problem}." if path else f"{command} takes an object of options."
        raise BadCommand(detail) from None


def _first_problem(error: ValidationError) -> tuple[str, str]:
    """Return the dotted path of a model's first mistake ("" for the whole), and the mistake without the value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ".".join(str(part)[:64] for part in first["loc"]), first["msg"][:200]
