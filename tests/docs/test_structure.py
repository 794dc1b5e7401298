"""The layout of the project: the tree in architecture.md, the size of folders and files."""

from __future__ import annotations

import re

from tests import ROOT
from tests.support.pages import page

FUNCTION = ROOT / "handler" / "ci_callback"


def test_architecture_tree_is_complete() -> None:
    """It names every package, and every module at the root of the function."""
    text = page("docs/architecture.md")
    function = ROOT / "handler" / "ci_callback"
    for module in function.glob("[a-z]*.py"):
        assert re.search(rf"\b{module.name}\b", text), module.name
    for source in (function, ROOT / "local"):
        for folder in source.glob("[a-z]*/"):
            assert f"{folder.name}/" in text, folder


def test_no_file_names_a_machine(files: list[str]) -> None:
    """Neither a path in a home folder nor the host of a package registry."""
    foreign = re.compile(r"/(?:home|Users|root)/\w|\b(?:pypi|pythonhosted|npmjs)\.org")
    named = [name for name in files if not name.endswith((".png", "test_structure.py")) and foreign.search(page(name))]
    assert named == []
