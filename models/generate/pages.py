"""docs/results.md, in English and in Chinese, and docs/results/: what a reader of results finds in them, Tag by Tag.

The introductions are written by hand; their marked parts, and the folder, are made here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.decode import shape
from models import anatomy, catalog, reading
from models import wire as body
from models.generate import chinese, marked
from models.generate.layout import pretty
from models.job import Job, Operation, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from models.catalog import Entry
    from models.fields import Element

    Say = Callable[[str], str]

FOLDER = "docs/results"

# A smaller element is told where it stands.
_WORTH_A_SECTION = 12
_TYPES = {shape.TEXT: "text", shape.INTEGER: "integer", shape.NUMBER: "number", shape.FLAG: "flag", shape.TIME: "time"}
_PARTS = "parts.md"


class Index(NamedTuple):
    """A page that lists the results: its path, and how it says what stands in English here and in the models."""

    path: str
    say: Say
    about: Say  # of a family of Tags, "" where that has not been said yet


ENGLISH = Index("docs/results.md", str, str)
CHINESE = Index("docs/results.zh-CN.md", chinese.say, chinese.about)
INDEXES = (ENGLISH, CHINESE)


def write(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return the text of every page under its path in the project."""
    shared = catalog.shared(entries.values(), leaves=_WORTH_A_SECTION)
    pages = {f"{FOLDER}/{tag}.md": _page(entry, shared) for tag, entry in entries.items()}
    if shared:
        pages[f"{FOLDER}/{_PARTS}"] = _parts_page(shared)
    indexes = {index.path: marked.fill(index.path, {"begin": "".join(_index(entries, index))}) for index in INDEXES}
    return {**indexes, **pages}


# --- docs/results.md ----------------------------------------------------------------------------------------------


def _index(entries: Mapping[str, Entry], index: Index) -> Iterator[str]:
    columns = index.say("| Tag | CI calls it | |")
    jobs = [entry for entry in entries.values() if entry.is_job]
    others = [entry for entry in entries.values() if not entry.is_job]
    yield from _section(index.say("## Jobs"), columns, (_row(entry, index) for entry in jobs))
    if others:
        yield "\n"
        yield from _section(index.say("## Other results"), columns, (_row(entry, index) for entry in others))
    yield "\n"
    yield from _fields(index.say("## What every job has"), Job, (), say=index.say)


def _section(heading: str, columns: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"{heading}\n\n{columns}\n{'|---' * (columns.count('|') - 1)}|\n"
    yield from rows


def _row(entry: Entry, index: Index) -> str:
    return f"| [`{entry.tag}`](results/{entry.tag}.md) | {_linked(entry)} | {_cell(index.about(entry.family))} |\n"


# --- docs/results/ ------------------------------------------------------------------------------------------------


def _page(entry: Entry, shared: list[type[Element]]) -> str:
    forms = ["json"] if body.is_review(entry) else ["xml", "json"]
    events = " and ".join(f"[{form.upper()}](../../events/tags/{entry.tag}-{form}.json)" for form in forms)
    links = [
        _linked(entry),
        f"[schema](../../schemas/{entry.tag}.json)",
        f"event in {events}",
        "[all Tags](../results.md)",
    ]
    lines = [_heading(entry.source), f"# {entry.tag}\n", f"\n{' · '.join(links)}\n"]
    if entry.notes:
        lines.append(f"\n{entry.notes}\n")
    lines.append("\n")
    if entry.is_job:
        own = "## Below `Operation`\n\nBesides what [every job](../results.md#what-every-job-has) has."
        lines += _fields(own, entry.model, shared, known=Operation)
    else:
        lines += _fields("## Fields", entry.model, shared, known=Result)
    lines.append(f"\n## An example\n\n```json\n{pretty(_example(entry), filled=True)}\n```\n")
    return "".join(lines)


def _example(entry: Entry) -> dict[str, Any]:
    """Return the result object of a callback for the Tag, made of the models' samples."""
    return reading.result_object(entry, body.as_xml(body.callback(body.Order(entry))))


def _parts_page(shared: list[type[Element]]) -> str:
    sources = sorted({f"{each.__module__.replace('.', '/')}.py" for each in shared})
    lines = [_heading(", ".join(sources)), "# Parts\n\nWhat the results of several Tags have in common.\n"]
    for each in sorted(shared, key=lambda model: model.__name__):
        about = " ".join((each.__doc__ or "").split())
        lines.append("\n")
        lines += _fields(f"## {each.__name__}\n\n{about}", each, [other for other in shared if other is not each])
    return "".join(lines)


def _fields(
    heading: str,
    model: type[Element],
    shared: Iterable[type[Element]],
    known: type[Element] | None = None,
    say: Say = str,
) -> Iterator[str]:
    """Yield a table of the fields that the model has and the known one has not."""
    common = {part.name: part for part in anatomy.parts(known)} if known else {}
    rows = [part for part in anatomy.parts(model) if common.get(part.name) != part]
    if not rows:
        yield f"{heading}\n\nNothing.\n"
        return
    yield from _section(heading, say("| field | type | |"), _rows(rows, set(shared), "", say))


def _rows(parts: Iterable[anatomy.Part], shared: set[type[Element]], path: str, say: Say) -> Iterator[str]:
    for part in parts:
        name = f"{path}{part.name}"
        yield f"| `{name}` | {_type(part, shared, say)} | {_cell(say(part.meaning))} |\n"
        if part.element is not None and part.element not in shared:
            yield from _rows(anatomy.parts(part.element), shared, f"{name}{'[]' if part.repeats else ''}.", say)


def _type(part: anatomy.Part, shared: set[type[Element]], say: Say) -> str:
    if part.element is None:
        word = say(_TYPES.get(part.kind or "", "as it comes"))
    elif part.element in shared:
        name = part.element.__name__
        word = f"[{name}]({_PARTS}#{name.lower()})"
    else:
        word = say("object")
    return say("list of {}s").format(word) if part.repeats else word


def _heading(source: str) -> str:
    return f"<!-- Generated by `make generate` from {source}: change that instead. -->\n\n"


def _linked(entry: Entry) -> str:
    return f"[{entry.title}]({entry.page})" if entry.page else entry.title


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
