"""Size: the time of decoding per kilobyte and the memory of an event, from 1 KB to 5 MB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from bench import bodies
from bench.deployed import EVENT
from bench.measure import digits
from bench.report import Table
from bench.thresholds import SMALL_MB
from local.defaults import BUCKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.bodies import Format
    from bench.deployed import Site
    from bench.measure import Effort

FORMATS: tuple[Format, ...] = ("xml", "json")
_OK = 200
_SMALL = 200_000  # bytes; above, the body outweighs the imported modules
_STEADY = 50_000  # bytes; below, the fixed cost of a body outweighs its size
_RESULT_KEY = f"{bodies.OBJECT}.SpeechRecognition.json"


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure every body in both formats, and the published SoundHound body."""
    texts = {(form, size): bodies.transcript(size, form) for form in FORMATS for size in effort.sizes}
    paths = {named: _write(site, f"body-{named[0]}-{named[1]}", text) for named, text in texts.items()}
    song = _write(site, "song", EVENT["body"])
    seconds = site.ci_callback.program("decode.py", effort.parse_s, song, *paths.values()).run().output["bodies"]
    rows: list[dict[str, Any]] = [
        {
            "format": form,
            "bytes": len(text.encode()),
            "words": bodies.words_in(text),
            "decode_us": digits(seconds[paths[form, size]]["decode_s"] * 1e6),
            "decode_us_per_kb": digits(seconds[paths[form, size]]["decode_s"] * 1e9 / len(text.encode())),
            "bare_us_per_kb": digits(seconds[paths[form, size]]["bare_s"] * 1e9 / len(text.encode())),
            **_memory(site, f"event-{form}-{size}", text),
        }
        for (form, size), text in texts.items()
    ]
    decode_s, bare_s = seconds[song]["decode_s"], seconds[song]["bare_s"]
    return {
        "rows": rows,
        "song": {
            "decode_us": digits(decode_s * 1e6),
            "expat_us": digits(bare_s * 1e6),
            "times_expat": digits(decode_s / bare_s),
        },
        "exponent": _exponent(rows),
        "peak_small_mb": max(
            (row["peak_mb"] for row in rows if row["bytes"] < _SMALL and row["peak_mb"]), default=None
        ),
        "peak_times_body": _growth(rows),
    }


def _write(site: Site, name: str, text: str) -> str:
    path = site.folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def _memory(site: Site, name: str, text: str) -> dict[str, float | None]:
    """Measure the megabytes of a new instance at the call of its handler, and the peak until its answer."""
    output = site.ci_callback.program("first_event.py", site.write_event(name, bodies.event(text))).run().output
    if output["status"] != _OK or not site.cos.get(BUCKET, _RESULT_KEY).body:
        raise SystemExit(f"bench: {name} was answered {output['status']}")
    site.cos.delete(BUCKET, _RESULT_KEY)
    return {field: None if output[field] is None else digits(output[field]) for field in ("held_mb", "peak_mb")}


def _exponent(rows: list[dict[str, Any]]) -> float | None:
    """Return the power of the size that the time of decoding grows with, the worse of the formats; 1 is linear."""
    exponents = []
    for form in FORMATS:
        steady = [row for row in rows if row["format"] == form and row["bytes"] > _STEADY]
        if len(steady) > 1:
            first, last = steady[0], steady[-1]
            exponents.append(math.log(last["decode_us"] / first["decode_us"], last["bytes"] / first["bytes"]))
    return digits(max(exponents)) if exponents else None


def _growth(rows: list[dict[str, Any]]) -> float | None:
    """Return the multiple of its size that a large body adds to the memory of a small one, the worst of them."""
    large = [row for row in rows if row["bytes"] >= _SMALL and row["peak_mb"]]
    multiples = [max(row["peak_mb"] - SMALL_MB, 0) * (1 << 20) / row["bytes"] for row in large]
    return digits(max(multiples)) if multiples else None


def table(figures: Mapping[str, Any]) -> Table:
    """Format a row for each body."""
    song = "SoundHound {decode_us:.0f} µs, {times_expat:.1f} × a bare expat parse".format(**figures["song"])
    columns = {
        "format": "",
        "bytes": "bytes",
        "words": "words",
        "decode_us_per_kb": "µs per KB",
        "bare_us_per_kb": "bare parse",
        "held_mb": "MB at the call",
        "peak_mb": "peak MB",
    }
    return Table.of(f"Size: decode, route, serialise; {song}", columns, figures["rows"])
