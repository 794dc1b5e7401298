"""Bad weather between the function and COS: an HTTP proxy that spoils chosen requests."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from typing_extensions import Self

Fault = Literal[
    "none", "500", "503", "429", "403", "301", "reset", "lost-answer", "cut-headers", "no-metadata", "cut-body", "drip"
]

_STATUSES = {"500": "InternalError", "503": "SlowDown", "429": "TooManyRequests", "403": "AccessDenied"}


@dataclass
class Weather:
    """Passes requests on to a local COS; the n-th request meets the n-th fault, later ones the fault `then`."""

    upstream: str
    faults: list[Fault] = field(default_factory=list)
    then: Fault = "none"
    seen: list[str] = field(default_factory=list)
    # what answers a POST, which COS never gets from us: (headers, body) -> JSON, or None for no answer
    api: Callable[[Mapping[str, str], Any], Any] = lambda _headers, _body: None

    def __post_init__(self) -> None:
        """Listen."""
        weather = self
        self._lock = threading.Lock()
        self.ended = threading.Event()

        class Handler(_Handler):
            pass

        Handler.weather = weather
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def address(self) -> str:
        """What COS_ENDPOINT wants."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next_fault(self, method: str) -> Fault:
        """Return what the request at hand meets."""
        with self._lock:
            self.seen.append(method)
            return self.faults.pop(0) if self.faults else self.then


class _Handler(BaseHTTPRequestHandler):
    weather: Weather

    def do_POST(self) -> None:
        self.close_connection = True
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.weather.api(dict(self.headers.items()), body)
        if answer is not None:
            self._send(200, [("Content-Type", "application/json")], json.dumps({"Response": answer}).encode())

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(body)

    def do_GET(self) -> None:
        self._answer(b"")

    def do_DELETE(self) -> None:
        self._answer(b"")

    def do_HEAD(self) -> None:
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.close_connection = True
        fault = self.weather.next_fault(self.command)
        if fault == "reset":
            return
        if fault == "301":
            self._send(301, [("Location", "http://127.0.0.1:1/")], b"")
            return
        if fault in _STATUSES:
            self._send(int(fault), [("x-cos-request-id", "weather")], _error(_STATUSES[fault]))
            return
        status, headers, content = self._pass_on(body)
        if fault == "lost-answer":
            return
        if fault == "cut-headers":
            headers = headers[:1]
        if fault == "no-metadata":
            headers = [(name, value) for name, value in headers if "x-cos-meta" not in name.lower()]
        if fault == "drip":
            self._drip()
            return
        self._send(status, headers, content, cut=fault == "cut-body")

    def _pass_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        upstream = http.client.HTTPConnection(urlsplit(self.weather.upstream).netloc, timeout=5)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
            return answer.status, list(self._end_to_end(answer)), content
        finally:
            upstream.close()

    def _end_to_end(self, answer: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "content-length", "transfer-encoding", "keep-alive"}:
                yield name, value

    def _drip(self) -> None:
        """Send a header line that never ends, a byte at a time, until the other side has gone."""
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nx-drip: ")
            while not self.weather.ended.wait(0.02):
                self.wfile.write(b"x")
                self.wfile.flush()

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _error(code: str) -> bytes:
    parts = f"<Code>{code}</Code><Message>weather</Message><Resource>/</Resource><RequestId>weather</RequestId>"
    return f"<?xml version='1.0' encoding='utf-8' ?><Error>{parts}<TraceId>weather</TraceId></Error>".encode()
