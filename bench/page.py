"""The figures of docs/performance.md and its Chinese page, and their chart, from bench/results/bench.json.

    python -m bench --docs     brings them into line, as a run that writes there does by itself

A page has a figure as `25.7<!--=warm-ms-20-->`: the number is replaced, its name is looked up here. So figures stay
where they are read, and no language is in this file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bench.report import number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGES = ("docs/performance.md", "docs/performance.zh-CN.md")
CHART = "docs/performance.svg"

_FIGURE = re.compile(r"(?:\d[\d.,-]*)?<!--=([\w.-]+)-->")
_CONTESTANTS = ("ci-callback", "stdlib-only", "floor", "straightforward")
_STORES = {"0": "fast", "20": "20 ms"}
_GB = 0.25  # of memory, as serverless.yml has it


def update(root: Path, record: Mapping[str, Any]) -> list[str]:
    """Bring the pages and the chart into line with a run; return the names of those that changed."""
    names = figures(record)
    texts = {page: filled((root / page).read_text(encoding="utf-8"), names) for page in PAGES}
    texts[CHART] = chart(record["figures"])
    changed = []
    for name, text in texts.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def filled(text: str, names: Mapping[str, str]) -> str:
    """Return a page with each of its figures; raise KeyError for an unknown name."""
    return _FIGURE.sub(lambda found: f"{names[found[1]]}<!--={found[1]}-->", text)


def figures(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the figures of a run by their names, formatted."""
    found = record["figures"]
    numbers = {**_cold(found["cold"]), **_warm(found["warm"]), **_batch(found["batch"]), **_size(found["size"])}
    numbers |= {
        "layer-mb": found["layer"]["zipped_mb"],
        "layer-unpacked-mb": found["layer"]["unpacked_mb"],
        "hostile-mb": found["hostile"]["peak_mb"],
        "constructs-mb": found["constructs"]["peak_mb"],
        "constructs-measured": found["constructs"]["constructs"],
        "constructs-growth": 4 * found["constructs"]["growth"],
        "cores": record["machine"]["cores"],
    }
    return {name: number(value) for name, value in numbers.items()} | {
        "oldest": min(record["dates"].values()),
        "date": max(record["dates"].values()),
        "python": record["python"],
    }


def _cold(found: Mapping[str, Any]) -> dict[str, float]:
    numbers = {}
    for name in _CONTESTANTS:
        one = found["contestants"][name]
        numbers[f"cold-wall-{name}"] = one["wall_ms"]["median"]
        numbers[f"cold-cpu-{name}"] = one["cpu_ms"]["median"]
        numbers[f"cold-instructions-{name}"] = one["instructions_m"]
        numbers[f"cold-times-{name}"] = found["ratios"].get(name, {"cpu": {"median": 1}})["cpu"]["median"]
    return numbers


def _warm(found: Mapping[str, Any]) -> dict[str, float]:
    numbers = {}
    for store, title in _STORES.items():
        for name, one in found["stores"][title].items():
            numbers[f"warm-ms-{store}-{name}"] = one["event_ms"]["median"]
            numbers[f"warm-times-{store}-{name}"] = one["times_put"]["median"]
            numbers[f"warm-cpu-{store}-{name}"] = one["cpu_times_put"]["median"]
    # a million callbacks, each a thousandth of a second more or less
    numbers["warm-gbs-20"] = numbers["warm-ms-20-ci-callback"] * 1000 * _GB
    return numbers


def _batch(found: Mapping[str, Any]) -> dict[str, float]:
    return {
        "batch-records": found["records"],
        "batch-ms": found["event_ms"]["median"],
        "batch-cpu-ms": found["cpu_ms"]["median"],
        "batch-one-by-one-ms": found["records"] * found["one_record_ms"]["median"],
    }


def _size(found: Mapping[str, Any]) -> dict[str, float]:
    largest = {row["format"]: row for row in found["rows"]}  # the last of each
    return {
        "song-us": found["song"]["decode_us"],
        "song-times": found["song"]["times_expat"],
        "small-mb": found["peak_small_mb"],
        "times-body": found["peak_times_body"],
        **{f"us-per-kb-{form}": row["decode_us_per_kb"] for form, row in largest.items()},
        **{f"peak-mb-{form}": row["peak_mb"] for form, row in largest.items()},
    }


_BAR, _ROW, _LEFT, _WIDTH = 18, 30, 150, 720
_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">
<style>
text {{ fill: #57606a; font-size: 14px }} .other {{ fill: #afb8c1 }} .own {{ fill: #1f883d }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #c9d1d9 }} .other {{ fill: #484f58 }} .own {{ fill: #3fb950 }}
}}
</style>
"""


def chart(found: Mapping[str, Any]) -> str:
    """Draw the CPU time of a cold start, and the time of a warm event in that of a bare PUT, of each contestant."""
    cold = {name: found["cold"]["contestants"][name]["cpu_ms"]["median"] for name in _CONTESTANTS}
    warm = {name: one["times_put"]["median"] for name, one in found["warm"]["stores"]["fast"].items()}
    groups = [("cold start, CPU ms", cold), ("warm event / bare put_object", dict(sorted(warm.items())))]
    lines, top = [], 10
    for title, values in groups:
        lines.append(f'<text x="0" y="{top + 14}" font-weight="bold">{title}</text>')
        scale = (_WIDTH - _LEFT - 70) / max(values.values())
        for name, value in values.items():
            top += _ROW
            kind = "own" if name == _CONTESTANTS[0] else "other"
            length = round(value * scale)
            lines += [
                f'<text x="{_LEFT - 10}" y="{top + 14}" text-anchor="end">{name}</text>',
                f'<rect class="{kind}" x="{_LEFT}" y="{top}" width="{length}" height="{_BAR}" rx="3"/>',
                f'<text x="{_LEFT + length + 8}" y="{top + 14}">{number(value)}</text>',
            ]
        top += _ROW + 16
    return _HEAD.format(width=_WIDTH, height=top) + "\n".join(lines) + "\n</svg>\n"
