"""A new instance: load the handler, give it one event, tell when it was answered and what that took.

Argument: a file with the event. Nothing is imported here but what every contestant needs anyway.
"""

from __future__ import annotations

import json
import os
import sys
import time


def megabytes(name: str) -> float | None:
    """Return a line of the kernel's account of this process, None where there is none."""
    if not os.path.exists("/proc/self/status"):  # noqa: PTH110 - pathlib would be measured
        return None
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - the same
        return int(status.read().partition(f"{name}:")[2].split()[0]) / 1024


with open(sys.argv[1], "rb") as file:  # noqa: PTH123 - the same
    line = file.read()
event = json.loads(line)  # the line stays, as it does in the runtime of local/

import index  # noqa: E402 - SCF loads the function here too

held = megabytes("VmRSS")
reply = index.main_handler(event, {"request_id": "bench", "time_limit_in_ms": 30_000, "memory_limit_in_mb": 256})
at, cpu_s = time.monotonic(), time.process_time()

told = {"at": at, "cpu_s": cpu_s, "status": reply["statusCode"], "modules": len(sys.modules)}
print(json.dumps({**told, "held_mb": held, "peak_mb": megabytes("VmHWM")}), flush=True)
os._exit(0)
