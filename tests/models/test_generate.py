"""What `make generate` writes: up to date, laid out as the project lays out, and nothing else in its folders."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from models import __main__ as command
from models import anatomy
from models.catalog import Entry, catalog
from models.fields import Element, Integer, ListOf, Text, many, sample
from models.generate import chinese, configuration, events, marked, pages, project, schemas, shapes
from models.generate.layout import pretty
from models.job import Operation, Result
from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Box(Element):
    """Where something is. It has enough fields to be worth a table of its own."""

    x: Integer = sample("1")
    """Its left edge."""
    y: Integer = sample("2")
    """Its upper edge."""
    width: Integer = sample("3")
    """Its width."""
    height: Integer = sample("4")
    """Its height."""
    name: Text = sample("a|b")
    """What it is: a|b."""
    more: ListOf[Text] = sample("c", "d")
    """What else it is."""


class Boxes(Element):
    """Several."""

    box: ListOf[Box] = many()
    """They."""


class Found(Operation):
    """找到. https://example.com/found. A note."""

    API = "ai_jobs"

    best: Box | None = None
    """The best."""
    all: Boxes | None = None
    """All."""


class Report(Result):
    """报告. No page is published."""

    API = "report/detail"

    box: Box | None = None
    """The one."""


PLACE = f"before\n<!-- make generate: a -->\n\nold\n{marked.END}\nbetween\n"
ENTRIES = {"Found": Entry("Found", Found), "Report": Entry("Report", Report)}


def load(texts: Mapping[str, str], folder: Path, tag: str) -> Any:
    """Return the SHAPE of a Tag from the modules as they were written, in a Python of their own."""
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
    return eval(done.stdout)  # noqa: S307 - a literal that a program of ours has printed, None keys and all


def test_everything_is_up_to_date() -> None:
    """What is made is that of the models and the settings: after a change of one run `make generate`."""
    stale = project.stale(project.made())
    assert not stale, f"run `make generate`: {', '.join(stale)}"


def test_every_event_has_its_expectation() -> None:
    """What an event of a Tag must lead to lies beside it: else run `make generate`."""
    for path in events.write(catalog()):
        assert (ROOT / events.expected_path(path)).exists(), f"run `make generate`: {path}"


def test_shapes_share_what_is_worth_it(tmp_path: Path) -> None:
    """The modules import and are the models' shapes; a table that several use is written once and imported."""
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


def test_a_tag_does_not_overwrite_another_s_module() -> None:
    """Two Tags whose modules would have one name are a mistake."""
    with pytest.raises(ValueError, match="JOB would be written over job"):
        shapes.write({"JOB": Entry("JOB", Found)})


def test_a_schema_has_neither_null_nor_text_for_numbers() -> None:
    """Samples become what the function makes of them, lists of texts are one example, and titles are left out."""
    schema = schemas.schema_of(ENTRIES["Found"])
    assert schema["$defs"]["Found"]["properties"]["Best"] == {"$ref": "#/$defs/Box", "description": "The best."}
    assert schema["$defs"]["Box"]["properties"]["X"]["examples"] == [1]
    assert schema["$defs"]["Box"]["properties"]["More"]["examples"] == [["c", "d"]]
    assert schema["properties"]["Tag"]["examples"] == ["Found"]
    assert '"title"' not in json.dumps(schema["$defs"])
    assert schemas.schema_of(ENTRIES["Report"])["properties"]["Box"]["$ref"] == "#/$defs/Box"


def test_a_page_tells_fields_types_meaning_and_an_example() -> None:
    """A Tag's page has a row for each field below Operation, a job's common ones aside, and a result object."""
    texts = pages.write(ENTRIES)
    page = texts[f"{pages.FOLDER}/Found.md"]
    assert "# Found\n\n[找到](https://example.com/found) · [schema](../../schemas/Found.json)" in page
    assert "\nA note.\n" in page
    assert "| `All.Box[].More` | list of texts | What else it is. |" in page
    assert "| `Best.Name` | text | What it is: a\\|b. |" in page
    assert "UserData` |" not in page
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])
    assert example["Operation"]["All"] == {
        "Box": [{"Height": 4, "More": ["c"], "Name": "a|b", "Width": 3, "X": 1, "Y": 2}]
    }
    report = texts[f"{pages.FOLDER}/Report.md"]
    assert "## Fields" in report


