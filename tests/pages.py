"""The pages that people read, as the tests of them read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]


def page(name: str) -> str:
    """Return a page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def sections(name: str, language: str) -> dict[str, str]:
    """Return the one code block in a language of each section that has it, by the section's heading."""
    found = {}
    for section in re.split(r"^#+ ", page(name), flags=re.MULTILINE)[1:]:
        inside = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        if inside:
            (found[section.partition("\n")[0]],) = inside
    return found


def anchor(heading: str) -> str:
    """Return the anchor a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
