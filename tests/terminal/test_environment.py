"""The environment of `make run` has only what it needs, and `make test` completes it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import pytest

from tests import ROOT
from tests.support.pages import page

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("local", "models", "layers", "deploy", "terminal", "ci_callback_results", "handler")
TESTS_ONLY = {"pytest", "mypy", "ruff", "hypothesis", "coverage", "import-linter", "coscmd"}
SCRIPT = ROOT / "terminal" / "environment.py"


def locked(name: str) -> dict[str, str]:
    """Return the versions of a lock by package; a package may have one for each Python."""
    found: dict[str, str] = {}
    for package, version in re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==(.*?) *\\$", page(name), re.MULTILINE):
        found[package] = f"{found.get(package, '')} {version}".strip()
    return found


def imported() -> set[str]:
    """Return the modules of other projects that the commands import, also lazily."""
    found = set()
    for folder in COMMANDS:
        for path in (ROOT / folder).rglob("*.py"):
            if "build" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {each.name.partition(".")[0] for each in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    found.add(str(node.module).partition(".")[0])
    return found - sys.stdlib_module_names


def planned(*arguments: str, folder: Path) -> str:
    """Return the commands that make would run with no environment yet."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    command = [make, "--dry-run", "--no-print-directory", *arguments, f"VENV={folder}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_commands_import_only_what_run_installs() -> None:
    """Every package behind an import of a command is in requirements-run.txt."""
    owners = defaultdict[str, set[str]](
        set
    )  # packages_distributions() of Python 3.10 leaves out those without a top_level.txt
    for each in distributions():
        name = re.sub(r"[_.]+", "-", each.metadata["Name"].lower())
        for top in {file.parts[0] for file in each.files or ()}:
            owners[top.removesuffix(".py")].add(name)
    needed = [owners[name] for name in imported() if name in owners]
    assert {"click", "rich", "pyyaml", "moto", "cos-python-sdk-v5"} <= set().union(*needed)
    assert [each for each in needed if not each & locked("requirements-run.txt").keys()] == []


def test_run_needs_no_package_of_the_tests() -> None:
    """And `make test` only adds to it: what both have has one version."""
    run, tests = locked("requirements-run.txt"), locked("requirements-dev.txt")
    assert not TESTS_ONLY & run.keys()
    assert tests.keys() >= TESTS_ONLY
    assert {name: tests.get(name) for name in run} == run


@pytest.mark.parametrize("target", ["run", "serve", "check", "soak", "generate", "layer", "package"])
def test_target_installs_what_it_needs(target: str, tmp_path: Path) -> None:
    """The packages of the tests are not among it."""
    assert re.findall(r"requirements-\w+\.txt", planned(target, folder=tmp_path)) == ["requirements-run.txt"]


def test_tests_are_installed_in_one_step(tmp_path: Path) -> None:
    """With what the commands need among it, so that `make run` finds that done."""
    steps = re.findall(r"environment\.py (\S+) (\S+)", planned("test-local", folder=tmp_path))
    assert steps == [(str(tmp_path), "requirements-dev.txt")]
    assert f"touch {tmp_path}/.run {tmp_path}/.ready" in planned("test-local", folder=tmp_path)


def test_layer_needs_the_pip_of_the_environment() -> None:
    """It is a locked package: ensurepip takes seconds."""
    assert "pip" in locked("requirements-run.txt")


def install(folder: Path, index: str, python: str = sys.executable) -> list[str]:
    """Install from an index that does not answer, without files kept from before; return the lines of the error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    settings = {**kept, "PIP_INDEX_URL": index, "PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": os.devnull}
    settings["PIP_RETRIES"] = "1"  # without one pip does not report the cause
    command = [python, str(SCRIPT), str(folder), "requirements-run.txt"]
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stderr.splitlines()


@pytest.mark.parametrize("name", ["127.0.0.1", "index.invalid"])
def test_missing_network_is_reported_in_two_lines(name: str, tmp_path: Path) -> None:
    """The problem with its cause, and the next step; pip's output is in a file."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        problem, step = install(tmp_path / "new", f"https://{name}:{taken.getsockname()[1]}/simple")
    cause = {"127.0.0.1": "Connection refused"}.get(name, r".*(?:not known|resol|lookup).*")
    assert re.fullmatch(
        rf"error: requirements-run\.txt could not be installed: the package index cannot be reached \({cause}\)\.",
        problem,
    )
    assert step == f"Check the network and `pip config list`, then repeat; {tmp_path / 'new' / 'install.log'} has more."
    assert "No matching distribution" in (tmp_path / "new" / "install.log").read_text(encoding="utf-8")


@pytest.mark.long
def test_python_without_pip_gets_one(tmp_path: Path) -> None:
    """The environment's own pip takes its place, with the same report."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    problem, _ = install(tmp_path / "new", "https://127.0.0.1:1/simple", str(tmp_path / "bare" / "bin" / "python"))
    assert "(Connection refused)" in problem
    assert (tmp_path / "new" / "bin" / "pip3").exists()
    assert "No module named pip" in (tmp_path / "new" / "install.log").read_text(encoding="utf-8")


def test_old_python_is_refused(tmp_path: Path) -> None:
    """Before anything is created, with the way to name another."""
    code = "import sys, runpy; sys.version_info = (3, 9); runpy.run_path(sys.argv[1], run_name='__main__')"
    program = code.replace("sys.argv[1]", repr(str(SCRIPT)))
    command = [sys.executable, "-c", program, str(tmp_path / "new"), "requirements-run.txt"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Set PYTHON to the path of another" in done.stderr
    assert not (tmp_path / "new").exists()
