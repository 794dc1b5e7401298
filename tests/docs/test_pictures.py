"""The pictures of the pages: Mermaid that renders, with the names and imports of the code."""

from __future__ import annotations

import ast
import functools
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from ci_callback.config.settings import VARIABLES
from tests import ROOT
from tests.support.pages import PAGES, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FUNCTION = ROOT / "handler" / "ci_callback"
OPEN_TO_ALL = {"log", "delivery", "errors"}
PICTURES = [
    (path.relative_to(ROOT).as_posix(), text)
    for path in PAGES
    for text in blocks(path.relative_to(ROOT).as_posix(), "mermaid")
    if text.startswith(("flowchart", "sequence"))  # a chart of figures has its own test
]

# The part of Mermaid's grammar that the pictures use: quoted labels in a flowchart, and no `;` or `#` elsewhere.
NODE = r'(\w+)(?:\["[^"]+"\])?'
FLOWCHART = re.compile(rf'{NODE} -->(?:\|"[^"]+"\|)? {NODE}')
MESSAGE = re.compile(r"(\w+)(--?>>)(\w+): [^;#]+")
BLOCK = re.compile(r"(participant|loop|opt) ([^;#]+)|(end)")


class Arrow(NamedTuple):
    """A line from one name to another; an answer is a dashed one."""

    start: str
    end: str
    is_answer: bool = False


def flowchart(text: str) -> list[Arrow]:
    """Return the arrows of a flowchart."""
    head, *lines = text.splitlines()
    assert re.fullmatch(r"flowchart (TD|LR)", head)
    found = [FLOWCHART.fullmatch(line.strip()) for line in lines]
    assert None not in found, lines[found.index(None)]
    return [Arrow(each[1], each[2]) for each in found if each]


def sequence(text: str) -> list[Arrow]:
    """Return the messages of a sequence diagram, whose blocks end and whose participants are declared."""
    head, *lines = text.splitlines()
    assert head == "sequenceDiagram"
    messages, participants, open_blocks = [], set(), 0
    for line in lines:
        if block := BLOCK.fullmatch(line.strip()):
            open_blocks += {"participant": 0, "end": -1}.get(block[1] or block[3], 1)
            participants |= {block[2]} if block[1] == "participant" else set()
            assert open_blocks >= 0
            continue
        message = MESSAGE.fullmatch(line.strip())
        assert message, line
        messages.append(Arrow(message[1], message[3], is_answer=message[2] == "-->>"))
    assert open_blocks == 0
    assert participants == {name for each in messages for name in each[:2]}
    return messages


def package(path: Path) -> str:
    """Return the package of a module, or its own name at the root of the function."""
    return path.relative_to(FUNCTION).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the packages of the function that a module imports, also lazily."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        above = ["ci_callback", *path.relative_to(FUNCTION).parts[: -node.level]] if node.level else []
        parts = [*above, *(node.module or "").split(".")] if node.module else above
        yield from (parts[1:2] or [alias.name for alias in node.names]) if parts[0] == "ci_callback" else ()


@functools.cache
def imports() -> set[tuple[str, str]]:
    """Return the imports between packages of the function, but those of modules that are open to all."""
    found = {(package(path), name) for path in FUNCTION.rglob("*.py") for name in imported(path)}
    return {(a, b) for a, b in found if a != b and not {a, b} & {*OPEN_TO_ALL, "__init__", "__version__"}}


def reachable(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return each pair of names with a path from the first to the second."""
    while further := {(a, d) for a, b in arrows for c, d in arrows if b == c} - arrows:
        arrows |= further
    return arrows


@pytest.mark.parametrize(("name", "text"), PICTURES)
def test_picture_is_mermaid(name: str, text: str) -> None:
    """Each line is in the grammar above."""
    assert (sequence if text.startswith("sequence") else flowchart)(text), name


def test_readme_and_architecture_have_pictures() -> None:
    """One of the whole in both languages, one of a delivery, one of the packages."""
    names = [name for name, _ in PICTURES]
    assert names == ["README.md", "README.zh-CN.md", "docs/architecture.md", "docs/architecture.md"]


def test_picture_of_the_packages_is_their_imports() -> None:
    """Each arrow is an import, and each import is a path of arrows."""
    _, text = blocks("docs/architecture.md", "mermaid")
    arrows = {each[:2] for each in flowchart(text)}
    assert arrows <= imports()
    assert imports() <= reachable(set(arrows))


def test_picture_of_a_delivery_calls_what_is_imported() -> None:
    """An answer goes back to the caller."""
    text, _ = blocks("docs/architecture.md", "mermaid")
    calls: set[tuple[str, str]] = set()
    for start, end, is_answer in sequence(text):
        if is_answer:
            assert (end, start) in calls
            continue
        calls.add((start, end))
        if {start, end} & {"CI", "COS"}:
            assert (start, end) in {("CI", "function"), ("results", "COS")}
            continue
        assert (start, end) in imports()


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_picture_of_the_readme_has_the_default_keys(name: str) -> None:
    """Of a result, by the recorded event, and of dead letters."""
    (text,) = blocks(name, "mermaid")
    assert '"input/test.mp3.SoundHound.json"' in text
    assert (
        (ROOT / "events/function-url-xml-success.expected.json")
        .read_text(encoding="utf-8")
        .count('"input/test.mp3.SoundHound.json"')
    )
    assert f'"{VARIABLES["DEAD_LETTER"].default}…"' in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("flowchart", 'flowchart TD\n    a["A" --> b'),
        ("flowchart", "flowchart TD\n    a --- b"),
        ("sequence", "sequenceDiagram\n    participant a\n    participant b\n    loop x\n    a->>b: c"),
        ("sequence", "sequenceDiagram\n    participant a\n    a->>b: c"),
    ],
)
def test_broken_picture_is_noticed(name: str, text: str) -> None:
    """An open bracket, an unknown arrow, an open block, an unknown participant."""
    with pytest.raises(AssertionError):
        (sequence if name == "sequence" else flowchart)(text)
