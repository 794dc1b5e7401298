"""`make layer` as a person sees it: sizes, steps on a terminal, JSON, and what to do where it fails."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from layers import build, pip, report
from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project's folder with a layer that is up to date."""
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
    return tmp_path


@pytest.mark.usefixtures("layer")
def test_it_says_how_large_everything_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Zip, folder and the largest parts of it, and that nothing had to be built."""
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
def test_json_says_the_same_in_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one document and nothing else."""
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
def test_without_python310_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The layer is built all the same; what it lacks is said once, with the way to have it."""
    monkeypatch.setattr(build, "compile_handler", lambda _: False)
    assert build.main([]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("no Python 3.10 found") == 1
    assert "Install Python 3.10 or set PYTHON310." in captured.out
    assert captured.err == ""


_DEMO_PIN = "demo==1.0 --hash=sha256:00\n"
# A pip that has one package, with all that every build leaves out again.
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
def pip_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts a program of ours in the place of the Python that runs pip."""

    def put(program: str) -> None:
        python = tmp_path / "python"
        python.write_text(program)
        python.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(python))

    return put


def test_the_steps_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip_is: Callable[[str], None]) -> None:
    """Whoever builds is told each step as it begins, and in the end the zip holds what the pins need, compiled."""
    python = sys.executable
    told: list[str] = []
    (tmp_path / "requirements.txt").write_text(_DEMO_PIN)
    monkeypatch.setattr(build, "PINS", tmp_path / "requirements.txt")
    monkeypatch.setattr(build, "WORK", tmp_path / "work")
    pip_is(f"#!{python}\nUNUSED = {build.UNUSED_PATHS!r}{_DEMO_PIP}")
    build.build(tmp_path / "build", tmp_path / "layer.zip", python310=python, tell=told.append)
    assert told == ["downloading 1 packages", "installing them", "compiling them", "zipping"]
    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        names = [name for name in archive.namelist() if name.startswith("demo")]
        assert archive.read("third-party-licences/demo-1.0") == b"demo-1.0.dist-info/LICENSE"
    assert names == ["demo/__init__.py", f"demo/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"]


@pytest.mark.usefixtures("layer")
def test_a_terminal_shows_the_steps(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, where it is a terminal."""

    def ensure(tell: Any) -> bool:
        tell("downloading 3 packages")
        return True

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(build, "ensure", ensure)
    assert build.main([]) == 0
    captured = capsys.readouterr()
    assert "downloading 3 packages" in captured.err
    assert "unchanged" not in captured.out


def test_pip_alone_is_enough(layer: Path) -> None:
    """Where nothing of the development requirements is installed, the steps are not shown, and that is all."""
    program = f"""
import sys
sys.modules["rich"] = None
from pathlib import Path
from layers import build, report
report.ROOT = Path({str(layer)!r})
build.FOLDER, build.ARCHIVE = report.ROOT / "build", report.ROOT / "layer.zip"
build.ensure = lambda tell: tell("downloading")
build.compile_handler = lambda _: True
sys.exit(build.main([]))
"""
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("layer: layer.zip  1.50 MB zipped\n")


_NO_MATCH = """WARNING: Retrying (Retry(total=0, connect=None, read=None)) after connection broken
ERROR: Could not find a version that satisfies the requirement certifi==2025.1.1 (from versions: none)
ERROR: No matching distribution found for certifi==2025.1.1
"""
_HASHES = """ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated
    certifi==2025.1.1:
        Expected sha256 aaaa
"""


@pytest.mark.parametrize(
    ("said", "wrong", "what_next"),
    [
        (
            _NO_MATCH,
            "pip download: No matching distribution found for certifi==2025.1.1\n",
            "mend that; then try again.",
        ),
        (_HASHES, "pip download: a file is not the pinned one", "pin anew with `make lock`"),
        ("/usr/bin/python3: No module named pip\n", "pip download: this Python has no pip", "-m ensurepip` adds it"),
        ("something else\n", "pip download: something else\n", "try again"),
    ],
)
def test_what_pip_says_is_told_in_two_lines(
    said: str,
    wrong: str,
    what_next: str,
    pip_is: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of all that pip prints, what is wrong, and what to do next; the status is 2."""
    pip_is(f"#!/bin/sh\ncat <<'END'\n{said}END\nexit 1\n")
    monkeypatch.setattr(build, "ensure", lambda _: pip.pip("download"))
    assert build.main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {wrong}")
    assert what_next in captured.err
    assert captured.err.count("\n") <= 2


@pytest.mark.parametrize(("end", "how"), [("exit 3", "exit status 3"), ("kill -9 $$", "signal 9")])
def test_a_pip_that_dies_without_a_word_is_told(
    end: str,
    how: str,
    pip_is: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Then how it ended is all there is to say, and what to look at; not the long command that was run."""
    pip_is(f"#!/bin/sh\n{end}\n")
    monkeypatch.setattr(build, "ensure", lambda _: pip.pip("download", "--dest", "/nonexistent"))
    assert build.main([]) == 2
    wrong, what_next = capsys.readouterr().err.splitlines()
    assert wrong == f"error: pip download: it ended with {how} and said nothing."
    assert what_next == f"See whether `{sys.executable} -m pip --version` works and memory is free; then try again."


def test_a_package_that_is_nowhere_is_told(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The real pip, asked for what no index has, ends in the same two lines."""
    monkeypatch.setattr(
        build, "ensure", lambda _: pip.pip("download", "--no-index", "--dest", "/nonexistent", "certifi==0")
    )
    assert build.main([]) == 2
    assert capfd.readouterr().err.startswith("error: pip download: ")
