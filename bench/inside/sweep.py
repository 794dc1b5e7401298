"""A warm instance that sweeps: one invocation after another, each from the cursor of the one before.

Argument: the Tag.
"""

import json
import sys
import time
from pathlib import Path

import index

began = time.monotonic(), time.process_time()
counts = dict.fromkeys(("found", "present", "recovered", "failed"), 0)
invocations, cursor = 0, None
while cursor is not None or not invocations:
    event = {"sweep": {"tags": [sys.argv[1]], "hours": 720, **({"next": cursor} if cursor else {})}}
    reply = index.main_handler(event, {"request_id": "bench", "time_limit_in_ms": 30_000, "memory_limit_in_mb": 256})
    report = json.loads(reply["body"])
    for name in counts:
        counts[name] += report[name]
    invocations, cursor = invocations + 1, report["next"]
at, cpu_s = time.monotonic(), time.process_time()
status = Path("/proc/self/status")
peak = int(status.read_text("ascii").partition("VmHWM:")[2].split()[0]) / 1024 if status.exists() else None
output = {"wall_s": at - began[0], "swept_cpu_s": cpu_s - began[1], "invocations": invocations, **counts}
print(json.dumps({"at": at, "cpu_s": cpu_s, **output, "peak_mb": peak}))
