"""`make generate`: up to date, complete, and nothing else in its folders."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback_results.fields import Element, Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Operation, Result
from models import __main__ as command
from models import introspect
from models.catalog import Entry, catalog
from models.errors import ModelError
from models.generate import (
    configuration,
    events,
    files,
    function_schemas,
    markdown,
    pages,
    schemas,
    shapes,
    tags,
    typescript,
)
from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Box(Element):
    """A position. It has enough fields for a table of its own."""

    x: Integer = sample("1", about="Its left edge.")
    y: Integer = sample("2", about="Its upper edge.")
    width: Integer = sample("3", about="Its width.")
    height: Integer = sample("4", about="Its height.")
    name: Text = sample("a|b", about="Its name: a|b.")
    more: ListOf[Text] = sample("c", "d", about="More names.")


class Boxes(Element):
    """Several positions."""

    box: ListOf[Box] = many("The positions.")


class Found(Operation):
    """找到. https://example.com/found. A note."""

    API = "ai_jobs"

    best: Box | None = part("The best.")
    all: Boxes | None = part("All.")


class Report(Result):
    """报告. No page is published."""

    API = "report/detail"

    box: Box | None = part("The one.")


SECTION = f"before\n<!-- make generate: a -->\n\nold\n{markdown.END}\nbetween\n"
ENTRIES = {"Found": Entry("Found", Found), "Report": Entry("Report", Report)}


def load(texts: Mapping[str, str], folder: Path, tag: str) -> Any:
    """Import generated modules in another process; return the Tag's SHAPE, the APIs and all Tags."""
    package = folder / "ci_callback"
    for path, text in texts.items():
        target = package / path.removeprefix("handler/ci_callback/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (package / "__init__.py").touch()
    program = (
        "import importlib, ci_callback.shapes as shapes\n"
        f"module = importlib.import_module('ci_callback.shapes.' + shapes.MODULES[{tag!r}])\n"
        f"print((module.SHAPE, shapes.APIS, sorted(shapes.MODULES)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )
    return eval(done.stdout)  # noqa: S307 - a literal with None keys, printed by the program above


def test_generated_files_are_up_to_date() -> None:
    """Every generated file is in the project and up to date, and every outcome exists: else run `make generate`."""
    entries = catalog()
    callbacks = events.write(entries)
    texts = {**shapes.write(entries), **tags.write(entries), **schemas.write(entries), **pages.write(entries)}
    texts |= {**configuration.write(), **typescript.write(entries), **function_schemas.write()}
    for path in map(events.expected_path, callbacks):
        texts[path] = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else "missing"
    stale = files.stale({**texts, **callbacks})
    assert not stale, f"run `make generate`: {', '.join(stale)}"


def test_shapes_share_large_tables(tmp_path: Path) -> None:
    """The modules import and equal the models' shapes; a table that several use is written once."""
    texts = shapes.write(ENTRIES)
    for tag, entry in ENTRIES.items():
        shape, apis, tags = load(texts, tmp_path, tag)
        assert shape == shapes.shape_of(entry.result)
        assert (apis, tags) == ({"Found": "ai_jobs", "Report": "report/detail"}, ["Found", "Report"])
    found = texts[f"{shapes.FOLDER}/found.py"]
    assert "import BOX\n" in found
    assert '"Best": BOX, "All": {"Box": [BOX]}' in found
    assert "JobLevel" not in found
    (shared,) = (text for path, text in texts.items() if "BOX = " in text)
    assert shared.count("BOX = ") == 1


def test_schema_has_neither_nulls_nor_texts_for_numbers() -> None:
    """Samples become values, the samples of a list one example, and titles are dropped."""
    schema = schemas.schema_of(ENTRIES["Found"])
    assert schema["$defs"]["Found"]["properties"]["Best"] == {"$ref": "#/$defs/Box", "description": "The best."}
    assert schema["$defs"]["Box"]["properties"]["X"]["examples"] == [1]
    assert schema["$defs"]["Box"]["properties"]["More"]["examples"] == [["c", "d"]]
    assert schema["properties"]["Tag"]["examples"] == ["Found"]
    assert '"title"' not in json.dumps(schema["$defs"])
    assert schemas.schema_of(ENTRIES["Report"])["properties"]["Box"]["$ref"] == "#/$defs/Box"


def test_page_has_fields_types_meanings_and_an_example() -> None:
    """A Tag's page has a row for each of its own fields, and a result object; the index links to it."""
    texts = pages.write(ENTRIES)
    page = texts[f"{pages.FOLDER}/Found.md"]
    assert "# Found\n\n[找到](https://example.com/found) · [schema](../../schemas/Found.json)" in page
    assert "\nA note.\n" in page
    assert "| `All.Box[].More` | list of texts | More names. |" in page
    assert "| `Best.Name` | text | Its name: a\\|b. |" in page
    assert "UserData` |" not in page
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])
    assert example["Operation"]["All"] == {
        "Box": [{"Height": 4, "More": ["c"], "Name": "a|b", "Width": 3, "X": 1, "Y": 2}]
    }
    assert "## Fields" in texts[f"{pages.FOLDER}/Report.md"]
    subject = (__doc__ or "").strip()
    assert f"| [`Found`](results/Found.md) | [找到](https://example.com/found) | {subject} |" in texts[pages.INDEX]


