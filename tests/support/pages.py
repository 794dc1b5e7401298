"""Readers of the Markdown pages, for their tests."""

from __future__ import annotations

import re

from tests import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def page(name: str) -> str:
    """Return a page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def parts(text: str) -> list[str]:
    """Split a page at blank lines; a code block is one part, also in a list."""
    return re.findall(r"^ *```.*\n(?:.*\n)*? *```$|^(?! *```).+(?:\n(?! *```).+)*", text, re.MULTILINE)


def is_code(part: str) -> bool:
    """Return whether a part is a code block, between fences or indented."""
    return part.lstrip().startswith("```") or part.startswith("    ")


def prose(text: str) -> str:
    """Return a page without its code blocks."""
    return "\n\n".join(part for part in parts(text) if not is_code(part))


def links(text: str) -> list[str]:
    """Return the targets of a page's links, in order."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def anchors(text: str) -> list[str]:
    """Return the anchors of a page's headings, in order."""
    return [anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)]


def sections(name: str, language: str) -> dict[str, str]:
    """Return the single code block of a language in each section, by the section's heading."""
    found = {}
    for section in re.split(r"^#+ ", page(name), flags=re.MULTILINE)[1:]:
        inside = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        if inside:
            (found[section.partition("\n")[0]],) = inside
    return found


def anchor(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
