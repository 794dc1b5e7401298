"""docs/adding-a-tag.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import ROOT
from tests.support.pages import blocks

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/adding-a-tag.md"
ROW = re.compile(r"^\| \[`Humming`\].*\n", re.MULTILINE)
TESTED = ("tests/models", "tests/docs/test_chinese.py", "tests/docs/test_docs.py", "tests/handler/test_events.py")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the project."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: other files may be in its folders")
    listed = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return tmp_path


def run(copy: Path, *command: str) -> str:
    """Run a module of Python in the copy; return its output."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def translate(copy: Path) -> None:
    """Copy the Tag's row to the Chinese page, behind the row that it follows in the English one."""
    english, chinese = copy / "docs/results.md", copy / "docs/results.zh-CN.md"
    lines = english.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if ROW.match(line))
    before = lines[at - 1].partition("](")[0]
    row = "|".join([*lines[at].split("|")[:-2], " 哼唱 ", "\n"])
    place = re.compile(rf"^{re.escape(before)}.*\n", re.MULTILINE)
    chinese.write_text(place.sub(lambda match: match[0] + row, chinese.read_text("utf-8")), encoding="utf-8")


def test_adding_a_tag_by_the_page_ends_green(copy: Path) -> None:
    """The tests of models, pages and events pass with the new Tag, in its every form."""
    (model,) = blocks(PAGE, "python")
    (copy / "ci_callback_results/tags/speech/humming.py").write_text(model, encoding="utf-8")
    assert "schemas/Humming.json" in run(copy, "models")
    translate(copy)
    run(copy, "ruff", "check", "--quiet", "ci_callback_results", "handler")
    chosen = "Humming or generated or chinese or docs or page"
    summary = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *TESTED).splitlines()[-1]
    assert re.search(r"\d{2,} passed", summary)
