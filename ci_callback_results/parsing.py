"""Read the bytes of a result object."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from ci_callback_results import tags
from ci_callback_results.job import Job, Operation, Result


class NotAResult(ValueError):
    """Bytes that are no result object."""


def parse(content: bytes | str) -> Result:
    """Return a result as the model of its Tag; raise NotAResult for anything but a result object.

    A job is a `Job[<Tag>]`, such as `Job[SoundHound]`; a review, virus scan or run has a class of its own. A result of
    an unknown Tag, or with a value that contradicts its Tag's model, is a plain `Job` or `Result`: its other fields
    are in `model_extra`.
    """
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        raise NotAResult("it is no JSON") from None
    if not isinstance(fields, dict):
        raise NotAResult("it is no JSON object")
    wrong = [name for name in Result.LEADING if not isinstance(fields.get(name), str)]
    if wrong:
        raise NotAResult(f"it has no {', '.join(wrong)}")
    for model in _models(fields):
        try:
            return model.model_validate(fields)
        except ValidationError:  # noqa: PERF203 - the next model is more general
            continue
    return Result.model_validate(fields)


def _models(fields: dict[str, Any]) -> list[type[Result]]:
    """Return the models that may read the fields, the best first; `Result` reads all."""
    known = tags.MODELS.get(fields["Tag"])
    general: list[type[Result]] = [Job] if "Operation" in fields else []
    if known is None:
        return general
    module, name = known
    model: Any = getattr(import_module(f"{tags.__name__}.{module}"), name)
    return [Job[model] if issubclass(model, Operation) else model, *general]
