"""The layout of the project: the tree in architecture.md, the size of folders and files."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath

from tests import ROOT
from tests.support.pages import page

FUNCTION = ROOT / "handler" / "ci_callback"
GENERATED = "handler/ci_callback/shapes/"


def test_architecture_tree_is_complete() -> None:
    """It names every package, and every module at the root of the function."""
    text = page("docs/architecture.md")
    for module in FUNCTION.glob("[a-z]*.py"):
        assert re.search(rf"\b{module.name}\b", text), module.name
    for source in (FUNCTION, ROOT / "local"):
        for folder in source.glob("[a-z]*"):
            assert folder.is_file() or f"{folder.name}/" in text, folder


def test_folders_have_at_most_14_modules(files: list[str]) -> None:
    """Side by side; at the root of the function at most 9, and in shapes/, which is generated, any number."""
    modules = (PurePosixPath(name) for name in files if name.endswith(".py") and not name.startswith(GENERATED))
    counted = Counter(str(module.parent) for module in modules if module.name != "__init__.py")
    assert {folder: count for folder, count in counted.items() if count > 14} == {}
    assert counted["handler/ci_callback"] <= 9


def test_python_files_have_at_most_400_lines(files: list[str]) -> None:
    """Generated ones included."""
    lengths = {name: len(page(name).splitlines()) for name in files if name.endswith(".py")}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_file_names_a_machine(files: list[str]) -> None:
    """Neither a path in a home folder nor the host of a package registry."""
    foreign = re.compile(r"/(?:home|Users|root)/\w|\b(?:pypi|pythonhosted|npmjs)\.org")
    named = [name for name in files if not name.endswith((".png", "test_structure.py")) and foreign.search(page(name))]
    assert named == []
