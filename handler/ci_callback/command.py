"""Options of the commands: `{"replay": {…}}` and `{"sweep": {…}}`."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import BadCommand
from .fields import first_problem


class Options(BaseModel):
    """What may stand in a command; a field we do not know is a mistake, not a wish to be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_Options = TypeVar("_Options", bound=Options)


def read(model: type[_Options], name: str, options: Any) -> _Options:
    """Return a command's options; raise BadCommand, which names the option, where they are not what it takes."""
    try:
        return model.model_validate(options)
    except ValidationError as error:
        path, said = first_problem(error)
        problem = f"{name}.{path}: {said}." if path else f"{name} takes an object of options."
        raise BadCommand(problem) from None
