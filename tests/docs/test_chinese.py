"""Chinese pages: complete, linked with the English ones, typeset by Chinese rules."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests import ROOT
from tests.support.pages import (
    PAGES,
    anchors,
    is_code,
    links,
    parts,
    prose,
)

if TYPE_CHECKING:
    from pathlib import Path

CHINESE = [path for path in PAGES if path.name.endswith(".zh-CN.md")]
FOR_DEVELOPERS = {"CONTRIBUTING", "CHANGELOG", "SECURITY", "architecture", "adding-a-tag"}
SUMMARY = ROOT / "docs" / "guarantees.zh-CN.md"  # of an English page that is mostly for people who read tests
each_page = pytest.mark.parametrize("chinese", CHINESE, ids=lambda path: path.name)
each_translation = pytest.mark.parametrize(
    "chinese", [path for path in CHINESE if path != SUMMARY], ids=lambda path: path.name
)

HAN = "[\u4e00-\u9fff]"


def read(path: Path) -> str:
    """Return the text of a page."""
    return path.read_text(encoding="utf-8")


def english(path: Path) -> Path:
    """Return the English page of a Chinese one, and any other page unchanged."""
    return path.with_name(path.name.replace(".zh-CN.md", ".md"))


def translation(path: Path) -> Path:
    """Return the path of a page's translation, which may not exist."""
    return path.with_name(f"{path.stem}.zh-CN.md")


def outline(text: str) -> list[list[str]]:
    """Return the markup of each part: headings by level, list items, table rows, code, else text."""
    marks = re.compile(r"#+ |- |[0-9]+\. |\|")
    return [
        ["code"]
        if is_code(part)
        else [found[0] for line in part.splitlines() if (found := marks.match(line))] or ["text"]
        for part in parts(text)
        if not part.startswith("<!--")
    ]


def code(text: str) -> list[str]:
    """Return the language-independent text of each code block: all of a fenced one, since people copy it."""
    return [
        part if "```" in part and "```mermaid" not in part else shown(part) for part in parts(text) if is_code(part)
    ]


def shown(text: str) -> str:
    """Strip the words of a picture, but no name of an object, and those of placeholders."""
    picture = re.sub(r'"([^"]*)"', lambda label: f'"{label[1] if "/" in label[1] else ""}"', text)
    return picture if "```mermaid" in text else unnamed(text)


def names(text: str) -> list[Counter[str]]:
    """Count the code words of each section."""
    sections = re.split(r"^#+ ", prose(text), flags=re.MULTILINE)
    return [Counter(unnamed(" ".join(each.split())) for each in re.findall(r"`([^`]+)`", part)) for part in sections]


def numbers(text: str) -> list[Counter[str]]:
    """Count the numbers in each section's prose and tables."""
    sections = re.split(r"^#+ ", plain(text), flags=re.MULTILINE)
    return [Counter(re.findall(r"[0-9]+(?:,[0-9]{3})*", section)) for section in sections]


def unnamed(text: str) -> str:
    """Remove the names of placeholders."""
    return re.sub(r"<[^<>]+>", "<>", text)


def destinations(path: Path) -> Counter[tuple[str, int]]:
    """Count a page's link targets: the English page or URL, and the number of the heading in it or -1."""
    found: Counter[tuple[str, int]] = Counter()
    for link in links(read(path)):
        name, _, heading = link.partition("#")
        if link.startswith("https:"):
            found[link, -1] += 1
            continue
        target = (path.parent / name).resolve() if name else path
        place = anchors(read(target)).index(heading) if heading else -1
        found[english(target).relative_to(ROOT).as_posix(), place] += 1
    return found


def plain(text: str) -> str:
    """Return a page's prose without markup, link targets and comments, and with a backquote for each code word."""
    text = re.sub(r"<!--.*?-->|https?://[\w.:/-]+", "", re.sub(r"`[^`]+`", "`", prose(text)))
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)|\*+", r"\1", text)


def test_pages_for_users_are_translated() -> None:
    """Every page but those for people who change the code, and the tables that are generated for each Tag."""
    pages = {
        path
        for path in PAGES
        if path.parent in {ROOT, ROOT / "docs"} and path.stem.partition(".")[0] not in FOR_DEVELOPERS
    }
    assert {english(path) for path in pages} == {english(path) for path in CHINESE}


@each_translation
def test_chinese_outline_matches_english(chinese: Path) -> None:
    """Sections, paragraphs, list items and table rows correspond to the English page."""
    assert outline(read(chinese)) == outline(read(english(chinese)))


@each_translation
def test_chinese_code_blocks_match_english(chinese: Path) -> None:
    """Commands and examples are those of the English page, so its tests hold for both."""
    assert code(read(chinese)) == code(read(english(chinese)))


@each_translation
def test_chinese_code_words_match_english(chinese: Path) -> None:
    """Settings, fields, permissions and commands occur in each section as often as in the English one."""
    assert names(read(chinese)) == names(read(english(chinese)))


@each_translation
def test_chinese_numbers_match_english(chinese: Path) -> None:
    """Each limit of an English section is in the Chinese one."""
    pairs = zip(numbers(read(english(chinese))), numbers(read(chinese)), strict=True)
    assert [missing for wanted, found in pairs if (missing := wanted - found)] == []


@each_translation
def test_chinese_links_match_english(chinese: Path) -> None:
    """A link has the same target as its English counterpart: the same page in either language, the same section."""
    assert destinations(chinese) == destinations(english(chinese))


@each_page
def test_chinese_links_prefer_chinese_pages(chinese: Path) -> None:
    """A Chinese page links to English only for the language switch and untranslated pages."""
    _, *others = links(read(chinese))
    for link in others:
        target = chinese.parent / link.partition("#")[0]
        assert target.suffix != ".md" or not translation(target).exists(), (
            f"{link}: {translation(target).name} is there"
        )


@each_page
def test_translations_link_to_each_other(chinese: Path) -> None:
    """Each page of a pair links to the other below its title."""
    assert parts(read(chinese))[1] == f"[English]({english(chinese).name})"
    assert parts(read(english(chinese)))[1] == f"[中文]({chinese.name})"


def test_summary_agrees_with_its_page() -> None:
    """It has the same sections and table rows, and no code word or number that is not in the English section."""
    chinese, whole = read(SUMMARY), read(english(SUMMARY))
    rows = re.compile(r"^(?:## [0-9]+|\|)", re.MULTILINE)
    assert rows.findall(chinese) == rows.findall(whole)
    for count in (names, numbers):
        pairs = zip(count(chinese), count(whole), strict=True)
        assert [added for found, given in pairs if (added := found.keys() - given.keys())] == []


@each_page
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(rf"{HAN}[,;:!?()]|[,;:!?()]{HAN}", id="half-width punctuation in a Chinese sentence"),
        pytest.param(rf"{HAN}[A-Za-z0-9`]|[A-Za-z0-9`%]{HAN}", id="no space between Chinese and Latin"),
        pytest.param(
            r"(?<=[^|\s]) [，。：；！？、（）]|[，。：；！？、（）] (?=[^|\s])",
            id="a space beside full-width punctuation",
        ),
        pytest.param(rf"{HAN}\n *{HAN}", id="a line that ends within Chinese text, which shows as a space"),
    ],
)
def test_chinese_typesetting_is_correct(chinese: Path, wrong: str) -> None:
    """Punctuation is full-width, and spaces separate Chinese from Latin only."""
    text = plain(read(chinese))
    found = [text[max(0, match.start() - 10) : match.end() + 10] for match in re.finditer(wrong, text)]
    assert not found
