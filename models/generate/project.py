"""All that is made from the models and from the function's settings, against what lies in the project."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from models import PROJECT
from models.catalog import catalog
from models.generate import configuration, events, pages, schemas, shapes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Nothing else lies in these folders.
_OURS = {shapes.FOLDER, schemas.FOLDER, pages.FOLDER, events.FOLDER}


def made() -> dict[str, str]:
    """Return every text under its path, but for what the events lead to, which only the function can say."""
    entries = catalog()
    return {
        **shapes.write(entries),
        **schemas.write(entries),
        **pages.write(entries),
        **events.write(entries),
        **configuration.write(),
    }


def stale(texts: Mapping[str, str], project: Path = PROJECT) -> list[str]:
    """Return the paths at which the project lacks a text or has another, and those where nothing belongs."""
    different = [path for path, text in texts.items() if _read(project / path) != text]
    return sorted({*different, *_strays(texts, project)})


def update(texts: Mapping[str, str], project: Path = PROJECT) -> list[str]:
    """Bring the texts to their places, take away what does not belong there; return the paths that changed."""
    changed = stale(texts, project)
    for path in changed:
        target = project / path
        if path in texts:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(texts[path], encoding="utf-8")
        else:
            target.unlink()
    importlib.invalidate_caches()  # modules may be among them
    return changed


def _strays(texts: Mapping[str, str], project: Path) -> set[str]:
    """Return what lies in the folders of the texts beside them."""
    folders = {path.rpartition("/")[0] for path in texts} & _OURS
    there = {path.relative_to(project).as_posix() for folder in folders for path in (project / folder).glob("*.*")}
    expected = {events.expected_path(path) for path in texts if path.startswith(events.FOLDER)}
    return there - texts.keys() - expected


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
