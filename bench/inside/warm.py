"""A warm instance: events and bare put_objects in turns, the wall and CPU time of each.

Arguments: a file with an event, the key of its object, the number of each, and which: events, puts or both.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qcloud_cos import CosConfig, CosS3Client

import index

if TYPE_CHECKING:
    from collections.abc import Callable

_WARM_UP = 5
_OK = 200

text = Path(sys.argv[1]).read_text(encoding="utf-8")
key, count, which = sys.argv[2], int(sys.argv[3]), sys.argv[4]
bucket, region = os.environ["BUCKETS"].split("/")
cos = urlsplit(os.environ["COS_ENDPOINT"])
config = CosConfig(
    Region=region,
    SecretId=os.environ["TENCENTCLOUD_SECRETID"],
    SecretKey=os.environ["TENCENTCLOUD_SECRETKEY"],
    Token=os.environ["TENCENTCLOUD_SESSIONTOKEN"],
    Scheme="http",
    IP=cos.hostname,
    Port=cos.port,
)
client = CosS3Client(config)


def handle(number: int) -> tuple[float, float]:
    """Handle an event about an object of its own."""
    event = json.loads(text.replace(key, f"event/{number}"))
    context = {"request_id": "bench", "time_limit_in_ms": 30_000, "memory_limit_in_mb": 256}
    began = time.perf_counter(), time.process_time()
    reply = index.main_handler(event, context)
    spent = time.perf_counter() - began[0], time.process_time() - began[1]
    if reply["statusCode"] != _OK or f"event/{number}." not in reply["body"]:
        raise ValueError(reply)
    return spent


def put(number: int) -> tuple[float, float]:
    """Write an object of the size of a result."""
    began = time.perf_counter(), time.process_time()
    client.put_object(Bucket=bucket, Key=f"put/{number}.json", Body=b"x" * 600, ContentType="application/json")
    return time.perf_counter() - began[0], time.process_time() - began[1]


works: dict[str, Callable[[int], tuple[float, float]]] = {"events": handle, "puts": put}
turns = [(name, work) for name, work in works.items() if which in {name, "both"}]
spent: dict[str, list[tuple[float, float]]] = {name: [] for name, _ in turns}
for number in range(-_WARM_UP, count):
    for name, work in turns if number % 2 else reversed(turns):
        wall_s, cpu_s = work(number)
        if number >= 0:
            spent[name].append((wall_s * 1000, cpu_s * 1000))
print(json.dumps({"at": time.monotonic(), "cpu_s": time.process_time(), "spent": spent}))
