"""Errors that a person can mend, and names that were nearly right."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class MendableError(Exception):
    """The message is one or two lines for a person: what is wrong, and what to do next."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Return "did you mean A or B?" with the names that are near, "" where none is."""
    known = {each.lower(): each for each in names}
    close = [known[each] for each in difflib.get_close_matches(name.lower(), known, n=3)]
    return f"did you mean {' or '.join(close)}?" if close else ""
