"""Options of the commands: `{"replay": {…}}` and `{"sweep": {…}}`."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import BadCommand


class Options(BaseModel):
    """What may stand in a command; a field we do not know is a mistake, not a wish to be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_Options = TypeVar("_Options", bound=Options)


def read(model: type[_Options], name: str, options: Any) -> _Options:
    """Return a command's options; raise BadCommand, which names the option, where they are not what it takes."""
    try:
        return model.model_validate(options)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join(str(part)[:40] for part in first["loc"])
        problem = f"{name}.{path}: {first['msg']}." if path else f"{name} takes an object of options."
        raise BadCommand(problem) from None
