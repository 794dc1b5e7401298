"""Pages written by hand, with parts that are made.

A part stands between the lines `<!-- make generate: NAME -->` and `<!-- make generate: end -->`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from models import PROJECT
from models.mistake import ModelMistake

if TYPE_CHECKING:
    from collections.abc import Mapping

END = "<!-- make generate: end -->"

_PART = re.compile(rf"^(<!-- make generate: (\w+) -->\n).*?^{END}$", re.DOTALL | re.MULTILINE)


def fill(path: str, parts: Mapping[str, str]) -> str:
    """Return the page at a path of the project with each of its parts made anew, by name.

    Raise ModelMistake where the page has no place for a part, or one for a part that nobody makes.
    """
    page = (PROJECT / path).read_text(encoding="utf-8")
    places = [match[2] for match in _PART.finditer(page)]
    for name in parts:
        if places.count(name) != 1:
            lines = f"<!-- make generate: {name} --> … {END}"
            raise ModelMistake(f"{path} must have {lines} once: put the two lines where the generated part belongs")
    if strange := set(places) - parts.keys():
        raise ModelMistake(f"{path} has a place for {min(strange)}, which is not made: take the two lines out")
    return _PART.sub(lambda match: f"{match[1]}\n{parts[match[2]]}\n{END}", page)
