"""Which Tags there are, and the model of each: found by walking the modules of this package."""

from __future__ import annotations

import functools
import pkgutil
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from models import anatomy, tags
from models.job import Job, Operation, Result
from models.mistake import ModelMistake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.fields import Element

_BASES = {Operation, Result, Job}
_PAGE = re.compile(r"https://[^\s)]*[\w/]")
_SENTENCE_END = re.compile(r"[.。]\s")


@dataclass(frozen=True)
class Entry:
    """A Tag and its model: the job's Operation, or the whole result object of what is no job."""

    tag: str
    model: type[Operation | Result]

    @property
    def is_job(self) -> bool:
        """Whether the model is a job's Operation."""
        return issubclass(self.model, Operation)

    @functools.cached_property
    def result(self) -> type[Element]:
        """The model of the whole result object."""
        if not self.is_job:
            return self.model
        description = Job.model_fields["operation"].description
        operation: Any = (self.model | None, Field(default=None, description=description))
        return create_model(self.tag, __base__=Job, __doc__=self.model.__doc__, operation=operation)

    @property
    def api(self) -> str:
        """Where CI's job API knows such a job, and lists it; of what is no job, where CI tells of it by its id."""
        return self.model.API

    @property
    def module(self) -> str:
        """The name of the Tag's own modules: `SoundHound` is `sound_hound`."""
        return snake(self.tag)

    @property
    def source(self) -> str:
        """The file the model is in."""
        return f"{self.model.__module__.replace('.', '/')}.py"

    @property
    def family(self) -> str:
        """What the Tags of its file are about: the first sentence of the module's docstring."""
        about = (sys.modules[self.model.__module__].__doc__ or "").partition("\n\n")[0]
        return " ".join(about.split())

    @property
    def title(self) -> str:
        """The name CI's console and documentation have for it: the first sentence of the docstring."""
        return _SENTENCE_END.split(self._text)[0].rstrip(".。")

    @property
    def page(self) -> str:
        """CI's page about it, or ""."""
        found = _PAGE.search(self._text)
        return found[0] if found else ""

    @property
    def notes(self) -> str:
        """What else the docstring says."""
        rest = self._text[len(self.title) :].lstrip(".。 ")
        return rest.removeprefix(self.page).lstrip(".。 ") if self.page else rest

    @property
    def _text(self) -> str:
        return " ".join((self.model.__doc__ or "").split())


def catalog() -> dict[str, Entry]:
    """Return the entry of every Tag, sorted by Tag."""
    names = [module.name for module in pkgutil.walk_packages(tags.__path__, "models.tags.") if not module.ispkg]
    classes = [
        each
        for name in names
        for each in vars(import_module(name)).values()
        if isinstance(each, type) and each.__module__ == name
    ]
    return collect(classes)


def collect(classes: Iterable[type]) -> dict[str, Entry]:
    """Return the entries among some classes, sorted by Tag; raise ModelMistake where two describe one Tag.

    A class whose name begins with `_` is a base of others and no Tag.
    """
    entries: dict[str, Entry] = {}
    for each in classes:
        if (
            each.__name__.startswith("_")
            or not issubclass(each, Operation | Result)
            or each in {Operation, Result, Job}
        ):
            continue
        entry = Entry(vars(each).get("TAG", each.__name__), each)
        if entry.tag in entries:
            raise ModelMistake(
                f"{entries[entry.tag].model} and {each} both describe the Tag {entry.tag}: give one another TAG"
            )
        entries[entry.tag] = entry
    return dict(sorted(entries.items()))


def shared(entries: Iterable[Entry], *, leaves: int) -> list[type[Element]]:
    """Return the elements that stand in several others and have so many leaves at least: worth telling once."""
    parents: defaultdict[type[Element], set[type[Element]]] = defaultdict(set)
    for entry in entries:
        _note_parents(entry.model, parents)
    return [each for each, users in parents.items() if len(users) > 1 and anatomy.leaves(each) >= leaves]


def _note_parents(model: type[Element], parents: defaultdict[type[Element], set[type[Element]]]) -> None:
    for each in anatomy.elements(model):
        is_new = each not in parents
        parents[each].add(model)
        if is_new:
            _note_parents(each, parents)


def snake(name: str) -> str:
    """Return a name in snake case: `SoundHound` is `sound_hound`, `DocAIGCMetadata` is `doc_aigc_metadata`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
