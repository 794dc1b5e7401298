"""Mutants: small defects of the handler, one file each in tests/long/mutants/, and the tests that must catch them."""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HANDLER = ROOT / "handler"
_FOLDER = ROOT / "tests" / "long" / "mutants"


@dataclass(frozen=True)
class Edit:
    """Whole lines of a file of the handler, at any indentation, and the lines of the mutant in their place."""

    file: str
    old: str
    new: str

    def of(self, source: str) -> str:
        """Return the source with the mutant's lines; fail unless it has the old lines exactly once."""
        lines = re.compile(r"^( *)" + r"\n\1".join(map(re.escape, self.old.splitlines())) + "$", re.MULTILINE)
        found = len(lines.findall(source))
        assert found == 1, (
            f"{self.file} has these lines {found} times instead of once; "
            f"bring the mutant up to date with the handler:\n{self.old}"
        )
        return lines.sub(lambda match: textwrap.indent(self.new.rstrip(), match[1]), source)

    def apply(self, handler: Path) -> None:
        """Change the file."""
        path = handler / self.file
        path.write_text(self.of(path.read_text(encoding="utf-8")), encoding="utf-8")
        for bytecode in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            bytecode.unlink()  # it is valid by time and size, which the edit may leave as they are


@dataclass(frozen=True)
class Mutant:
    """One defect: the promise it breaks, its edits, and the tests that must fail."""

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    caught_by: tuple[str, ...]


def _read(path: Path) -> Mutant:
    text = path.read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)  # ten times as fast as the one in Python
    edits = tuple(Edit(**edit) for edit in content.pop("edits"))
    return Mutant(name=path.stem, edits=edits, caught_by=tuple(content.pop("caught_by")), **content)


MUTANTS = {path.stem: _read(path) for path in sorted(_FOLDER.glob("*.yml"))}


# No defect: a batch then takes longer than the function's time on a slow COS.
ONE_AT_A_TIME = Edit("ci_callback/lanes.py", "MOST_AT_ONCE = 16  # parts, each with a connection", "MOST_AT_ONCE = 1")


def copy_of_the_handler(folder: Path, edits: Iterable[Edit] = ()) -> Path:
    """Return a copy of handler/ with the edits made."""
    handler = folder / "handler"
    shutil.copytree(HANDLER, handler)
    for edit in edits:
        edit.apply(handler)
    return handler
