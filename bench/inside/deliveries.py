"""A warm instance: one event after another; of each its processor time, what it printed, and what it answered.

Arguments: a file with a list of events, how many of them come before those that count.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import index

events: list[Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
context = {
    "request_id": "00000000-0000-4000-8000-000000000000",  # as long as the platform's are
    "time_limit_in_ms": 600_000,  # however many jobs a sweep is to go through
    "memory_limit_in_mb": 256,
}


def deliver(event: Any) -> dict[str, Any]:
    """Return what became of an event, and what that took."""
    printed = io.StringIO()
    began = time.process_time()
    with contextlib.redirect_stdout(printed):
        reply = index.main_handler(event, context)
    cpu_s = time.process_time() - began
    body = json.loads(reply["body"])
    return {
        "cpu_ms": cpu_s * 1000,
        "log_bytes": len(printed.getvalue().encode()),
        "reply_bytes": len(json.dumps(reply).encode()),
        "outcome": body["jobs"][0]["outcome"] if "jobs" in body else "",
        "counts": {name: count for name, count in body.items() if isinstance(count, int)},
    }


deliveries = [deliver(event) for event in events][int(sys.argv[2]) :]
status = Path("/proc/self/status")
peak = int(status.read_text("ascii").partition("VmHWM:")[2].split()[0]) / 1024 if status.exists() else None
print(json.dumps({"at": time.monotonic(), "cpu_s": time.process_time(), "deliveries": deliveries, "peak_mb": peak}))
