"""Print the notes of a release, its section of CHANGELOG.md: `python -m deploy.notes v0.1.0`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from deploy import ROOT, VERSION
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence


class NotReleasableError(UserError):
    """Tag, version and changelog differ."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the notes of a tag; return 2 if it is not that of this version."""
    (tag,) = sys.argv[1:] if arguments is None else arguments
    try:
        print(notes(tag))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def notes(tag: str) -> str:
    """Return the section of a tag's version; raise NotReleasableError unless that is the version of the code."""
    if tag != f"v{VERSION}":
        raise NotReleasableError(f"the tag is {tag} and the version {VERSION}: change handler/ci_callback/__init__.py.")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(
        rf"^## {re.escape(VERSION)} - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None or not found[1].strip():
        raise NotReleasableError(f"CHANGELOG.md has no section `## {VERSION} - <date>`: add it before the tag.")
    return found[1].strip()


if __name__ == "__main__":
    sys.exit(main())
