"""docs/performance.md has the figures of bench/results/bench.json."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from defusedxml import ElementTree

from bench import __main__ as bench
from bench import page
from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path

RECORD = json.loads(bench.RESULTS.read_text(encoding="utf-8"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with the pages and the chart."""
    (tmp_path / "docs").mkdir()
    for name in (*page.PAGES, page.CHART):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_pages_and_chart_have_the_committed_figures(copy: Path) -> None:
    """Otherwise: `python -m bench --docs`."""
    assert page.update(copy, RECORD) == []


def test_other_run_changes_pages_and_chart(copy: Path) -> None:
    """Each figure where it is read, and the bar of the chart."""
    other = json.loads(json.dumps(RECORD))
    other["figures"]["cold"]["contestants"]["ci-callback"]["cpu_ms"]["median"] = 1234.5
    assert page.update(copy, other) == [*page.PAGES, page.CHART]
    for name in page.PAGES:
        assert "| ci-callback | 1,234<!--=cold-cpu-ci-callback--> |" in (copy / name).read_text("utf-8")
    assert ">1,234</text>" in (copy / page.CHART).read_text("utf-8")


def test_both_pages_have_the_same_figures() -> None:
    """And no figure of a run is left out of them by mistake: a name that does not exist fails."""
    names = [sorted(re.findall(r"<!--=(\S+?)-->", (ROOT / name).read_text("utf-8"))) for name in page.PAGES]
    assert names[0] == names[1]
    with pytest.raises(KeyError, match="lunch"):
        page.filled("1<!--=lunch-->", page.figures(RECORD))


def test_chart_is_svg_within_its_frame() -> None:
    """Each bar has its name and its value, and ends before the edge."""
    root = ElementTree.fromstring((ROOT / page.CHART).read_text("utf-8"))
    bars = [each for each in root if each.tag.endswith("rect")]
    assert len(bars) == 7
    _, _, width, height = map(int, root.attrib["viewBox"].split())
    assert all(int(bar.attrib["x"]) + int(bar.attrib["width"]) < width for bar in bars)
    assert all(int(bar.attrib["y"]) + int(bar.attrib["height"]) < height for bar in bars)
    assert [bar.attrib["class"] for bar in bars].count("own") == 2


def test_docs_are_brought_into_line_by_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Which measures nothing."""
    assert bench.main(["--docs"]) == 0
    assert capsys.readouterr().out == "All is up to date.\n"
