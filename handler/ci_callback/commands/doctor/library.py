"""Python and the libraries of the layer, against those that this release was tested with."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ci_callback.commands.finding import ok, problem, warning

from .tested import LIBRARIES, PYTHONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ci_callback.commands.finding import Finding

# The layer has no metadata of its distributions but this folder, with one file for each.
_LICENCES = "third-party-licences"

_FIX = "Build and deploy the layer, then the function: make layer; scf deploy --target layers; scf deploy."


def versions() -> Iterator[Finding]:
    """Check that Python and each library are those of the tests."""
    oldest, newest = PYTHONS
    if oldest <= sys.version_info[:2] <= newest:
        yield ok("python", "The function runs on a Python that it was tested with.")
    else:
        tested = f"{oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}"
        running = f"{sys.version_info[0]}.{sys.version_info[1]}"
        message = f"The function runs on Python {running}; it was tested with {tested}."
        yield warning("python", message, "Set runtime in serverless.yml to Python3.10, and deploy.")
    yield from _libraries(_in_the_layer())


def _libraries(layer: Mapping[str, str]) -> Iterator[Finding]:
    found = {name: layer.get(name) or _installed(name) for name in LIBRARIES}
    missing = [name for name, version in found.items() if version is None]
    others = [f"{name} {found[name]} (tested: {wanted})" for name, wanted in LIBRARIES.items() if found[name] != wanted]
    if len(missing) == len(found):
        yield warning("libraries", "No library has a known version: the layer was not built by `make layer`.", _FIX)
    elif missing:
        yield problem("libraries", f"The layer lacks {', '.join(missing)}.", _FIX)
    elif others:
        yield warning("libraries", f"The layer is of another release than the function: {'; '.join(others)}.", _FIX)
    else:
        yield ok("libraries", "Every library is the one that this release was tested with.")


def _in_the_layer() -> dict[str, str]:
    """Return the version of each distribution in the first layer on the path."""
    folders = [folder for entry in sys.path if (folder := Path(entry) / _LICENCES).is_dir()]
    names = [path.name.rpartition("-") for folder in folders[:1] for path in folder.iterdir()]
    return {name.replace("_", "-").lower(): version for name, _, version in names}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
