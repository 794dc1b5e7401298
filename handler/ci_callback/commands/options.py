"""Options of the commands: `{"replay": {…}}` and `{"sweep": {…}}`."""

from __future__ import annotations

import os
from typing import Any, TypeVar

# pydantic would look through every installed distribution for plugins; there are none. Before its first import.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, ValidationError

from ci_callback.errors import BadCommand


class Options(BaseModel):
    """What may stand in a command; a field we do not know is a mistake, not a wish to be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return where a model was contradicted first, as a dotted path ("" for the whole), and how, without the value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ".".join(str(part)[:64] for part in first["loc"]), first["msg"][:200]


_Options = TypeVar("_Options", bound=Options)


def read(model: type[_Options], name: str, options: Any) -> _Options:
    """Return a command's options; raise BadCommand, which names the option, where they are not what it takes."""
    try:
        return model.model_validate(options)
    except ValidationError as error:
        path, said = first_problem(error)
        problem = f"{name}.{path}: {said}." if path else f"{name} takes an object of options."
        raise BadCommand(problem) from None
