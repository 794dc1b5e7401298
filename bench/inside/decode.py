"""A warm instance: the best time of decode, route and serialise for each body, and of a bare parse of the same bytes.

Arguments: the seconds for each, then files with bodies.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers.expat import ParserCreate

from ci_callback.config import settings
from ci_callback.config.routes import match
from ci_callback.decode.envelope import decode
from ci_callback.decode.job import Callback
from ci_callback.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

routes = settings.load(os.environ).ROUTES
_LEAST = 3  # rounds, even of the slowest body
_ROUND_S = 0.005


def full(body: bytes) -> None:
    """Turn a body into the bytes of its result objects: all of an event but its request."""
    decoded = decode(Delivery(source="function-url", body=body))
    if not isinstance(decoded, Callback):
        raise TypeError(decoded)
    for job in decoded.jobs:
        match(routes, job)
        if not job.document:
            raise ValueError(job)


def bare(body: bytes) -> None:
    """Parse a body and keep nothing."""
    if body.startswith(b"<"):
        ParserCreate().Parse(body, True)  # noqa: FBT003  # expat's own signature: this chunk is the last
    else:
        json.loads(body)


def timed(work: Callable[[bytes], None], body: bytes, times: int) -> float:
    """Return the processor seconds of one call."""
    began = time.process_time()
    for _ in range(times):
        work(body)
    return (time.process_time() - began) / times


def best(body: bytes, seconds: float) -> dict[str, float]:
    """Return the best time of both, taken in turns."""
    works = {"decode_s": full, "bare_s": bare}
    times = {name: max(1, int(_ROUND_S / timed(work, body, 1))) for name, work in works.items()}
    found: dict[str, list[float]] = {name: [] for name in works}
    end = time.monotonic() + 2 * seconds
    while time.monotonic() < end or len(found["bare_s"]) < _LEAST:
        for name, work in works.items():
            found[name].append(timed(work, body, times[name]))
    return {name: min(each) for name, each in found.items()}


bodies = {path: best(Path(path).read_bytes(), float(sys.argv[1])) for path in sys.argv[2:]}
print(json.dumps({"at": time.monotonic(), "cpu_s": time.process_time(), "bodies": bodies}))
