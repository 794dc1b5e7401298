"""Markdown tables, and generated sections of pages that are otherwise written by hand.

A section is between the lines `<!-- make generate: NAME -->` and `<!-- make generate: end -->`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from models import PROJECT
from models.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

END = "<!-- make generate: end -->"

_SECTION = re.compile(rf"^(<!-- make generate: (\w+) -->\n).*?^{END}$", re.DOTALL | re.MULTILINE)


def fill(path: str, sections: Mapping[str, str]) -> str:
    """Return the page with its generated sections replaced; raise ModelError unless page and names agree."""
    page = (PROJECT / path).read_text(encoding="utf-8")
    found = sorted(match[2] for match in _SECTION.finditer(page))
    if found != sorted(sections):
        raise ModelError(f"{path} must have one section <!-- make generate: NAME --> … {END} for each of {[*sections]}")
    return _SECTION.sub(lambda match: f"{match[1]}\n{sections[match[2]]}\n{END}", page)


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    heading = list(columns)
    return "".join([_row(heading), f"{'|---' * len(heading)}|\n", *map(_row, rows)])


def _row(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in escaped)}|\n"
