"""The plugin that shares the tests among processes loses none."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import os, pytest

@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("once")

@pytest.mark.parametrize("number", range(20))
def test_passing(number, folder): pass

def test_failing(folder):
    os.write(1, b"written")
    assert {1: 2} == {1: 3}
"""
CRASH = """
def test_crashing(): os._exit(0)

"""


def shared(folder: Path, tests: str) -> tuple[int, str]:
    """Return the status and the output of a run of three processes."""
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    options = ("-p", "tests.support.forks.plugin", "--forks", "3", "-p", "no:cacheprovider", "--rootdir", str(folder))
    command = [sys.executable, "-m", "pytest", *options, "-c", os.devnull, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_results_of_all_processes_are_reported(tmp_path: Path) -> None:
    """With what a failing test has printed."""
    status, output = shared(tmp_path, TESTS)
    assert (status, "1 failed, 20 passed" in output) == (1, True)
    assert "Differing items" in output
    assert "written" in output


@pytest.mark.long
def test_ended_process_fails_the_run(tmp_path: Path) -> None:
    """With any status: the tests that it had taken have no result."""
    status, output = shared(tmp_path, TESTS + CRASH)
    assert status == 1
    assert "! no result of 1, since the process ended: test_it.py::test_crashing !" in output
