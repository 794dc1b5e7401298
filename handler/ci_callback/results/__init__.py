"""Typed results, one module per Tag: `RESULTS` there names the elements of Operation it types, and their models.

Only the module of the Tag at hand is imported. A Tag without a module passes through untyped but whole.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.fields import Model

_MODULES = {"SoundHound": "sound_hound"}


def typed(tag: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Return the Operation with the Tag's result elements as models; one that fits no model stays as it came."""
    return {
        **operation,
        **{name: _read(model, operation[name]) for name, model in _models(tag).items() if name in operation},
    }


def _models(tag: str) -> Mapping[str, type[Model]]:
    if tag not in _MODULES:
        return {}
    models: Mapping[str, type[Model]] = import_module(f"{__name__}.{_MODULES[tag]}").RESULTS
    return models


def _read(model: type[Model], element: Any) -> Any:
    try:
        return model.model_validate(element)
    except ValidationError:
        return element
