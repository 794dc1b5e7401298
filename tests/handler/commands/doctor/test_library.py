"""What the doctor says of Python and of the libraries it runs on."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from ci_callback.commands.doctor import library, tested
from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def libraries() -> dict[str, str]:
    """Return what the doctor says of the libraries, by level."""
    return {each.level: f"{each.message} {each.fix}" for each in library.versions() if each.check == "libraries"}


def layer(folder: Path, versions: dict[str, str]) -> Path:
    """Make a folder like that of a layer with these distributions."""
    licences = folder / "third-party-licences"
    licences.mkdir()
    for name, version in versions.items():
        (licences / f"{name.replace('-', '_')}-{version}").touch()
    return folder


def test_what_was_tested_is_what_is_pinned() -> None:
    """The release knows the versions of requirements.txt, but for what the layer leaves out, and the Pythons of CI."""
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: version for name, version in pins if name != "pycryptodome"} == tested.LIBRARIES
    workflow_text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert str([".".join(map(str, version)) for version in tested.PYTHONS]).replace("'", '"') in workflow_text.replace(
        "'", '"'
    )


def test_the_layer_tells_its_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer has no metadata; the folder with the licences names every distribution in it."""
    monkeypatch.setattr(sys, "path", [str(layer(tmp_path, tested.LIBRARIES))])
    assert libraries().keys() == {"ok"}


def test_a_layer_of_another_release_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of another version than tested is named with both."""
    monkeypatch.setattr(sys, "path", [str(layer(tmp_path, {**tested.LIBRARIES, "six": "1.16.0"}))])
    assert "six 1.16.0 (tested: 1.17.0). Build and deploy the layer" in libraries()["warning"]


def test_a_library_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that lacks something fails sooner or later."""
    known = {name: version for name, version in tested.LIBRARIES.items() if name != "six"}
    monkeypatch.setattr(sys, "path", [str(layer(tmp_path, known))])
    assert "lacks six" in libraries()["problem"]


def test_without_any_version_the_layer_is_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing tells a version, that is said."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert "no layer of ours" in libraries()["warning"]


@pytest.mark.parametrize(("version", "level"), [((3, 9, 0), "warning"), ((3, 10, 2), "ok"), ((3, 99, 0), "warning")])
def test_a_python_that_was_not_tested_is_told(
    version: tuple[int, int, int], level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older or newer than what the tests run on."""
    monkeypatch.setattr(sys, "version_info", version)
    assert [each.level for each in library.versions() if each.check == "python"] == [level]
