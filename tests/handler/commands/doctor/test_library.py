"""The findings about Python and the libraries of the layer."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from ci_callback.commands.doctor import library, tested
from tests import ROOT
from tests.support.pages import page

if TYPE_CHECKING:
    from pathlib import Path


def libraries() -> dict[str, str]:
    """Return the findings about the libraries, by level."""
    return {each.level: f"{each.message} {each.fix}" for each in library.versions() if each.check == "libraries"}


def layer(folder: Path, versions: dict[str, str]) -> Path:
    """Make a folder like that of a layer with these distributions."""
    licences = folder / "third-party-licences"
    licences.mkdir()
    for name, version in versions.items():
        (licences / f"{name.replace('-', '_')}-{version}").touch()
    return folder


def test_tested_versions_are_the_pinned_ones() -> None:
    """Those of requirements.txt that the layer includes, and the Pythons of ci.yml."""
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: version for name, version in pins if name != "pycryptodome"} == tested.LIBRARIES
    (matrix,) = re.findall(r"^ +python: (\[.*?\])", page(".github/workflows/ci.yml"), re.MULTILINE)
    runtime = re.findall(r"^  runtime: Python([0-9.]+)", page("serverless.yml"), re.MULTILINE)
    pythons = [*runtime, *re.findall(r'"([0-9.]+)"', matrix)]
    assert "needs.runtime.outputs.python" in matrix
    assert pythons == [".".join(map(str, version)) for version in tested.PYTHONS]


def test_layer_of_this_release_is_ok(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer has no metadata; its folder of licences names every distribution."""
    monkeypatch.setattr(sys, "path", [str(layer(tmp_path, tested.LIBRARIES))])
    assert libraries().keys() == {"ok"}


def test_layer_of_another_release_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each other library is named with both versions."""
    monkeypatch.setattr(sys, "path", [str(layer(tmp_path, {**tested.LIBRARIES, "six": "1.16.0"}))])
    assert "six 1.16.0 (tested: 1.17.0). Build and deploy the layer" in libraries()["warning"]


def test_missing_library_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It will be needed sooner or later."""
    known = {name: version for name, version in tested.LIBRARIES.items() if name != "six"}
    monkeypatch.setattr(sys, "path", [str(layer(tmp_path, known))])
    assert "lacks six" in libraries()["problem"]


def test_layer_without_versions_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make layer` did not build it."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert "not built by `make layer`" in libraries()["warning"]


@pytest.mark.parametrize(("version", "level"), [((3, 9, 0), "warning"), ((3, 10, 2), "ok"), ((3, 99, 0), "warning")])
def test_untested_python_is_a_warning(
    version: tuple[int, int, int], level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older or newer than that of the tests."""
    monkeypatch.setattr(sys, "version_info", version)
    assert [each.level for each in library.versions() if each.check == "python"] == [level]
