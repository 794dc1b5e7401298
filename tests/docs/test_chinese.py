"""The pages in Chinese: as whole as the English ones, in one network with them, and set as Chinese is."""

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
each_page = pytest.mark.parametrize("chinese", CHINESE, ids=lambda path: path.name)

HAN = "[\u4e00-\u9fff]"


def read(path: Path) -> str:
    """Return a page's text."""
    return path.read_text(encoding="utf-8")


def english(path: Path) -> Path:
    """Return the page that a Chinese one is the translation of; an English one itself."""
    return path.with_name(path.name.replace(".zh-CN.md", ".md"))


def translation(path: Path) -> Path:
    """Return where a page's translation is, if there is one."""
    return path.with_name(f"{path.stem}.zh-CN.md")


def outline(text: str) -> list[list[str]]:
    """Return of each part what it is made of: headings by level, items, rows of a table, code, else text."""
    marks = re.compile(r"#+ |- |[0-9]+\. |\||<!--.*")
    return [
        ["code"]
        if is_code(part)
        else [found[0] for line in part.splitlines() if (found := marks.match(line))] or ["text"]
        for part in parts(text)
    ]


def code(text: str) -> list[str]:
    """Return what has to be the same of each code block: all that stands between fences, for people copy it."""
    return [part if "```" in part else shown(part) for part in parts(text) if is_code(part)]


def shown(line: str) -> str:
    """Return an indented line but for its language: the names in a diagram, else all but what placeholders say."""
    paths = re.compile(r"[\w./-]*[./-][\w./-]*", re.ASCII)
    return " ".join(paths.findall(line)) if "▶" in line else unnamed(line)


def names(text: str) -> list[Counter[str]]:
    """Return what stands in backquotes, section by section."""
    sections = re.split(r"^#+ ", prose(text), flags=re.MULTILINE)
    return [Counter(unnamed(" ".join(each.split())) for each in re.findall(r"`([^`]+)`", part)) for part in sections]


def unnamed(text: str) -> str:
    """Return a text whose placeholders have no names."""
    return re.sub(r"<[^<>]+>", "<>", text)


def destinations(path: Path) -> Counter[tuple[str, int]]:
    """Return where a page's links lead: the English page or the address, and which heading in it (-1 without one)."""
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
    """Return a page's prose as it is read: no marks, link targets and comments; a backquote for what is in them."""
    text = re.sub(r"<!--.*?-->|https?://[\w.:/-]+", "", re.sub(r"`[^`]+`", "`", prose(text)))
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)|\*+", r"\1", text)


def test_there_are_pages_in_chinese() -> None:
    """What users need is there in Chinese: the README, how to deploy, and what comes out."""
    names = {path.relative_to(ROOT).as_posix() for path in CHINESE}
    assert {"README.zh-CN.md", "docs/deployment.zh-CN.md", "docs/results.zh-CN.md"} <= names


@each_page
def test_nothing_is_left_out(chinese: Path) -> None:
    """Sections, paragraphs, lists and tables are those of the English page, to the item and the row."""
    assert outline(read(chinese)) == outline(read(english(chinese)))


@each_page
def test_the_code_is_the_same(chinese: Path) -> None:
    """Every command and example is that of the English page, whose tests therefore hold for both."""
    assert code(read(chinese)) == code(read(english(chinese)))


@each_page
def test_the_names_are_the_same(chinese: Path) -> None:
    """Settings, fields, permissions and commands are named in each section as in the English one, and as often."""
    assert names(read(chinese)) == names(read(english(chinese)))


@each_page
def test_links_lead_to_the_same_places(chinese: Path) -> None:
    """A link leads to the same page as its English one, in whichever language, and to the same section of it."""
    assert destinations(chinese) == destinations(english(chinese))


@each_page
def test_who_reads_chinese_stays_there(chinese: Path) -> None:
    """A link in a Chinese page leads to a Chinese page where there is one; only the first leads to the English."""
    _, *others = links(read(chinese))
    for link in others:
        target = chinese.parent / link.partition("#")[0]
        assert target.suffix != ".md" or not translation(target).exists(), (
            f"{link}: {translation(target).name} is there"
        )


@each_page
def test_both_languages_lead_to_each_other(chinese: Path) -> None:
    """Below its title each page of a pair links to the other."""
    assert parts(read(chinese))[1] == f"[English]({english(chinese).name})"
    assert parts(read(english(chinese)))[1] == f"[中文]({chinese.name})"


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
def test_the_page_is_set_as_chinese_is(chinese: Path, wrong: str) -> None:
    """Punctuation is full-width, and spaces stand between Chinese and Latin and nowhere else."""
    text = plain(read(chinese))
    found = [text[max(0, match.start() - 10) : match.end() + 10] for match in re.finditer(wrong, text)]
    assert not found
