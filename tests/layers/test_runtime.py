"""SCF's Python: `runtime` in serverless.yml, and what follows it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from layers import runtime
from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "3.11"  # which SCF may offer one day


def find(root: Path, path: Path, **environment: str) -> str:
    """Return the Python that is found where `path` is searched first."""
    env = {"PATH": f"{path}{os.pathsep}{os.defpath}", "HOME": str(path), **environment}
    found = subprocess.run([root / "layers" / "find-python"], env=env, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def program(path: Path, text: str) -> Path:
    """Write a shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what is deployed, in which serverless.yml names another runtime."""
    for name in ("layers", "handler", "terminal"):
        ignored = shutil.ignore_patterns("__pycache__", "build", ".build", "*.zip", "*.pyc")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("serverless.yml", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    path = tmp_path / "serverless.yml"
    path.write_text(path.read_text("utf-8").replace(f"runtime: Python{runtime.version()}", f"runtime: Python{OTHER}"))
    return tmp_path


def test_files_are_in_step_with_the_runtime(tmp_path: Path) -> None:
    """The layer's runtime, and the bytecode that is not uploaded; shell and Python read the same version."""
    for name in ("serverless.yml", "layers/serverless.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert runtime.follow(tmp_path) == []
    printed = subprocess.run([ROOT / "layers/find-python", "--version"], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == runtime.version()


@pytest.mark.parametrize(
    ("minor", "foreign"),
    [("10", ["3[2-9]", "31[123456789]"]), ("11", ["3[2-9]", "31[023456789]"])],
)
def test_other_runtime_changes_what_follows_it(minor: str, foreign: list[str], copy: Path) -> None:
    """Once: a second run finds nothing to change."""
    path = copy / "serverless.yml"
    path.write_text(path.read_text("utf-8").replace(f"runtime: Python{OTHER}", f"runtime: Python3.{minor}"))
    changed = runtime.follow(copy)
    assert changed == [] if f"3.{minor}" == runtime.version() else ["layers/serverless.yml", "serverless.yml"]
    assert f"- Python3.{minor} #" in (copy / "layers" / "serverless.yml").read_text("utf-8")
    assert [
        line.split("cpython-")[1].split(".pyc")[0]
        for line in path.read_text("utf-8").splitlines()
        if ".cpython-" in line
    ] == foreign
    assert runtime.follow(copy) == []


def test_broken_python_is_skipped(tmp_path: Path) -> None:
    """One on the path that does not run, such as a pyenv shim."""
    broken = program(tmp_path / f"python{runtime.version()}", "exit 127")
    assert str(broken) not in find(ROOT, tmp_path, SCF_PYTHON=str(broken))


def test_python_of_the_runtime_is_found(copy: Path) -> None:
    """Not that of another version, wherever it is named."""
    tools = copy / "bin"
    tools.mkdir()
    for name in ("sh", "sed", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    own = sys.executable
    is_other = f"{sys.version_info[0]}.{sys.version_info[1]}" == OTHER
    assert find(copy, tools, SCF_PYTHON=own, PATH=str(tools)) == (own if is_other else "")


def test_tests_on_the_runtime_fail_without_it() -> None:
    """`make test-runtime` that ran no test is no success; one line names both ways to get a Python."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    # under `make test` this one would print a line about its parent
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = [make, "test-runtime", "SCF_PYTHON="]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    first, _ = done.stderr.splitlines()
    assert first.startswith(f"error: no Python {runtime.version()} found: ")


UV = """
case "$2" in
    install) test "$3" = {version} && touch "{folder}/installed" || {{ echo "error: no download" >&2; exit 2; }} ;;
    find) test -e "{folder}/installed" && echo "{folder}/found" ;;
esac
"""


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the whole path, on a machine without SCF's Python."""
    for name in ("SCF_PYTHON", "PYENV_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "sed", "dirname", "touch", "test"):
        (tools / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    finder = tmp_path / "layers" / "find-python"
    finder.parent.mkdir()
    shutil.copy(ROOT / "layers" / "find-python", finder)
    shutil.copy(ROOT / "serverless.yml", tmp_path)
    monkeypatch.setattr(runtime, "_FINDER", str(finder))
    return tmp_path


def test_missing_python_is_installed_by_uv(bare: Path) -> None:
    """It is found from then on; nothing is installed where it is there."""
    program(bare / "found", f'echo "{bare}/found"')
    program(bare / "bin" / "uv", UV.format(version=runtime.version(), folder=bare))
    steps: list[str] = []
    assert runtime.provide_python(steps.append) == ""
    assert runtime.find_python() == f"{bare}/found"
    assert runtime.provide_python(steps.append) == ""
    assert steps == [f"installing Python {runtime.version()}"]


def test_python_that_uv_cannot_install_is_reported(bare: Path) -> None:
    """With uv's reason, and what else there is."""
    program(bare / "bin" / "uv", UV.format(version="another", folder=bare))
    reason = runtime.provide_python(lambda _: None)
    assert reason.startswith("uv could not install it: error: no download. Install Python ")
    assert runtime.no_bytecode(reason).startswith(
        f"WARNING: no Python {runtime.version()} found, so there is no bytecode"
    )


@pytest.mark.usefixtures("bare")
def test_missing_python_without_uv_is_reported() -> None:
    """With both ways to get one."""
    reason = runtime.provide_python(lambda _: None)
    assert (
        reason == f"Install Python {runtime.version()}, or uv, which then installs it; or set SCF_PYTHON to its path."
    )


@pytest.mark.long
def test_layer_of_another_runtime_runs_on_it(copy: Path) -> None:
    """Its binaries, its bytecode and the function's are those of the runtime, after one `make layer`."""
    python = find(copy, copy / "nowhere", HOME=os.environ["HOME"], PATH=os.environ["PATH"])
    if not python:
        pytest.skip(f"no Python {OTHER} is installed")
    built = subprocess.run(
        [sys.executable, "-m", "layers.build", "--json"], cwd=copy, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["bytecode"] is True
    assert "layers/serverless.yml: changed to Python 3.11" in built.stderr
    with zipfile.ZipFile(copy / "layers" / "ci-callback-layer.zip") as layer:
        tags = {name.rpartition("cpython-")[2][:3] for name in layer.namelist() if ".cpython-" in name}
    assert tags == {"311"}
    code = "import index, pydantic; print(index.main_handler({}, {})['statusCode'], index.__cached__)"
    ran = subprocess.run(
        [python, "-S", "-s", "-c", code],
        env={"PYTHONPATH": f"{copy}/handler:{copy}/layers/build", "PYTHONDONTWRITEBYTECODE": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].endswith("index.cpython-311.pyc")
