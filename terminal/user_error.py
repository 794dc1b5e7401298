"""Errors that the user can fix, and suggestions for misspelled names."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UserError(Exception):
    """An error whose message is one or two lines, the problem and the next step."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Return "did you mean A or B?" with the most similar names, "" if there are none."""
    known = {each.lower(): each for each in names}
    close = [known[each] for each in difflib.get_close_matches(name.lower(), known, n=3)]
    return f"did you mean {' or '.join(close)}?" if close else ""
