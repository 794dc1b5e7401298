"""The catalog of Tags and their models, collected from the modules of `ci_callback_results/tags/`."""

from __future__ import annotations

import functools
import re
import sys
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from ci_callback_results.job import Job, Operation, Result
from models import PROJECT, introspect
from models.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ci_callback_results.fields import Element

_BASES = {Operation, Result, Job}
_FOLDER = PROJECT / "ci_callback_results" / "tags"
_PAGE = re.compile(r"https://[^\s)]*[\w/]")
_SENTENCE_END = re.compile(r"[.。]\s")


@dataclass(frozen=True)
class Entry:
    """A Tag and its model: a job's Operation, or the whole result object of a review, virus scan or run."""

    tag: str
    model: type[Operation | Result]

    @property
    def is_job(self) -> bool:
        """True if the model is a job's Operation."""
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
        """Path of the API that looks the job, review or run up by id."""
        return self.model.API

    @property
    def module(self) -> str:
        """Name of the Tag's module in `shapes/`, such as `sound_hound` for `SoundHound`."""
        return snake(self.tag)

    @property
    def source(self) -> str:
        """Path of the model's source file."""
        return f"{self.model.__module__.replace('.', '/')}.py"

    @property
    def family(self) -> str:
        """First sentence of the module's docstring: the subject of its Tags."""
        about = (sys.modules[self.model.__module__].__doc__ or "").partition("\n\n")[0]
        return " ".join(about.split())

    @property
    def title(self) -> str:
        """First sentence of the docstring: the name in CI's console and documentation."""
        return _SENTENCE_END.split(self._text)[0].rstrip(".。")

    @property
    def page(self) -> str:
        """URL of the documentation, or ""."""
        found = _PAGE.search(self._text)
        return found[0] if found else ""

    @property
    def notes(self) -> str:
        """The rest of the docstring."""
        rest = self._text[len(self.title) :].lstrip(".。 ")
        return rest.removeprefix(self.page).lstrip(".。 ") if self.page else rest

    @property
    def _text(self) -> str:
        return " ".join((self.model.__doc__ or "").split())


def catalog() -> dict[str, Entry]:
    """Return all entries by Tag, sorted."""
    return collect(each for path in _modules() for each in _classes(path))


def find(tag: str) -> Entry | None:
    """Return the entry of a Tag, or None; only its module is imported, since all take a second."""
    definition = re.compile(rf'^class {re.escape(tag)}\(|^    TAG\b.*"{re.escape(tag)}"$', re.MULTILINE)
    classes = (each for path in _modules() if definition.search(path.read_text("utf-8")) for each in _classes(path))
    return collect(classes).get(tag)


def _modules() -> list[Path]:
    return sorted(path for path in _FOLDER.rglob("*.py") if path.name != "__init__.py")


def _classes(path: Path) -> list[type]:
    """Import a module of the folder and return the classes that it defines."""
    name = ".".join(["ci_callback_results.tags", *path.relative_to(_FOLDER).with_suffix("").parts])
    return [each for each in vars(import_module(name)).values() if isinstance(each, type) and each.__module__ == name]


def collect(classes: Iterable[type]) -> dict[str, Entry]:
    """Return the entries of the classes that describe a Tag, sorted; raise ModelError if two describe the same one.

    A class with a leading `_` is a base class.
    """
    entries: dict[str, Entry] = {}
    for each in classes:
        if each.__name__.startswith("_") or each in _BASES or not issubclass(each, Operation | Result):
            continue
        entry = Entry(vars(each).get("TAG", each.__name__), each)
        if entry.tag in entries:
            raise ModelError(
                f"{entries[entry.tag].model} and {each} both describe the Tag {entry.tag}: give one another TAG"
            )
        entries[entry.tag] = entry
    return dict(sorted(entries.items()))


def shared(entries: Iterable[Entry], *, leaves: int) -> list[type[Element]]:
    """Return the elements that several fields contain and that have at least that many leaves."""
    uses: Counter[type[Element]] = Counter()
    for entry in entries:
        _count_uses(entry.model, uses)
    return [each for each, times in uses.items() if times > 1 and introspect.leaves(each) >= leaves]


def _count_uses(model: type[Element], uses: Counter[type[Element]]) -> None:
    for each in introspect.elements(model):
        uses[each] += 1
        if uses[each] == 1:
            _count_uses(each, uses)


def snake(name: str) -> str:
    """Return a name in snake case: `SoundHound` is `sound_hound`, `DocAIGCMetadata` is `doc_aigc_metadata`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
