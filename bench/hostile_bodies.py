"""How long hostile bodies take and what memory they need: `make bench`, or `python bench/hostile_bodies.py [--json]`.

Each body meets a new instance of the function in the local SCF, with the local COS to write to. The time is that of the
event, without the start of the instance; the memory is the instance's peak, with everything it has imported (the first
row is a small, good body).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from local.cloud import BUCKET, CREDENTIALS, REGION, TOKEN  # noqa: E402 - found by the line above
from local.cos import LocalCos  # noqa: E402 - the same
from local.scf import LocalScf  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1024 * 1024
FULL = 6 * MB - 200_000  # SCF bounds the whole event to 6 MB
FULL_QUOTED = FULL * 3 // 4  # a quote in the body is two characters of the event
GOOD = (
    b'{"EventName":"TaskFinish","JobsDetail":{"JobId":"s1","Tag":"SpeechRecognition","State":"Success","Code":"Success"'
)
INPUT = b',"Input":{"BucketId":"test-1234567890","Object":"in/a.mp3"}'
WORD = b'{"Word":"word","StartTime":"1","EndTime":"2","VoiceType":"0"},'


def callback(result: bytes, end: bytes = b"}}") -> bytes:
    """Return a callback with this content behind the common fields."""
    return GOOD + INPUT + b',"Operation":{"SpeechRecognitionResult":' + result + b"}" + end


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
    "6 MB of empty objects": lambda: callback(b"[" + b"{}," * (FULL // 3) + b"1]"),
    "6 MB of empty elements": lambda: b"<a>" + b"<b/>" * (FULL // 4) + b"</a>",
    "6 MB of attributes": lambda: b"<a " + b"".join(b'b%d="" ' % at for at in range(450_000)) + b"/>",
}


def measure(cos: LocalCos, name: str) -> dict[str, Any]:
    """Return status, outcome, milliseconds and peak memory for one body that meets a new instance."""
    environment = {
        "BUCKETS": f"{BUCKET}/{REGION}",
        "CALLBACK_TOKENS": TOKEN,
        "COS_ENDPOINT": cos.address,
        "LOG_LEVEL": "ERROR",
    }
    text = BODIES[name]().decode("ascii")
    scf = LocalScf(ROOT / "handler", environment=environment, credentials=cos.credentials, timeout_s=30)
    try:
        done = scf.invoke({"httpMethod": "POST", "path": f"/{TOKEN}", "headers": {}, "body": text})
    finally:
        scf.stop()
    if done.result is None:
        raise SystemExit(f"{name}: {done.error} {done.log}")
    body = json.loads(done.result["body"])
    outcome = body.get("outcome") or body["jobs"][0]["outcome"]
    return {
        "body": name,
        "bytes": len(text),
        "status": done.result["statusCode"],
        "outcome": f"{outcome} {body.get('reason', '')}".strip(),
        "ms": round(done.duration_ms),
        "peak_mb": round(done.max_memory_mb),
    }


def main() -> None:
    """Measure every body, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    as_json = parser.parse_args().json
    if not as_json:
        print(f"{'body':40} {'bytes':>9} {'status':>6}  {'outcome':32} {'ms':>5} {'peak MB':>7}")
    rows = []
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        for name in BODIES:
            rows.append(measure(cos, name))
            for key in cos.keys(BUCKET):
                cos.delete(BUCKET, key)
            if not as_json:
                print("{body:40} {bytes:9,} {status:6}  {outcome:32} {ms:5} {peak_mb:7}".format(**rows[-1]))
    if as_json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