def test_the_list_of_tags_is_told_in_each_language() -> None:
    """Every Tag leads to its page, with CI's name for it; a family that has no Chinese words yet is left without."""
    texts = pages.write(ENTRIES)
    row = "| [`Found`](results/Found.md) | [找到](https://example.com/found) | {} |"
    assert row.format((__doc__ or "").strip()) in texts[pages.ENGLISH.path]
    assert row.format("") in texts[pages.CHINESE.path]
    assert "## 任务\n" in texts[pages.CHINESE.path]
    assert "| `Input.CosHeaders` | 对象列表 | 随上传" in texts[pages.CHINESE.path]
    known = pages.write({"SoundHound": catalog()["SoundHound"]})[pages.CHINESE.path]
    assert "听歌识曲](https://cloud.tencent.com/document/product/460/84956) | 识别音频中的歌曲 |" in known


def test_a_field_of_every_job_needs_its_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds such a field, or says something else of one, is told what to add, and where."""
    monkeypatch.delitem(chinese.TEXTS, "The job's id.")
    with pytest.raises(ValueError, match=r"models/generate/chinese\.py has no Chinese for: The job's id\."):
        pages.write(ENTRIES)


def test_no_chinese_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not said any more has no Chinese either: change it, or take it out of chinese.py."""
    said = set()

    def say(text: str) -> str:
        said.add(text)
        return chinese.TEXTS[text]

    monkeypatch.setattr(chinese, "say", say)
    configuration.write()
    monkeypatch.setattr(pages, "INDEXES", [pages.CHINESE._replace(say=say)])
    pages.write(catalog())
    assert said == chinese.TEXTS.keys()
    assert chinese.FAMILIES.keys() <= {entry.family for entry in catalog().values()}


def test_a_large_part_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What several Tags have in common has a section of its own, and their pages lead there."""
    monkeypatch.setattr(pages, "_WORTH_A_SECTION", anatomy.leaves(Box))
    texts = pages.write(ENTRIES)
    assert "| `All.Box` | list of [Box](parts.md#box)s | They. |" in texts[f"{pages.FOLDER}/Found.md"]
    assert "## Box\n\nWhere something is." in texts[f"{pages.FOLDER}/parts.md"]


def test_a_tag_without_fields_says_so() -> None:
    """A Tag that adds nothing to what every job has is told as such."""

    class Plain(Operation):
        """平. https://example.com/plain."""

    page = pages.write({"Plain": Entry("Plain", Plain)})[f"{pages.FOLDER}/Plain.md"]
    assert "Nothing." in page


@pytest.mark.parametrize("index", pages.INDEXES, ids=lambda index: index.path)
def test_the_index_needs_its_place(index: pages.Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the two markers nobody knows where the list of Tags belongs; the error says what to do in which page."""
    (tmp_path / "docs").mkdir()
    for each in pages.INDEXES:
        text = "no markers" if each is index else f"<!-- make generate: begin -->\n{marked.END}\n"
        (tmp_path / each.path).write_text(text, encoding="utf-8")
    monkeypatch.setattr(marked, "PROJECT", tmp_path)
    with pytest.raises(
        ValueError, match=rf"{index.path} must have .*put the two lines where the generated part belongs"
    ):
        pages.write(ENTRIES)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nothing", "must have <!-- make generate: a --> … <!-- make generate: end --> once"),
        (PLACE.replace(marked.END, ""), "must have"),
        (PLACE * 2, "must have"),
        (PLACE + PLACE.replace("a -->", "b -->"), "has a place for b, which is not made"),
    ],
)
def test_each_part_has_its_place(text: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part has one place in a page, and each place its part; the error says what to do."""
    monkeypatch.setattr(marked, "PROJECT", tmp_path)
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(complaint)):
        marked.fill("page.md", {"a": "made"})


