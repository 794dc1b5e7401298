"""The pages that people read, as the tests of them read them."""

from __future__ import annotations

import re

from tests import ROOT

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]


def page(name: str) -> str:
    """Return a page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def parts(text: str) -> list[str]:
    """Return what blank lines part in a page; a code block is one, also in a list."""
    return re.findall(r"^ *```.*\n(?:.*\n)*? *```$|^(?! *```).+(?:\n(?! *```).+)*", text, re.MULTILINE)


def is_code(part: str) -> bool:
    """Whether a part is a code block, between fences or indented."""
    return part.lstrip().startswith("```") or part.startswith("    ")


def prose(text: str) -> str:
    """Return a page without its code blocks."""
    return "\n\n".join(part for part in parts(text) if not is_code(part))


def links(text: str) -> list[str]:
    """Return what a page links to, in its order."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def anchors(text: str) -> list[str]:
    """Return the anchors of a page's headings, in their order."""
    return [anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)]


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
