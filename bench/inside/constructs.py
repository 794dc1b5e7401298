"""A warm instance: the processor time of events of every construct at two sizes, or the peak memory of one event each.

Arguments: the folder of constructs.py, `time` or `memory`, a number n for each nth construct, and the sizes of bodies.
The memory is that of a new process for each event, so that none finds what another has freed, and every result has an
action of each kind.
"""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import json
import os
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

if sys.argv[2] == "memory":
    then = [{"invoke": "bench"}, {"publish": "eb-bench"}, {"topic": "bench"}, {"post": "https://hooks.example.com/"}]
    routes = json.loads(os.environ["ROUTES"])
    os.environ["ROUTES"] = json.dumps([route if "ignore" in route else {**route, "then": then} for route in routes])
    os.environ["WEBHOOK_SECRET"] = "whsec_" + base64.b64encode(bytes(range(32))).decode()

import index

sys.path.insert(0, sys.argv[1])
import constructs  # type: ignore[import-not-found]  # in the folder above, which mypy does not know
import growth  # type: ignore[import-not-found]  # in the folder above, too

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

folder = tempfile.TemporaryDirectory()  # removed with this process
what, every, sizes = sys.argv[2], int(sys.argv[3]), [int(size) for size in sys.argv[4:]]
_MOST = 6 * 1024 * 1024 - 1000  # bytes of an event


def event_of(body: bytes, carriage: str) -> bytes:
    """Return the JSON of an event with a body: as text, as base64, or parsed; as base64 if it is nothing else."""
    event: dict[str, Any] = {"httpMethod": "POST", "path": "/" + os.environ["CALLBACK_TOKENS"], "headers": {}}
    with contextlib.suppress(ValueError, RecursionError):
        if carriage == "text":
            return json.dumps({**event, "body": body.decode()}, ensure_ascii=False).encode()
        if carriage == "object" and isinstance(json.loads(body), dict):
            return b'%s,"body":%s}' % (json.dumps(event).encode()[:-1], body)
    encoded = base64.b64encode(body).decode()
    return json.dumps({**event, "body": encoded, "isBase64Encoded": True}).encode()


def handled(event: dict[str, Any]) -> tuple[str, float]:
    """Handle an event; return the status with its reason or outcome, and the processor seconds."""
    context = {"request_id": "bench", "time_limit_in_ms": 600_000, "memory_limit_in_mb": 256}
    with contextlib.redirect_stdout(io.StringIO()):
        began = time.process_time()
        reply = index.main_handler(event, context)
        spent = time.process_time() - began
    body = json.loads(reply["body"])
    jobs = body.get("jobs") or [{}]
    outcome = body.get("reason") or body.get("outcome") or body.get("error") or jobs[0].get("outcome")
    return f"{reply['statusCode']} {outcome}", spent


def megabytes(name: str) -> float:
    """Read a line of the kernel's account of this process."""
    with open("/proc/self/status", encoding="ascii") as status:
        return int(status.read().partition(f"{name}:")[2].split()[0]) / 1024


def timed(construct: constructs.Construct) -> dict[str, Any]:
    """Return the seconds at each size, and the growth of the time divided by that of the size."""
    outcomes = [""]

    def spend(line: bytes) -> float:
        outcomes[0], spent = handled(json.loads(line))
        return spent

    def measured(times: int) -> tuple[growth.Growth, str]:
        lines = (event_of(construct.make(times * size), "text") for size in sizes)
        return growth.measure(spend, *lines), outcomes[0]

    found, outcome = measured(1)
    least = found.growth
    if least >= growth.LINEAR:
        # a step, such as of the allocator, is between two sizes and not between their doubles as well
        again, other = measured(2)
        least = min(least, again.growth) if other == outcome else least
    return {"outcome": outcome, "s": [round(each, 4) for each in found.seconds], "growth": round(least, 2)}


def remembered(construct: constructs.Construct) -> Iterator[dict[str, Any]]:
    """Yield the megabytes at the call of the handler and its peak, for each size and way to send the body."""
    for size, carriage in itertools.product(sizes, ("text", "base64", "object")):
        path = f"{folder.name}/event"
        yield {"carriage": carriage, **forked(write, path, construct, size, carriage), **forked(peak, path)}


def line_of(construct: constructs.Construct, size: int, carriage: str) -> bytes:
    """Return the JSON of an event with a body of that size, or the largest that an event can have."""
    line = event_of(construct.make(10_000), carriage)
    size = min(size, int(_MOST * 10_000 / len(line)))
    while len(line := event_of(construct.make(size), carriage)) > _MOST:  # numbers are longer the more there are
        size = int(size * _MOST / len(line) * 0.99)
    return line


def write(path: str, construct: constructs.Construct, size: int, carriage: str) -> dict[str, Any]:
    """Write an event to a file, and return its size."""
    with open(path, "wb") as file:
        return {"bytes": file.write(line_of(construct, size, carriage))}


def forked(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """Return the result of work in a process of its own: this one stays as it was before its first event."""
    reader, writer = os.pipe()
    if not os.fork():
        with contextlib.suppress(Exception):  # of the process that only measures
            os.write(writer, json.dumps(work(*arguments)).encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    with os.fdopen(reader, "rb") as found:
        result: dict[str, Any] = json.loads(found.read())
    return result


def peak(path: str) -> dict[str, Any]:
    """Handle the event of a file in this process, which has handled none, and return its memory."""
    with open(path, "rb") as file:
        event = json.load(file)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as counter:
        counter.write("5")  # the peak of what the platform itself does with an event does not count
    held = megabytes("VmRSS")
    outcome, _ = handled(event)
    return {"outcome": outcome, "held_mb": round(held, 1), "peak_mb": round(megabytes("VmHWM"), 1)}


rows: list[dict[str, Any]] = []
every_construct = list(constructs.constructs())
if what == "time":
    for construct in every_construct[::97]:  # imports what is imported late
        handled(json.loads(event_of(construct.make(1000), "text")))
for construct in every_construct[::every]:
    found = [timed(construct)] if what == "time" else remembered(construct)
    rows += ({"construct": construct.name, **each} for each in found)
print(json.dumps({"at": time.monotonic(), "cpu_s": time.process_time(), "rows": rows}))
