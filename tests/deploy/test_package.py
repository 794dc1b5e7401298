"""`make package`: every package and their checksums, the same bytes each time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from deploy import package, results
from layers import build, bytecode, runtime
from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the zip of a layer that is up to date."""
    archive = tmp_path / "ci-callback-layer.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("six.py", "")
    monkeypatch.setattr(build, "ARCHIVE", archive)
    monkeypatch.setattr(build, "ensure", lambda _: False)
    monkeypatch.setattr(runtime, "find_python", lambda: None)
    monkeypatch.setattr(runtime, "provide_python", lambda _: "")
    return archive


def test_dist_has_every_package_and_its_sum(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`sha256sum -c` accepts them, and the command prints them."""
    dist = tmp_path / "dist"
    monkeypatch.setattr(package, "DIST", dist)
    assert package.main() == 0
    captured = capsys.readouterr()
    assert captured.out == (dist / "SHA256SUMS").read_text()
    assert "no Python 3.10 found" in captured.err
    assert (dist / "layer.zip").read_bytes() == layer.read_bytes()
    checked = subprocess.run(
        [shutil.which("sha256sum") or "sha256sum", "-c", "SHA256SUMS"],
        cwd=dist,
        capture_output=True,
        text=True,
        check=True,
    )
    names = ("function.zip", "layer.zip", results.WHEEL, results.ARCHIVE)
    assert checked.stdout.splitlines() == [f"{name}: OK" for name in names]


@pytest.mark.usefixtures("layer")
def test_package_of_a_function_has_its_handler_in_the_root(tmp_path: Path) -> None:
    """The function's zip starts at `handler/`, without `.env` and foreign bytecode."""
    package.write(tmp_path / "dist", None)
    with zipfile.ZipFile(tmp_path / "dist" / "function.zip") as function:
        names = function.namelist()
    assert "index.py" in names
    assert [name for name in names if name.startswith("handler/") or ".env" in name or name.endswith(".pyc")] == []


def test_failed_build_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with exit status 2."""

    def fail(_: object) -> bool:
        raise bytecode.BuildError("pip download: no network")

    monkeypatch.setattr(build, "ensure", fail)
    assert package.main() == 2
    assert capsys.readouterr().err == "error: pip download: no network\n"


@pytest.mark.usefixtures("layer")
def test_packages_of_two_folders_are_the_same(tmp_path: Path) -> None:
    """At different times; tests of the layer compare the bytecode."""
    first = package.write(tmp_path / "one", None)
    os.utime(ROOT / "handler" / "index.py")
    assert package.write(tmp_path / "two", None) == first


def test_package_is_started_by_make() -> None:
    """Without a path to the function's folder."""
    assert "\t@$(BIN)/python -m deploy.package\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
    subprocess.run([sys.executable, "-c", "import deploy.package"], cwd=ROOT, check=True)