def test_only_the_parts_of_a_page_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written by hand stays as it is, and so does the page when it is filled again."""
    monkeypatch.setattr(marked, "PROJECT", tmp_path)
    other = PLACE.replace("a -->", "b -->")
    (tmp_path / "page.md").write_text(PLACE + other, encoding="utf-8")
    filled = marked.fill("page.md", {"a": r"\1 new", "b": "newer"})
    assert filled == PLACE.replace("old", r"\1 new") + other.replace("old", "newer")
    (tmp_path / "page.md").write_text(filled, encoding="utf-8")
    assert marked.fill("page.md", {"a": r"\1 new", "b": "newer"}) == filled


@pytest.mark.parametrize(
    "value", [{}, [], "x", {"a": [], "b": {"c": ["d" * 60, "e" * 60]}, "f": 1, "g": 2, "h": "i" * 99}]
)
@pytest.mark.parametrize("filled", [False, True])
def test_laid_out_json_is_the_same_json(value: Any, *, filled: bool) -> None:
    """Layout changes no value, and no line is longer than it must be."""
    text = pretty(value, filled=filled)
    assert json.loads(text) == value
    assert all(len(line) < 120 for line in text.splitlines())


def test_update_writes_what_is_new_and_takes_away_what_is_not(tmp_path: Path) -> None:
    """Only what differs is written, and a file that no model accounts for goes; what is up to date is left."""
    texts = {f"{schemas.FOLDER}/A.json": "a\n", f"{schemas.FOLDER}/B.json": "b\n"}
    assert project.update(texts, tmp_path) == [*texts]
    stray = tmp_path / schemas.FOLDER / "Old.json"
    stray.write_text("old", encoding="utf-8")
    (tmp_path / schemas.FOLDER / "B.json").write_text("changed", encoding="utf-8")
    assert project.stale(texts, tmp_path) == ["schemas/B.json", "schemas/Old.json"]
    assert project.update(texts, tmp_path) == ["schemas/B.json", "schemas/Old.json"]
    assert (project.stale(texts, tmp_path), stray.exists()) == ([], False)


def test_generate_says_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """The command names each file it wrote, and says so when there was nothing to do."""
    entries = {"SoundHound": catalog()["SoundHound"]}
    for module in (command, project):
        monkeypatch.setattr(module, "catalog", lambda: entries)
    monkeypatch.setattr(project.update, "__defaults__", (tmp_path,))
    made = project.made()
    assert command.main([]) == 0
    output = capsys.readouterr().out.splitlines()
    assert {*output[:-1]} == {*made, "events/tags/SoundHound.expected.json"}
    assert output[-1] == f"{len(made) + 1} of {len(made) + 1} files changed."
    assert command.main([]) == 0
    assert capsys.readouterr().out == "Everything is up to date.\n"
    for path in ("events/tags/SoundHound.expected.json", "schemas/SoundHound.json"):
        assert (tmp_path / path).read_text("utf-8") == (ROOT / path).read_text("utf-8")


def test_generate_tells_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--json` prints one document and nothing else."""
    entries = {"SoundHound": catalog()["SoundHound"]}
    for module in (command, project):
        monkeypatch.setattr(module, "catalog", lambda: entries)
    monkeypatch.setattr(project.update, "__defaults__", (tmp_path,))
    assert command.main(["--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    report = json.loads(captured.out)
    assert "schemas/SoundHound.json" in report["changed"]
    assert report["files"] == len(report["changed"])


def test_generate_says_what_is_wrong_with_a_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in the models is one line with the way out, and the status is 2."""
    monkeypatch.setattr(command, "catalog", lambda: {"JOB": Entry("JOB", Found)})
    with pytest.raises(SystemExit) as ended:
        command.main([])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: the Tag JOB would be written over job.py: give it another name\n"


def test_generate_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stage is told, and of the events how many are done."""
    entries = {tag: catalog()[tag] for tag in ("SoundHound", "Tts")}
    for module in (command, project):
        monkeypatch.setattr(module, "catalog", lambda: entries)
    monkeypatch.setattr(project.update, "__defaults__", (tmp_path,))
    stages: list[tuple[Any, ...]] = []
    command.generate(lambda *told: stages.append(told))
    counted = [("what each event leads to", done, 2) for done in (0, 1, 2)]
    assert stages == [("shapes",), ("schemas, pages, events",), *counted]
