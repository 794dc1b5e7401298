"""The output of `make layer`: sizes, steps on a terminal, JSON, and explanations of failures."""

from __future__ import annotations

import json
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from layers import build, pip, report, runtime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder with a layer that is up to date."""
    folder, archive = tmp_path / "build", tmp_path / "layer.zip"
    (folder / "large").mkdir(parents=True)
    (folder / "large" / "module.py").write_bytes(bytes(2_340_000))
    (folder / "small.py").write_bytes(bytes(10_000))
    archive.write_bytes(bytes(1_500_000))
    monkeypatch.setattr(build, "FOLDER", folder)
    monkeypatch.setattr(build, "ARCHIVE", archive)
    monkeypatch.setattr(report, "ROOT", tmp_path)
    monkeypatch.setattr(build, "ensure", lambda _: False)
    monkeypatch.setattr(build, "compile_handler", lambda _: True)
    monkeypatch.setattr(runtime, "provide_python", lambda _: "")
    return tmp_path


@pytest.mark.usefixtures("layer")
def test_unchanged_layer_is_reported_with_its_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    """Zip, folder and the largest packages."""
    assert build.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "layer: layer.zip  1.50 MB zipped",
        "       build/  2.35 MB unpacked",
        "         2.34 MB  large",
        "         0.01 MB  small.py",
        "       unchanged, nothing was built",
        "function: handler/  bytecode for its next upload",
    ]


@pytest.mark.usefixtures("layer")
def test_json_has_the_sizes_in_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else is printed."""
    assert build.main(["--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out) == {
        "archive": "layer.zip",
        "zipped": 1_500_000,
        "folder": "build",
        "unpacked": 2_350_000,
        "largest": {"large": 2_340_000, "small.py": 10_000},
        "built": False,
        "bytecode": True,
    }


@pytest.mark.usefixtures("layer")
def test_missing_runtime_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The layer is built; one line warns that it has no bytecode, and how to change that."""
    monkeypatch.setattr(build, "compile_handler", lambda _: False)
    monkeypatch.setattr(runtime, "provide_python", lambda _: "Install it.")
    assert build.main([]) == 0
    captured = capsys.readouterr()
    assert captured.out.count(f"no Python {runtime.version()} found") == 1
    assert captured.out.endswith(" Install it.\n")
    assert captured.err == ""


_DEMO_PIN = "demo==1.0 --hash=sha256:00\n"
# A pip that installs one package, with every file that a build removes.
_DEMO_PIP = """
import pathlib, sys
command, options = sys.argv[3], sys.argv[4:]
target = pathlib.Path(options[options.index("--dest" if command == "download" else "--target") + 1])
target.mkdir(exist_ok=True)
if command == "install":
    for name in [*UNUSED, "demo/__init__.py", "demo/tests/test.py", "demo/README.md", "demo-1.0.dist-info/LICENSE"]:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (target / "demo-1.0.dist-info" / "METADATA").write_text("Name: demo\\nVersion: 1.0\\n")
"""


@pytest.fixture
def replace_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that replaces the Python that runs pip by a program."""

    def replace(program: str) -> None:
        python = tmp_path / "python"
        python.write_text(program)
        python.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(python))

    return replace


def test_build_reports_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace_pip: Callable[[str], None]
) -> None:
    """At its start; the zip holds the pinned package and its bytecode."""
    python = sys.executable
    steps: list[str] = []
    (tmp_path / "requirements.txt").write_text(_DEMO_PIN)
    monkeypatch.setattr(build, "PINS", tmp_path / "requirements.txt")
    monkeypatch.setattr(build, "WORK", tmp_path / "work")
    replace_pip(f"#!{python}\nUNUSED = {build.UNUSED_PATHS!r}{_DEMO_PIP}")
    build.build(tmp_path / "build", tmp_path / "layer.zip", python=python, show=steps.append)
    assert steps == ["downloading 1 packages", "installing them", "compiling them", "zipping"]
    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        names = [name for name in archive.namelist() if name.startswith("demo")]
        assert archive.read("third-party-licences/demo-1.0") == b"demo-1.0.dist-info/LICENSE"
    assert names == ["demo/__init__.py", f"demo/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"]


@pytest.mark.usefixtures("layer")
def test_terminal_shows_each_step(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error."""

    def ensure(show: Any) -> bool:
        show("downloading 3 packages")
        return True

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(build, "ensure", ensure)
    assert build.main([]) == 0
    captured = capsys.readouterr()
    assert "downloading 3 packages" in captured.err
    assert "unchanged" not in captured.out


_NO_MATCH = """WARNING: Retrying (Retry(total=0, connect=None, read=None)) after connection broken
ERROR: Could not find a version that satisfies the requirement certifi==2025.1.1 (from versions: none)
ERROR: No matching distribution found for certifi==2025.1.1
"""
_HASHES = """ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated
    certifi==2025.1.1:
        Expected sha256 aaaa
"""


@pytest.mark.parametrize(
    ("output", "reason", "next_step"),
    [
        (
            _NO_MATCH,
            "pip download: No matching distribution found for certifi==2025.1.1\n",
            "fix that; then try again.",
        ),
        (_HASHES, "pip download: a file is not the pinned one", "pin again with `make lock`"),
        ("/usr/bin/python3: No module named pip\n", "pip download: this Python has no pip", "-m ensurepip` adds it"),
        ("something else\n", "pip download: something else\n", "try again"),
    ],
)
def test_pip_failure_is_explained_in_two_lines(
    output: str,
    reason: str,
    next_step: str,
    replace_pip: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The reason and the next step; the status is 2."""
    replace_pip(f"#!/bin/sh\ncat <<'END'\n{output}END\nexit 1\n")
    monkeypatch.setattr(build, "ensure", lambda _: pip.pip("download"))
    assert build.main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {reason}")
    assert next_step in captured.err
    assert captured.err.count("\n") <= 2


@pytest.mark.parametrize(("end", "ending"), [("exit 3", "exit status 3"), ("kill -9 $$", "signal 9")])
def test_silent_pip_failure_is_explained(
    end: str,
    ending: str,
    replace_pip: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By its exit status or signal, without the long command."""
    replace_pip(f"#!/bin/sh\n{end}\n")
    monkeypatch.setattr(build, "ensure", lambda _: pip.pip("download", "--dest", "/nonexistent"))
    assert build.main([]) == 2
    reason, next_step = capsys.readouterr().err.splitlines()
    assert reason == f"error: pip download: it ended with {ending} and printed nothing."
    assert next_step == f"See whether `{sys.executable} -m pip --version` works and memory is free; then try again."


def test_unknown_package_is_explained(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By the real pip."""
    monkeypatch.setattr(
        build, "ensure", lambda _: pip.pip("download", "--no-index", "--dest", "/nonexistent", "certifi==0")
    )
    assert build.main([]) == 2
    assert capfd.readouterr().err.startswith("error: pip download: ")
