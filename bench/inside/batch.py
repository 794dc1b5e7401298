"""A warm instance: events of a queue with many records, and with one, in turns; the wall and CPU time of each.

Arguments: a file with a callback's event, the key of its object, the number of records, and that of rounds.
"""

import json
import sys
import time
from pathlib import Path

import index

_OK = 200

body = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["body"]
key, count, rounds = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def handle(round_: int, records: int) -> tuple[float, float]:
    """Handle an event of so many records, each about an object of its own."""
    bodies = [body.replace(key, f"{records}/{round_}/{number}") for number in range(records)]
    event = {"Records": [{"CMQ": {"type": "topic", "topicName": "ci", "msgBody": each}} for each in bodies]}
    context = {"request_id": "bench", "time_limit_in_ms": 30_000, "memory_limit_in_mb": 256}
    began = time.perf_counter(), time.process_time()
    reply = index.main_handler(event, context)
    spent = (time.perf_counter() - began[0]) * 1000, (time.process_time() - began[1]) * 1000
    if reply["statusCode"] != _OK:
        raise ValueError(reply)
    return spent


spent: dict[str, list[tuple[float, float]]] = {"many": [], "one": []}
for round_ in range(-1, rounds):  # the first, which opens the connections, does not count
    for name, records in (("many", count), ("one", 1)):
        found = handle(round_, records)
        if round_ >= 0:
            spent[name].append(found)
print(json.dumps({"at": time.monotonic(), "cpu_s": time.process_time(), "spent": spent}))
