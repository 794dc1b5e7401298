"""A new instance: import the handler, send it one event, print the time of the answer and its cost.

Argument: a file with the event. Nothing is imported here that a contestant would not import anyway.
"""

from __future__ import annotations

import json
import os
import sys
import time


def megabytes(name: str) -> float | None:
    """Read a line of the kernel's account of this process; None where there is no such account."""
    if not os.path.exists("/proc/self/status"):
        return None
    with open("/proc/self/status", encoding="ascii") as status:
        return int(status.read().partition(f"{name}:")[2].split()[0]) / 1024


with open(sys.argv[1], "rb") as file:
    line = file.read()
event = json.loads(line)  # the line stays, as it does in the runtime of local/

import index  # noqa: E402  # SCF imports the function here too

held = megabytes("VmRSS")
reply = index.main_handler(event, {"request_id": "bench", "time_limit_in_ms": 30_000, "memory_limit_in_mb": 256})
at, cpu_s = time.monotonic(), time.process_time()

output = {"at": at, "cpu_s": cpu_s, "status": reply["statusCode"], "modules": len(sys.modules)}
print(json.dumps({**output, "held_mb": held, "peak_mb": megabytes("VmHWM")}), flush=True)
os._exit(0)
