"""One connection of a local server: exact requests in, complete or damaged answers out.

The standard library's handler is the base because it keeps the exact request target and header bytes, from which COS
signatures are computed.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Protocol, cast

from local.http.message import Request, Response

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from local.http.message import Headers

_log = logging.getLogger(__name__)

_ABSOLUTE = re.compile(r"(?i:http)://(?P<host>[^/?#]+)(?P<rest>.*)")
_BODILESS = {204, 304}
_DRIP_S = 0.02  # between the bytes of an endless answer


class Owner(Protocol):
    """The server a connection belongs to; `closing` is set once it is being stopped."""

    answer: Callable[[Request], Response]
    closing: threading.Event


class Connection(BaseHTTPRequestHandler):
    """One connection from its first request to its last, in its own thread."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes; without this each answer waits 40 ms
    wbufsize = 1 << 16

    def handle_one_request(self) -> None:
        """Answer any method; http.server wants one `do_…` for each."""
        self.raw_requestline = self.rfile.readline(1 << 16)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        # http.server normalises `self.path` ("//x" becomes "/x"); COS keys must stay exact.
        target = self.raw_requestline.decode("latin-1").split()[1]
        body = self._body()
        if body is None:
            self.close_connection = True
            self._send(Response(400, (("Content-Type", "text/plain"),), b"malformed request body\n"))
            return
        target, headers = _origin_form(target, tuple(self.headers.items()))
        self._send(self._answer(Request(self.command, target, headers, body, self.client_address[0])))

    def handle_expect_100(self) -> bool:
        """Ask the client at once for its body; curl waits a second for this when the body is large."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def _answer(self, request: Request) -> Response:
        try:
            return cast("Owner", self.server).answer(request)
        except Exception as error:  # noqa: BLE001  # the client must get an answer
            _log.exception("the local cloud failed to answer %s %s", request.method, request.path)
            text = f"the local cloud failed: {type(error).__name__}: {error}\n"
            return Response(500, (("Content-Type", "text/plain; charset=utf-8"),), text.encode())

    def _send(self, response: Response) -> None:
        delivery = response.delivery
        closing = cast("Owner", self.server).closing
        closing.wait(delivery.wait_s)
        self.close_connection |= delivery.sent != "whole"
        if delivery.sent == "reset":
            self._reset()
        if delivery.sent in {"reset", "nothing"}:
            return
        head, body = self._head(response), self._answer_body(response)
        if delivery.sent == "endless-header":
            self._send_endless(head.splitlines(keepends=True)[0] + b"x-endless: ")
            return
        if delivery.sent == "first-header":
            head, body = b"".join(head.splitlines(keepends=True)[:2]), b""
        if delivery.sent == "half-body":
            body = body[: len(body) // 2]
        content = head + body
        step = 1 if delivery.drip_s else len(content)
        for begin in range(0, len(content), step):
            closing.wait(delivery.drip_s / len(content))
            self.wfile.write(content[begin : begin + step])
            self.wfile.flush()

    def _send_endless(self, begin: bytes) -> None:
        """Send a header line a byte at a time until the client disconnects."""
        self.wfile.write(begin)
        while not cast("Owner", self.server).closing.wait(_DRIP_S):
            self.wfile.write(b"x")
            self.wfile.flush()

    def _head(self, response: Response) -> bytes:
        names = {name.lower() for name, _ in response.headers}
        headers = [] if "date" in names else [("Date", self.date_time_string())]
        for name, value in response.headers:
            if name.lower() != "content-length" or self.command == "HEAD":
                headers.append((name, value))
        if not (self.command == "HEAD" and "content-length" in names) and response.status not in _BODILESS:
            headers.append(("Content-Length", str(len(response.body))))
        if self.close_connection:
            headers.append(("Connection", "close"))
        lines = [f"{self.protocol_version} {response.status} {self.responses.get(response.status, ('',))[0]}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _answer_body(self, response: Response) -> bytes:
        return b"" if self.command == "HEAD" or response.status in _BODILESS else response.body

    def _reset(self) -> None:
        # Closing with a linger of no seconds sends RST; the file objects would keep the socket open until later.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _body(self) -> bytes | None:
        """Return the complete body, or None when it cannot be read as announced."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunked_body()
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdecimal()):
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _chunked_body(self) -> bytes | None:
        body = bytearray()
        while True:
            size_line = self.rfile.readline(1 << 10).partition(b";")[0].strip()
            try:
                size = int(size_line, 16)
            except ValueError:
                return None
            if size <= 0:
                break
            body += self.rfile.read(size)
            self.rfile.readline(1 << 10)
        while self.rfile.readline(1 << 16).strip():
            pass  # trailers
        return bytes(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's signature
        """Log at debug level."""
        _log.debug(format, *args)


def _origin_form(target: str, headers: Headers) -> tuple[str, Headers]:
    """Return target and headers of a request to a proxy as the host that it names gets them (RFC 9112, 3.2.2)."""
    absolute = _ABSOLUTE.fullmatch(target)
    if not absolute:
        return target, headers
    others = tuple((name, value) for name, value in headers if name.lower() not in {"host", "proxy-connection"})
    path = absolute["rest"] if absolute["rest"].startswith("/") else f"/{absolute['rest']}"
    return path, (("Host", absolute["host"]), *others)
