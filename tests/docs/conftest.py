"""Fixtures of the tests of pages and layout."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests import ROOT


@pytest.fixture(scope="session")
def files() -> list[str]:
    """Return the paths of the project's files."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: other files may be in its folders")
    return subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