def test_large_shared_element_has_its_own_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages of its Tags link to it."""
    monkeypatch.setattr(pages, "_MIN_SHARED_LEAVES", introspect.leaves(Box))
    texts = pages.write(ENTRIES)
    assert "| `All.Box` | list of [Box](parts.md#box)s | The positions. |" in texts[f"{pages.FOLDER}/Found.md"]
    assert "## Box\n\nA position." in texts[f"{pages.FOLDER}/parts.md"]


def test_page_of_a_tag_without_fields_is_explicit() -> None:
    """A Tag that adds nothing to the common fields has no empty table."""

    class Plain(Operation):
        """平. https://example.com/plain."""

    page = pages.write({"Plain": Entry("Plain", Plain)})[f"{pages.FOLDER}/Plain.md"]
    assert "None." in page


@pytest.mark.parametrize(
    "text", ["nothing", SECTION.replace(markdown.END, ""), SECTION * 2, SECTION + SECTION.replace("a -->", "b -->")]
)
def test_page_with_missing_or_unknown_section_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each generated section is in the page exactly once, and no other."""
    monkeypatch.setattr(markdown, "PROJECT", tmp_path)
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"page.md must have one section .* for each of \['a'\]"):
        markdown.fill("page.md", {"a": "made"})


def test_only_generated_sections_of_a_page_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text by hand is kept, and filling a page twice changes nothing."""
    monkeypatch.setattr(markdown, "PROJECT", tmp_path)
    other = SECTION.replace("a -->", "b -->")
    (tmp_path / "page.md").write_text(SECTION + other, encoding="utf-8")
    filled = markdown.fill("page.md", {"a": r"\1 new", "b": "newer"})
    assert filled == SECTION.replace("old", r"\1 new") + other.replace("old", "newer")
    (tmp_path / "page.md").write_text(filled, encoding="utf-8")
    assert markdown.fill("page.md", {"a": r"\1 new", "b": "newer"}) == filled


def test_update_writes_changes_and_deletes_strays(tmp_path: Path) -> None:
    """Only differences are written, and files without a model are deleted."""
    texts = {f"{schemas.FOLDER}/A.json": "a\n", f"{schemas.FOLDER}/B.json": "b\n"}
    assert files.update(texts, tmp_path) == [*texts]
    stray = tmp_path / schemas.FOLDER / "Old.json"
    stray.write_text("old", encoding="utf-8")
    (tmp_path / schemas.FOLDER / "B.json").write_text("changed", encoding="utf-8")
    assert files.stale(texts, tmp_path) == ["schemas/B.json", "schemas/Old.json"]
    assert files.update(texts, tmp_path) == ["schemas/B.json", "schemas/Old.json"]
    assert (files.stale(texts, tmp_path), stray.exists()) == ([], False)


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project, with two Tags in the catalog."""
    entries = {tag: catalog()[tag] for tag in ("SoundHound", "Tts")}
    monkeypatch.setattr(command, "catalog", lambda: entries)
    monkeypatch.setattr(files.update, "__defaults__", (tmp_path,))
    return tmp_path


def test_generate_reports_changed_files(small_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names each file it wrote, and reports when everything is up to date; `--json` is one document."""
    assert command.main([]) == 0
    *paths, summary = capsys.readouterr().out.splitlines()
    assert summary == f"{len(paths)} of {len(paths)} files changed."
    written = {path for path in small_project.rglob("*.*") if path.is_file()}
    assert {small_project / path for path in paths} == written
    for path in ("events/tags/Tts.expected.json", "schemas/SoundHound.json"):
        assert (small_project / path).read_text("utf-8") == (ROOT / path).read_text("utf-8")
    assert command.main([]) == 0
    assert capsys.readouterr().out == "Everything is up to date.\n"
    (small_project / "schemas/SoundHound.json").unlink()
    assert command.main(["--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"changed": ["schemas/SoundHound.json"], "files": len(paths)}
    assert captured.err == ""


@pytest.mark.usefixtures("small_project")
def test_generate_shows_its_progress() -> None:
    """Each stage is shown, and the number of events done."""
    stages: list[tuple[Any, ...]] = []
    command.generate(lambda *progress: stages.append(progress))
    counted = [("outcomes of events", done, 2) for done in (0, 1, 2)]
    assert stages == [("shapes",), ("schemas, pages, events",), *counted]


def test_generate_reports_a_wrong_model(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error in the models, here two modules with one name, is one line with the fix; the exit status is 2."""
    monkeypatch.setattr(command, "catalog", lambda: {"JOB": Entry("JOB", Found)})
    with pytest.raises(SystemExit) as ended:
        command.main([])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: the Tag JOB would be written over job.py: rename it\n"
