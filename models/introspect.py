"""Read a model's fields back from pydantic, for shapes, schemas, callback bodies and docs."""

from __future__ import annotations

import functools
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from ci_callback_results.fields import Element, Kind
from models.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Part:
    """One field of an element: a leaf with a kind, or an element; a field with neither is untyped."""

    name: str  # in CI's spelling
    kind: str | None = None
    element: type[Element] | None = None
    repeats: bool = False
    may_repeat: bool = False  # an element or a list of them
    samples: tuple[str, ...] = ()
    meaning: str = ""


@functools.cache
def parts(model: type[Element]) -> tuple[Part, ...]:
    """Return the model's fields in order of definition."""
    return tuple(_part(model, name, info) for name, info in model.model_fields.items())


def elements(model: type[Element]) -> Iterator[type[Element]]:
    """Yield the type of each field that is an element."""
    return (part.element for part in parts(model) if part.element is not None)


def leaves(model: type[Element], items: int = 1) -> int:
    """Count the leaves at all depths, with the given number of items in every list."""
    return sum(
        (items if part.repeats else 1) * (1 if part.element is None else leaves(part.element, items))
        for part in parts(model)
    )


def has_samples(model: type[Element]) -> bool:
    """Return whether a field of the model, at any depth, has a sample."""
    return any(part.samples or (part.element is not None and has_samples(part.element)) for part in parts(model))


def _part(model: type[Element], name: str, info: FieldInfo) -> Part:
    form = _read(f"{model.__name__}.{name}", info.annotation, info.metadata)
    meaning = " ".join((info.description or "").split())
    return Part(info.alias or name, *form, tuple(info.examples or ()), meaning)


class _Form(NamedTuple):
    kind: str | None = None
    element: type[Element] | None = None
    repeats: bool = False
    may_repeat: bool = False


def _read(where: str, annotation: Any, metadata: Any = ()) -> _Form:
    """Return the form of an annotation; raise ModelError for a type no callback has."""
    for each in metadata:
        if isinstance(each, Kind):
            return _Form(each.name)
    if isinstance(annotation, TypeVar):
        annotation = annotation.__bound__
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _read(where, inner, more)
    if origin in {Union, types.UnionType}:
        # an element or a list of them: `shape.fit` reads a list by the shape of its items
        one, *more = [_read(where, each) for each in get_args(annotation) if each is not types.NoneType]
        return one._replace(may_repeat=bool(more))
    if origin is list:
        item = _read(where, *get_args(annotation))
        if item.repeats:
            raise ModelError(f"{where} is a list of lists, which XML cannot express: make it one list")
        return item._replace(repeats=True)
    if isinstance(annotation, type) and issubclass(annotation, Element):
        return _Form(element=annotation)
    if annotation is Any:
        return _Form()
    raise ModelError(f"{where} is {annotation}: write it with the types of ci_callback_results/fields.py")
