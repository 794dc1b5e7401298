"""The code of docs/using-results.md runs as shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deploy import results
from tests import ROOT
from tests.examples.test_examples import result
from tests.support.pages import blocks, page
from tests.support.programs.node import run_typescript

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/using-results.md"


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        (result("SoundHound"), "['青花瓷']\n"),
        (json.dumps({**json.loads(result("ReviewImage")), "Result": 1}), "to be blocked: in/sample.jpg\n"),
        (result("Tts"), ""),
    ],
)
def test_python_of_the_page_reads_a_result(
    stored: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A song, a review, and a Tag that it does not name."""
    (tmp_path / "song.mp3.SoundHound.json").write_text(stored, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (shown,) = blocks(PAGE, "python")
    exec(shown, {})  # noqa: S102  # the page's own code
    assert capsys.readouterr().out == printed


def test_typescript_of_the_page_compiles(tmp_path: Path) -> None:
    """With the types beside it."""
    (tmp_path / "results.d.ts").write_text(page("schemas/results.d.ts"), encoding="utf-8")
    (shown,) = blocks(PAGE, "ts")
    program = tmp_path / "page.ts"
    program.write_text(f"declare const text: string;\n{shown}", encoding="utf-8")
    run_typescript(program, tmp_path)


def test_files_of_the_page_exist() -> None:
    """The packages, and the schema that an editor is to use."""
    assert results.WHEEL.startswith("ci_callback_results-")
    assert f"`{results.ARCHIVE}`" in page(PAGE)
    (settings,) = blocks(PAGE, "json")
    (setting,) = json.loads(settings)["json.schemas"]
    assert (ROOT / setting["url"]).exists()
    for name in ("message", "dead-letter", "routes", "on-dead-letter"):
        assert f"`{name}.json`" in page(PAGE)
        assert (ROOT / f"schemas/function/{name}.json").exists()
