"""docs/results.md, its translation, and docs/results/: what a reader of results finds in them, Tag by Tag.

The introductions are written by hand; what stands between the two markers, and the folder, is made here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import anatomy, body, catalog, reading
from models.generate.chinese import CHINESE
from models.generate.layout import pretty
from models.generate.words import ENGLISH
from models.job import Job, Operation, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from models.catalog import Entry
    from models.fields import Element
    from models.generate.words import Words

INDEXES = (ENGLISH, CHINESE)
FOLDER = "docs/results"
BEGIN, END = "<!-- make generate: begin -->", "<!-- make generate: end -->"

_PROJECT = Path(__file__).resolve().parents[2]
# A smaller element is told where it stands.
_WORTH_A_SECTION = 12
_PARTS = "parts.md"


def write(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return the text of every page under its path in the project."""
    shared = catalog.shared(entries.values(), leaves=_WORTH_A_SECTION)
    pages = {f"{FOLDER}/{tag}.md": _page(entry, shared) for tag, entry in entries.items()}
    if shared:
        pages[f"{FOLDER}/{_PARTS}"] = _parts_page(shared)
    return {**{words.page: _with_index(entries, words) for words in INDEXES}, **pages}


# --- docs/results.md ----------------------------------------------------------------------------------------------


def _with_index(entries: Mapping[str, Entry], words: Words) -> str:
    page = (_PROJECT / words.page).read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{words.page} has no {BEGIN} … {END}: put the two lines where the generated part belongs")
    return f"{before}{BEGIN}\n\n{''.join(_index(entries, words))}\n{END}{after}"


def _index(entries: Mapping[str, Entry], words: Words) -> Iterator[str]:
    jobs = [entry for entry in entries.values() if entry.is_job]
    others = [entry for entry in entries.values() if not entry.is_job]
    yield from _section(f"## {words.jobs}", words.tag_columns, (_row(entry, words) for entry in jobs))
    if others:
        yield "\n"
        yield from _section(f"## {words.others}", words.tag_columns, (_row(entry, words) for entry in others))
    yield "\n"
    yield from _fields(f"## {words.every_job}", Job, (), words=words)


def _section(heading: str, columns: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"{heading}\n\n{columns}\n{'|---' * (columns.count('|') - 1)}|\n"
    yield from rows


def _row(entry: Entry, words: Words) -> str:
    return f"| [`{entry.tag}`](results/{entry.tag}.md) | {_linked(entry)} | {_cell(words.about(entry.family))} |\n"


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
    words: Words = ENGLISH,
) -> Iterator[str]:
    """Yield a table of the fields that the model has and the known one has not."""
    common = {part.name: part for part in anatomy.parts(known)} if known else {}
    rows = [part for part in anatomy.parts(model) if common.get(part.name) != part]
    if not rows:
        yield f"{heading}\n\nNothing.\n"
        return
    yield from _section(heading, words.field_columns, _rows(rows, set(shared), "", words))


def _rows(parts: Iterable[anatomy.Part], shared: set[type[Element]], path: str, words: Words) -> Iterator[str]:
    for part in parts:
        name = f"{path}{part.name}"
        yield f"| `{name}` | {_type(part, shared, words)} | {_cell(words.meaning(part.meaning))} |\n"
        if part.element is not None and part.element not in shared:
            yield from _rows(anatomy.parts(part.element), shared, f"{name}{'[]' if part.repeats else ''}.", words)


def _type(part: anatomy.Part, shared: set[type[Element]], words: Words) -> str:
    if part.element is None:
        word = words.types.get(part.kind or "", words.as_it_comes)
    elif part.element in shared:
        name = part.element.__name__
        word = f"[{name}]({_PARTS}#{name.lower()})"
    else:
        word = words.object
    return words.several.format(word) if part.repeats else word


def _heading(source: str) -> str:
    return f"<!-- Generated by `make generate` from {source}: change that instead. -->\n\n"


def _linked(entry: Entry) -> str:
    return f"[{entry.title}]({entry.page})" if entry.page else entry.title


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
