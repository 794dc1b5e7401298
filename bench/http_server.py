"""A server in a process of its own that costs next to nothing: what is measured is its client.

It checks nothing and parses no more of a request than its answer needs. `GET /counts` returns the number of requests by
method.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_PROJECT = Path(__file__).resolve().parent.parent
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    """An answer: its status, its headers besides Content-Length, and its body."""

    status: HTTPStatus
    headers: Sequence[str] = ()
    body: bytes = b""


class Connection(asyncio.Protocol):
    """One connection, whose requests are answered in their order."""

    def __init__(self, answer: Callable[[str, str, bytes], Answer], counts: Counter[str], latency_s: float) -> None:
        self._answer = answer
        self._counts = counts
        self._latency_s = latency_s
        self._unread = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for answers."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._unread, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._unread) < whole:
                return
            method, target, _ = self._unread[: self._unread.index(b"\r")].decode("ascii").split()
            written = self._written(method, target, bytes(self._unread[end + 4 : whole]))
            del self._unread[:whole]
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._send, written)
            else:
                self._send(written)

    def _written(self, method: str, target: str, body: bytes) -> bytes:
        if target == "/counts":
            found = Answer(HTTPStatus.OK, (), json.dumps(self._counts).encode())
        else:
            self._counts[method] += 1
            found = self._answer(method, target, body)
        status = found.status
        lines = (f"HTTP/1.1 {status.value} {status.phrase}", *found.headers, f"Content-Length: {len(found.body)}")
        return "\r\n".join((*lines, "", "")).encode() + (b"" if method == "HEAD" else found.body)

    def _send(self, written: bytes) -> None:
        if self._transport:
            self._transport.write(written)


async def serve(answer: Callable[[str, str, bytes], Answer], latency_s: float = 0.0) -> None:
    """Print the port, and serve until standard input is closed."""
    loop, counts = asyncio.get_running_loop(), Counter[str]()
    server = await loop.create_server(lambda: Connection(answer, counts, latency_s), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextlib.contextmanager
def running(module: str, *arguments: object) -> Iterator[str]:
    """Run a module that serves; yield its address."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": f"{_PROJECT}{os.pathsep}{_PROJECT / 'handler'}"}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as server:
        if server.stdout is None or server.stdin is None:
            raise AssertionError
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def counts(address: str) -> dict[str, int]:
    """Return the number of requests so far, by method."""
    with urlopen(f"{address}/counts") as answer:  # noqa: S310  # the benchmark's own server
        found: dict[str, int] = json.load(answer)
    return found
