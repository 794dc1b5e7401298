"""Size: what decoding costs a kilobyte, and what memory an event needs, from 1 KB to 5 MB."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from bench import bodies
from bench.deployed import EVENT
from bench.measure import digits
from bench.report import Table
from bench.thresholds import SMALL_MB
from local.cloud import BUCKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.bodies import Format
    from bench.deployed import Site
    from bench.measure import Effort

FORMATS: tuple[Format, ...] = ("xml", "json")
_OK = 200
_SMALL = 200_000  # bytes; above, the body outweighs what is imported
_STEADY = 50_000  # bytes; below, what every body costs outweighs its size


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Return the figures of every body, and what the bars speak of."""
    texts = {(form, size): bodies.transcript(size, form) for form in FORMATS for size in effort.sizes}
    paths = {named: _written(site, f"body-{named[0]}-{named[1]}", text) for named, text in texts.items()}
    song = _written(site, "song", json.loads(EVENT.read_text(encoding="utf-8"))["body"])
    parsed = site.ours.program("decode.py", effort.parse_s, song, *paths.values()).run().told["bodies"]
    rows: list[dict[str, Any]] = [
        {
            "format": form,
            "bytes": len(text.encode()),
            "words": bodies.words_in(text),
            "decode_us": digits(parsed[paths[form, size]]["ours_s"] * 1e6),
            "decode_us_per_kb": digits(parsed[paths[form, size]]["ours_s"] * 1e9 / len(text.encode())),
            "bare_us_per_kb": digits(parsed[paths[form, size]]["bare_s"] * 1e9 / len(text.encode())),
            **_memory(site, f"event-{form}-{size}", text),
        }
        for (form, size), text in texts.items()
    ]
    ours, bare = parsed[song]["ours_s"], parsed[song]["bare_s"]
    return {
        "rows": rows,
        "song": {"decode_us": digits(ours * 1e6), "expat_us": digits(bare * 1e6), "times_expat": digits(ours / bare)},
        "exponent": _exponent(rows),
        "peak_small_mb": max(
            (row["peak_mb"] for row in rows if row["bytes"] < _SMALL and row["peak_mb"]), default=None
        ),
        "peak_times_body": _growth(rows),
    }


def _written(site: Site, name: str, text: str) -> str:
    path = site.folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def _memory(site: Site, name: str, text: str) -> dict[str, float | None]:
    """Return the megabytes a new instance has when its handler is called, and the most it needs until its answer."""
    told = site.ours.program("first_event.py", site.write_event(name, bodies.event(text))).run().told
    if told["status"] != _OK or not site.cos.get(BUCKET, f"{bodies.OBJECT}.SpeechRecognition.json").body:
        raise SystemExit(f"bench: {name} was answered {told['status']}")
    site.cos.delete(BUCKET, f"{bodies.OBJECT}.SpeechRecognition.json")
    return {field: None if told[field] is None else digits(told[field]) for field in ("held_mb", "peak_mb")}


def _exponent(rows: list[dict[str, Any]]) -> float | None:
    """Return the power of the size that the time of decoding grows with, the worst of the formats; 1 is linear."""
    found = []
    for form in FORMATS:
        steady = [row for row in rows if row["format"] == form and row["bytes"] > _STEADY]
        if len(steady) > 1:
            first, last = steady[0], steady[-1]
            found.append(math.log(last["decode_us"] / first["decode_us"]) / math.log(last["bytes"] / first["bytes"]))
    return digits(max(found)) if found else None


def _peak(rows: list[dict[str, Any]]) -> float | None:
    return max((row["peak_mb"] for row in rows if row["peak_mb"]), default=None)


def _growth(rows: list[dict[str, Any]]) -> float | None:
    """Return how many times its bytes a large body adds to what a small one may need, the worst of them."""
    large = [row for row in rows if row["bytes"] >= _SMALL and row["peak_mb"]]
    found = [max(row["peak_mb"] - SMALL_MB, 0) * (1 << 20) / row["bytes"] for row in large]
    return digits(max(found)) if found else None


def table(figures: Mapping[str, Any]) -> Table:
    """Return the figures for people."""
    song = "SoundHound {decode_us:.0f} µs, {times_expat:.1f} × a bare expat parse".format(**figures["song"])
    names = ("format", "bytes", "words", "decode_us_per_kb", "bare_us_per_kb", "held_mb", "peak_mb")
    return Table(
        f"Size: decode, route, serialise; {song}",
        ("", "bytes", "words", "µs per KB", "bare parse", "MB at the call", "peak MB"),
        [tuple(row[name] for name in names) for row in figures["rows"]],
    )
