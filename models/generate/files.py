"""Generated files, compared with the project and written to it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from models import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# other folders with generated files contain nothing else
_MIXED_FOLDERS = {"docs", "ci_callback_results/tags"}


def stale(wanted: Mapping[str, str], project: Path = PROJECT) -> list[str]:
    """Return the paths that are missing or different in the project, or that should not exist."""
    different = {path for path, text in wanted.items() if _read(project / path) != text}
    return sorted(different | _unexpected(wanted, project))


def update(wanted: Mapping[str, str], project: Path = PROJECT) -> list[str]:
    """Write the texts and delete unexpected files; return the paths that changed."""
    changed = stale(wanted, project)
    for path in changed:
        target = project / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path], encoding="utf-8")
        else:
            target.unlink()
    importlib.invalidate_caches()  # modules may be among them
    return changed


def _unexpected(wanted: Mapping[str, str], project: Path) -> set[str]:
    folders = {path.rpartition("/")[0] for path in wanted} - _MIXED_FOLDERS
    present = {path.relative_to(project).as_posix() for folder in folders for path in (project / folder).glob("*.*")}
    return present - wanted.keys()


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
