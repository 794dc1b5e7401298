"""The sizes of layer and function, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers import ROOT
from layers.runtime import no_bytecode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_NAMED = 5


@dataclass(frozen=True)
class Report:
    """The layer that exists now, with sizes in bytes."""

    archive: str
    zipped: int
    folder: str
    unpacked: int
    largest: dict[str, int]  # in the folder
    built: bool  # False if nothing had changed
    bytecode: bool  # False without SCF's Python

    def lines(self, missing: str = "") -> Iterator[str]:
        """Yield the report as text; `missing` is the reason why there is no Python that could make bytecode."""
        yield f"layer: {self.archive}  {_megabytes(self.zipped)} zipped"
        yield f"       {self.folder}/  {_megabytes(self.unpacked)} unpacked"
        for name, size in self.largest.items():
            yield f"       {_megabytes(size):>9}  {name}"
        if not self.built:
            yield "       unchanged, nothing was built"
        yield "function: handler/  bytecode for its next upload" if self.bytecode else no_bytecode(missing)


def report(folder: Path, archive: Path, *, built: bool, compiled: bool) -> Report:
    """Measure the layer and its largest packages."""
    largest = sorted(((_size(path), path.name) for path in folder.iterdir()), reverse=True)[:_MOST_NAMED]
    return Report(
        archive=str(archive.relative_to(ROOT)),
        zipped=archive.stat().st_size,
        folder=str(folder.relative_to(ROOT)),
        unpacked=_size(folder),
        largest={name: size for size, name in largest},
        built=built,
        bytecode=compiled,
    )


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB"
