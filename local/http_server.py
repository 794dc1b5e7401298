"""A small threaded HTTP/1.1 server on 127.0.0.1: one callable from request to response.

The standard library's server is the base because it hands over what COS signatures are computed on: the
request target and the header bytes exactly as they came. Header names and values are "wire strings": one
character a byte (latin-1), so that nothing is lost on the way in or out.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import socketserver
import struct
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

_log = logging.getLogger(__name__)

Headers = tuple[tuple[str, str], ...]

_BODILESS = {204, 304}


@dataclass(frozen=True)
class Request:
    """What came in; `target` is the raw request target with its query string."""

    method: str
    target: str
    headers: Headers
    body: bytes
    client: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The target before its query string, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query string, still encoded."""
        return self.target.partition("?")[2]

    @property
    def parameters(self) -> list[tuple[bytes, bytes]]:
        """The query string's pairs in order, decoded; a bare name has an empty value."""
        pairs = (part.partition("=") for part in self.query.split("&") if part)
        return [(_decoded(name), _decoded(value)) for name, _, value in pairs]

    def header(self, name: str) -> str:
        """Return the header's value, repeated ones joined by ", ", or ""."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)


@dataclass(frozen=True)
class Delivery:
    """How much of an answer leaves, and when; by default all of it at once. What is cut off ends the connection."""

    sent: Literal["whole", "nothing", "reset", "first-header", "half-body"] = "whole"
    wait_s: float = 0  # before the first byte
    drip_s: float = 0  # from the first byte to the last


@dataclass(frozen=True)
class Response:
    """What goes out. A Content-Length among the headers of a HEAD answer is kept as it stands."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    delivery: Delivery = Delivery()

    def header(self, name: str) -> str:
        """Return the header's value, or ""."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1"))


class LocalServer:
    """Serves `answer` from `start` to `stop`; every request runs in its connection's own thread."""

    def __init__(self, answer: Callable[[Request], Response], *, port: int = 0) -> None:
        self._server = _Server(port, answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="local-http")

    @property
    def port(self) -> int:
        """The TCP port, the free one found when 0 was asked for."""
        return self._server.server_address[1]

    @property
    def address(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Begin to answer; the port has been taken since construction."""
        self._thread.start()
        return self

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until the server is stopped."""
        self._server.closing.wait(seconds)

    def stop(self) -> None:
        """Stop listening, end idle connections, and wait for every thread."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class Service(ABC):
    """Something that answers at a `LocalServer`, from `start` to `stop` or inside a `with`."""

    def __init__(self, port: int) -> None:
        self._server = LocalServer(self._answer, port=port)

    @abstractmethod
    def _answer(self, request: Request) -> Response:
        """Return the answer to a request."""

    def start(self) -> Self:
        """Begin to answer."""
        self._server.start()
        return self

    def stop(self) -> None:
        """End every connection."""
        self._server.stop()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:<port>`; every path below it is answered."""
        return self._server.address

    @property
    def port(self) -> int:
        """The TCP port."""
        return self._server.port


class PortTakenError(OSError):
    """Another program listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken by another program")
        self.port = port


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 128  # tests send dozens at once
    daemon_threads = False  # so that server_close waits for them

    def __init__(self, port: int, answer: Callable[[Request], Response]) -> None:
        self.answer = answer
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        try:
            super().__init__(("127.0.0.1", port), _Connection)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(port) from error
            raise

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        with self._lock:
            self._connections.add(cast("socket.socket", request))
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._lock:
            self._connections.discard(cast("socket.socket", request))
        super().shutdown_request(request)

    def server_close(self) -> None:
        self.closing.set()
        # A kept-alive connection waits for its next request for ever: end reading, let answers go out.
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # the base's signature
        _log.debug("a client went away", exc_info=True)


class _Connection(BaseHTTPRequestHandler):
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
        # `self.path` has been tidied by http.server ("//x" is "/x" there); COS keys must stay as they are.
        target = self.raw_requestline.decode("latin-1").split()[1]
        body = self._body()
        if body is None:
            self.close_connection = True
            self._send(Response(400, (("Content-Type", "text/plain"),), b"malformed request body\n"))
            return
        headers = tuple(self.headers.items())
        self._send(self._answer(Request(self.command, target, headers, body, self.client_address[0])))

    def handle_expect_100(self) -> bool:
        """Tell the client at once to send its body; curl waits a second for this when the body is large."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def _answer(self, request: Request) -> Response:
        try:
            return cast("_Server", self.server).answer(request)
        except Exception as error:  # noqa: BLE001  # the client must get an answer
            _log.exception("the local cloud failed to answer %s %s", request.method, request.path)
            text = f"the local cloud failed: {type(error).__name__}: {error}\n"
            return Response(500, (("Content-Type", "text/plain; charset=utf-8"),), text.encode())

    def _send(self, response: Response) -> None:
        delivery = response.delivery
        closing = cast("_Server", self.server).closing
        closing.wait(delivery.wait_s)
        self.close_connection |= delivery.sent != "whole"
        if delivery.sent == "reset":
            self._reset()
        if delivery.sent in {"reset", "nothing"}:
            return
        head, body = self._head(response), self._answer_body(response)
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
        """Return the whole body, or None when it cannot be read as announced."""
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
        _log.debug(format, *args)
