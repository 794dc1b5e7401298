"""Layer: the sizes of what ships, and a second build that must give the same bytes."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import digits
from bench.report import Table
from layers import build, runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.deployed import Site
    from bench.measure import Effort


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure layer and function, and count the files that differ in a second build of the layer."""
    parts = {path.name: _size(path) for path in site.ci_callback.layer.iterdir()}
    largest = sorted(parts.items(), key=lambda part: -part[1])[:8]
    return {
        "zipped_mb": _megabytes(build.ARCHIVE.stat().st_size),
        "unpacked_mb": _megabytes(sum(parts.values())),
        "function_zipped_mb": _megabytes((site.folder / "function.zip").stat().st_size),
        "function_unpacked_mb": _megabytes(_size(site.ci_callback.code_root)),
        "largest_mb": {name: _megabytes(size) for name, size in largest},
        "files_that_differ": _differing() if effort.rebuild else None,
    }


def _differing() -> int:
    """Build the layer again, elsewhere, and count the files that differ; the zip counts as one."""
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch) / "again.zip"
        build.build(Path(scratch) / "again", again, python=runtime.find_python())
        if again.read_bytes() == build.ARCHIVE.read_bytes():
            return 0
        return 1 + len(_contents(again) ^ _contents(build.ARCHIVE))


def _contents(archive: Path) -> set[tuple[str, int]]:
    with zipfile.ZipFile(archive) as opened:
        return {(entry.filename, entry.CRC) for entry in opened.infolist()}


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(_size(inner) for inner in path.iterdir())


def _megabytes(size: int) -> float:
    return digits(size / 1e6)


def table(figures: Mapping[str, Any]) -> Table:
    """Format rows for the layer, the function and the largest packages."""
    rows: list[tuple[Any, ...]] = [
        ("layer", figures["zipped_mb"], figures["unpacked_mb"]),
        ("function", figures["function_zipped_mb"], figures["function_unpacked_mb"]),
        *((f"  {name}", None, size) for name, size in figures["largest_mb"].items()),
    ]
    return Table("Layer: what ships", ("", "zipped MB", "unpacked MB"), rows)
