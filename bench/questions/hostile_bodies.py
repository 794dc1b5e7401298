"""Hostile bodies: their time and memory.

Each body is sent to a new instance of the function in the local SCF, which writes to the local COS. The time is that
of the event, without the start of the instance; the memory is the instance's peak, imported modules included. The
first row is a small, valid body.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.report import Table
from local.defaults import BUCKET, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.deployed import Site
    from bench.measure import Effort
    from local.scf.server import LocalScf

MB = 1024 * 1024
FULL = 6 * MB - 200_000  # SCF bounds the whole event to 6 MB
FULL_QUOTED = FULL * 3 // 4  # a quote in the body is two characters of the event
GOOD = (
    b'{"EventName":"TaskFinish","JobsDetail":{"JobId":"s1","Tag":"SpeechRecognition","State":"Success","Code":"Success"'
)
INPUT = b',"Input":{"BucketId":"test-1234567890","Object":"in/a.mp3"}'
WORD = b'{"Word":"word","StartTime":"1","EndTime":"2","VoiceType":"0"},'


def callback(result: bytes, end: bytes = b"}}") -> bytes:
    """Return a callback with this content after the common fields."""
    return GOOD + INPUT + b',"Operation":{"SpeechRecognitionResult":' + result + b"}" + end


def xml(text: bytes) -> bytes:
    """Return a callback in XML with this text."""
    return b"<Response><JobsDetail><JobId>s1</JobId><Message>" + text + b"</Message></JobsDetail></Response>"


BODIES: dict[str, Callable[[], bytes]] = {
    "baseline": lambda: callback(b'"x"'),
    "1 MB with a trailing comma": lambda: callback(b"[" + WORD * (MB // len(WORD)) + b"]"),
    "1 MB of escaped quotes, trailing comma": lambda: callback(b'"' + b'\\"' * (MB // 2) + b'"', b",}}"),
    "1 MB of unclosed strings": lambda: callback(b'"\\' * (MB // 2)),
    "1 MB of commas": lambda: callback(b"," * MB),
    "nested JSON, 1 MB": lambda: callback(b'{"a":' * (MB // 5)),
    "nested arrays, 1 MB": lambda: callback(b"[" * MB),
    "nested XML, 1 MB": lambda: b"<a>" * (MB // 3),
    "entity bomb": lambda: b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    "1 MB number": lambda: callback(b"9" * MB),
    "6 MB of text": lambda: callback(b'"' + b"x" * FULL + b'"'),
    "6 MB of words": lambda: callback(b"[" + WORD * (FULL_QUOTED // len(WORD)) + b'"x"]'),
    "6 MB of words with a trailing comma": lambda: callback(b"[" + WORD * (FULL_QUOTED // len(WORD)) + b"]"),
    "6 MB of forbidden references": lambda: xml(b"&#1;" * (FULL // 4)),
    "6 MB of comments and forbidden references": lambda: xml(b"<!--&#1;]]>-->&#1;" * (FULL // 18)),
    "6 MB of forbidden escapes": lambda: callback(b'"' + rb"\u0001" * (FULL // 7) + b'"'),
    "6 MB of half surrogates": lambda: callback(b'"' + rb"\ud800" * (FULL // 7) + b'"'),
    "6 MB of line breaks": lambda: callback(b'"' + rb"\n" * (FULL // 3) + b'"'),
    "6 MB of malformed jobs": lambda: b'{"JobsDetail":[' + b"1," * 390_000 + b'{"JobId":"s1","State":"Running"}]}',
    "6 MB of digits after the point": lambda: callback(b'"x","n":0.' + b"1" * FULL),
    "6 MB of digits of a time": lambda: GOOD + INPUT + b',"EndTime":"2024-05-06T07:08:09.' + b"1" * FULL + b'Z"}}',
    "6 MB of empty objects": lambda: callback(b"[" + b"{}," * (FULL // 3) + b"1]"),
    "6 MB of empty elements": lambda: b"<a>" + b"<b/>" * (FULL // 4) + b"</a>",
    "an inherited namespace of 3 MB": lambda: b'<a xmlns="urn:%s">%s</a>' % (b"u" * (FULL // 2), b"<b>1</b>" * 350_000),
    "198,000 deep objects": lambda: callback(b"[" + (b'{"a":' * 20 + b"1" + b"}" * 20 + b",") * 9_900 + b"1]"),
    "6 MB of names": lambda: callback(b"{" + b"".join(b'"n%d":1,' % at for at in range(400_000)) + b'"n":1}'),
    "270,000 different names": lambda: callback(
        b"[" + b"".join(b'{"n%d":1,"m%d":1},' % (at, at) for at in range(135_000)) + b"1]"
    ),
    "270,000 texts to repair": lambda: callback(b"[" + rb'{"a":"\ud800","b":"\ud800"},' * 135_000 + b"1]"),
    "6 MB of attributes": lambda: b"<a " + b"".join(b'b%d="" ' % at for at in range(450_000)) + b"/>",
}


def send(scf: LocalScf, name: str) -> dict[str, Any]:
    """Send one body to a new instance; return its status, outcome, milliseconds and peak memory."""
    text = BODIES[name]().decode("ascii")
    with scf:
        done = scf.invoke({"httpMethod": "POST", "path": f"/{TOKEN}", "headers": {}, "body": text})
    if done.result is None:
        raise SystemExit(f"bench: {name}: {done.error} {done.log}")
    body = json.loads(done.result["body"])
    outcome = body.get("outcome") or body["jobs"][0]["outcome"]
    return {
        "body": name,
        "bytes": len(text),
        "status": done.result["statusCode"],
        "outcome": f"{outcome} {body.get('reason', '')}".strip(),
        "ms": done.duration_ms,
        "peak_mb": round(done.max_memory_mb),
    }


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Measure every body."""
    rows = []
    for name in list(BODIES)[: effort.hostile]:
        rows.append(send(site.ci_callback.scf(), name))
        for key in site.cos.keys(BUCKET):
            site.cos.delete(BUCKET, key)
    return {"rows": rows, "slowest_ms": max(row["ms"] for row in rows), "peak_mb": max(row["peak_mb"] for row in rows)}


def table(figures: Mapping[str, Any]) -> Table:
    """Format a row for each body."""
    columns = {
        "body": "",
        "bytes": "bytes",
        "status": "status",
        "outcome": "outcome",
        "ms": "ms",
        "peak_mb": "peak MB",
    }
    return Table.of("Hostile bodies, each to a new instance", columns, figures["rows"])
