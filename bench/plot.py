"""The figures as a picture: an SVG that needs nothing but a browser."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from bench.questions.size import FORMATS
from bench.thresholds import SMALL_MB, TIMES_BODY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_WIDTH, _MARGIN, _LEFT = 760, 20, 130
_MOST_RULES = 6
_OURS, _OTHERS, _INK, _FAINT = "#1565c0", "#9e9e9e", "#212121", "#e0e0e0"
_COLOURS = dict(zip(FORMATS, (_OURS, "#ef6c00"), strict=True))


@dataclass
class _Page:
    """What is drawn so far; `y` is where the next panel begins."""

    y: float = _MARGIN
    marks: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, *, anchor: str = "start", style: str = "") -> None:
        """Write a line of text."""
        self.marks.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {style}>{escape(text)}</text>')

    def rule(self, x1: float, x2: float, y: float, colour: str, *, width: float = 1) -> None:
        """Draw a horizontal line."""
        ends = f'x1="{x1:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y:.1f}"'
        self.marks.append(f'<line {ends} stroke="{colour}" stroke-width="{width}"/>')

    def bar(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle."""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self.marks.append(f'<rect {place} fill="{colour}"/>')

    def title(self, title: str, below: str) -> None:
        """Begin a panel."""
        self.text(_MARGIN, self.y + 14, title, style='font-weight="bold"')
        self.text(_MARGIN, self.y + 31, below, style='font-size="11"')
        self.y += 44

    def curve(self, points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> None:
        """Draw a line through points."""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        self.marks.append(f'<polyline points="{joined}" {style}/>')


def draw(record: Mapping[str, Any]) -> str:
    """Return the picture of what was measured."""
    page = _Page()
    figures = record["figures"]
    if "cold" in figures:
        _cold(page, figures["cold"]["contestants"])
    if "size" in figures:
        _curves(page, figures["size"]["rows"])
    machine = record["machine"]
    said = f"{record['date']}, Python {record['python']}, {machine['processor']}, {machine['cores']} cores"
    page.text(_MARGIN, page.y + 10, said + (" (a quick run)" if record["quick"] else ""), style='font-size="11"')
    height = round(page.y + 10 + _MARGIN)
    size = f'width="{_WIDTH}" height="{height}"'
    look = f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13" fill="{_INK}"'
    marks = [f'<rect {size} fill="#ffffff"/>', *page.marks]
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>', *marks, "</svg>", ""])


def _cold(page: _Page, contestants: Mapping[str, Any]) -> None:
    page.title("Cold start to first answer", "Milliseconds of CPU time: median and quartiles. Less is better.")
    scale = (_WIDTH - _LEFT - 80) / max(found["cpu_ms"]["high"] for found in contestants.values())
    for name, found in contestants.items():
        spent = found["cpu_ms"]
        middle = page.y + 10
        page.text(_LEFT - 8, middle + 4, name, anchor="end")
        page.bar(_LEFT, page.y, spent["median"] * scale, 20, _OURS if name == "ci-callback" else _OTHERS)
        page.rule(_LEFT + spent["low"] * scale, _LEFT + spent["high"] * scale, middle, _INK, width=2)
        page.text(_LEFT + spent["high"] * scale + 8, middle + 4, f"{spent['median']:.0f}")
        page.y += 28
    page.y += 16


def _curves(page: _Page, rows: Sequence[Mapping[str, Any]]) -> None:
    page.title("Decode, route and serialise", "Microseconds of CPU time a kilobyte, by the size of a transcript.")
    _chart(page, rows, "decode_us_per_kb", lambda _: None)
    if all(row["peak_mb"] for row in rows):
        page.title(
            "Peak memory", f"Megabytes, by the size of a transcript; dashed: {SMALL_MB} MB + {TIMES_BODY} × body."
        )
        _chart(page, rows, "peak_mb", lambda size: SMALL_MB + TIMES_BODY * size / (1 << 20))


def _chart(page: _Page, rows: Sequence[Mapping[str, Any]], name: str, allowed: Callable[[float], float | None]) -> None:
    """Draw a figure of all formats over the logarithm of the size."""
    height, right = 150.0, _WIDTH - _MARGIN - 60
    sizes = sorted({row["bytes"] for row in rows})
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])
    limits = [limit for size in sizes if (limit := allowed(size)) is not None]
    top = max([*(row[name] for row in rows), *limits]) * 1.1
    bottom = page.y + height

    def place(size: float, value: float) -> tuple[float, float]:
        return _LEFT + (math.log10(size) - first) / (last - first) * (right - _LEFT), bottom - value / top * height

    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if top / step <= _MOST_RULES)
    for value in range(0, int(top) + 1, step):
        page.rule(_LEFT, right, place(10**first, value)[1], _FAINT)
        page.text(_LEFT - 8, place(10**first, value)[1] + 4, f"{value}", anchor="end")
    for power in range(math.ceil(first - 0.1), math.floor(last) + 1):
        x = place(max(10.0**power, sizes[0]), 0)[0]
        page.text(x, bottom + 16, {3: "1 KB", 4: "10 KB", 5: "100 KB", 6: "1 MB"}[power], anchor="middle")
    for form in FORMATS:
        points = [place(row["bytes"], row[name]) for row in rows if row["format"] == form]
        page.curve(points, _COLOURS[form])
        page.text(right + 6, points[-1][1] + 4, form.upper(), style=f'style="fill:{_COLOURS[form]}"')
    if limits:
        page.curve([place(size, limit) for size, limit in zip(sizes, limits, strict=True)], _OTHERS, "4 4")
    page.y = bottom + 40
