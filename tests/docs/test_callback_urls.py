"""The programs of docs/callback-urls.md are those that `python -m local snippet` prints, and it names each kind."""

from __future__ import annotations

import re

import pytest

from local.cli.snippet import KINDS, snippet
from tests.support.pages import blocks, page

PAGE = "docs/callback-urls.md"
URL = "https://1250000000-abcdefghij.ap-chongqing.tencentscf.com/<the token>"


@pytest.mark.parametrize(
    ("language", "fence", "kinds"),
    [("python", "python", ["media", "job", "review-video"]), ("node", "js", ["speech"])],
)
def test_shown_programs_are_printed(
    language: str, fence: str, kinds: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the kinds that the text before them names."""
    for kind in kinds:
        assert f"--kind {kind}" in page(PAGE)
        snippet(kind=kind, url=URL, language=language)
    assert capsys.readouterr().out == "".join(blocks(PAGE, fence))


def test_every_kind_is_named() -> None:
    """In the sentences and in the tables."""
    assert set(KINDS) <= set(re.findall(r"`(?:--kind )?([a-z-]+)`", page(PAGE)))
