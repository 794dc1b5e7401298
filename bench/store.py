"""A store for measuring: it takes any object, checks nothing, and answers within 100 microseconds.

    python -m bench.store [<latency in ms>]     prints its port, serves until its input is closed

The local COS checks signatures and keeps objects, which takes it longer than the function takes for an event.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from http import HTTPStatus

from bench.http_server import Answer, serve


def answer(method: str, _target: str, body: bytes) -> Answer:
    """Take an object and a message; know no object."""
    own = ("x-cos-request-id: bench", "x-ci-request-id: bench")
    if method == "POST":
        return Answer(HTTPStatus.OK, ("Content-Type: application/json",), b'{"Response": {"RequestId": "bench"}}')
    if method != "PUT":
        return Answer(HTTPStatus.NOT_FOUND, own)
    return Answer(HTTPStatus.OK, (*own, f'ETag: "{hashlib.md5(body).hexdigest()}"'))  # noqa: S324  # COS's own


if __name__ == "__main__":
    asyncio.run(serve(answer, float(sys.argv[1]) / 1000 if sys.argv[1:] else 0.0))
