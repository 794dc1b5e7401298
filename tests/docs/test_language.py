"""Docstrings, comments and pages are plain English: few words of the list, few sentences that begin with a clause."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from tests import ROOT
from tests.support import pages
from tests.support.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Words that make a text read like a translation: "log", "return", "store", "fix", "again" and "arrive" are plainer.
PRIVATE_WORD = re.compile(
    r"\b(told|tells?|telling|says|said|saying|mend(?:s|ed|ing|able)?|anew|comes?|came|coming|lies?|lay|lying|stands?"
    r"|stood|standing|whatever|whoever|nobody|somebody|of (?:ours|CI's|COS's|theirs)|as (?:they|it) came)\b",
    re.IGNORECASE,
)
# A sentence whose subject is a clause, and no question.
CLAUSE = re.compile(
    r"\W*(what|who|whom|whose|whether|which|whoever|whatever)\b(?![^.?!]*\?)",
    re.IGNORECASE,
)
LIMITS = {"private words": 1.0, "clauses as subjects": 1.2}  # per 1,000 words


def prose(source: str) -> Iterator[str]:
    """Yield each docstring and each comment of a module, without code and addresses."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield without_code(ast.get_docstring(node, clean=False) or "")
    comments = [
        (token.start[0], token.string.lstrip("# "))
        for token in tokenize.generate_tokens(io.StringIO(source if "# " in source else "").readline)
        if token.type == tokenize.COMMENT
    ]
    for _, block in groupby(enumerate(comments), key=lambda each: each[1][0] - each[0]):  # of consecutive lines
        yield without_code(" ".join(text for _, (_, text) in block))


def without_code(text: str) -> str:
    """Replace code and addresses, which are no prose."""
    return re.sub(r"`[^`]*`|https?://\S+", "X", text)


def count(texts: Iterable[str]) -> Counter[str]:
    """Count the words of texts, and of them those that LIMITS names."""
    counted: Counter[str] = Counter()
    for text in texts:
        sentences = re.split(r"(?<=[.;:!?])\s+|\n\n|\n(?=- )", text)
        counted["words"] += len(re.findall(r"[A-Za-z][\w'-]*", text))
        counted["private words"] += len(PRIVATE_WORD.findall(text))
        counted["clauses as subjects"] += sum(CLAUSE.match(sentence) is not None for sentence in sentences)
    return counted


@pytest.fixture(scope="module")
def python(files: list[str]) -> dict[str, Counter[str]]:
    """Return the counts of each Python file that is not generated."""
    return {name: count(prose(page(name))) for name in files if name.endswith(".py") and "/shapes/" not in name}


@pytest.fixture(scope="module")
def markdown() -> dict[str, Counter[str]]:
    """Return the counts of each English page that is not generated for a Tag."""
    names = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md") if ".zh-CN" not in path.name),
    ]
    return {name: count([without_code(pages.prose(page(name)))]) for name in names}


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("source", ["python", "markdown"])
def test_prose_is_plain_english(source: str, kind: str, request: pytest.FixtureRequest) -> None:
    """Of all files of a kind together; a failure names the files with most of them."""
    counts: dict[str, Counter[str]] = request.getfixturevalue(source)
    share = 1000 * sum(each[kind] for each in counts.values()) / sum(each["words"] for each in counts.values())
    worst = Counter({name: each[kind] for name, each in counts.items() if each[kind]}).most_common(10)
    assert share < LIMITS[kind], f"{share:.2f} {kind} per 1,000 words; most of them in {worst}"


def test_private_words_and_clauses_are_counted() -> None:
    """In docstrings and comments, and not in code."""
    source = (
        '"""What comes is told. Is it? `tell` https://said.example."""\n# Whoever\n# came.\ntell = 1  # Which one?\n'
    )
    assert count(prose(source)) == {"words": 12, "private words": 4, "clauses as subjects": 2}


def test_pages_are_counted_by_sentence_item_and_heading() -> None:
    """A question is no clause, and code is no prose."""
    text = (
        "## What is it?\n\n## What it is\n\n- Who came.\n- Whether `said`.\n\n    what is said\n\nA page; which is one."
    )
    assert count([without_code(pages.prose(text))]) == {"words": 15, "private words": 1, "clauses as subjects": 4}
