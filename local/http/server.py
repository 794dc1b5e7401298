"""A small threaded HTTP/1.1 server on 127.0.0.1: one callable from request to response."""

from __future__ import annotations

import contextlib
import errno
import logging
import select
import socket
import socketserver
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, cast

from local.http.connection import Connection
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from local.http.message import Request, Response

_log = logging.getLogger(__name__)

_HANG_UP = getattr(select, "POLLRDHUP", select.POLLHUP)  # Linux has the first, also for one end alone
_POLL_S = 0.005


class LocalServer:
    """Serves `answer` from `start` to `stop`; every request runs in its connection's own thread."""

    def __init__(self, answer: Callable[[Request], Response], *, port: int = 0) -> None:
        self._server = _Server(port, answer)
        self._thread = threading.Thread(target=self._server.serve, name="local-http")

    @property
    def port(self) -> int:
        """The TCP port, the free one found when 0 was asked for."""
        return self._server.server_address[1]

    @property
    def address(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start to answer; the port has been taken since construction."""
        self._thread.start()
        return self

    def pause(self, seconds: float) -> None:
        """Wait, at most until the server is stopped."""
        self._server.closing.wait(seconds)

    def finish_abandoned(self) -> None:
        """Wait until each request of a client that has hung up is carried out."""
        while self._server.has_hung_up():
            self.pause(_POLL_S)

    def stop(self) -> None:
        """Stop listening, end idle connections, and wait for every thread."""
        self._server.closing.set()
        if self._thread.is_alive():
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the thread, which accepts no other
            self._thread.join()
        self._server.server_close()


class Service(ABC):
    """A service that answers at a `LocalServer`, from `start` to `stop` or inside a `with`."""

    def __init__(self, port: int) -> None:
        self._server = LocalServer(self._answer, port=port)

    @abstractmethod
    def _answer(self, request: Request) -> Response:
        """Return the answer to a request."""

    def start(self) -> Self:
        """Start to answer."""
        self._server.start()
        return self

    def stop(self) -> None:
        """End every connection."""
        self._server.stop()

    def finish_abandoned(self) -> None:
        """Wait until each request of a client that has hung up is carried out."""
        self._server.finish_abandoned()

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


class PortTakenError(UserError):
    """The port is in use by another program, or reserved by the system."""

    def __init__(self, port: int, by: str = "another program") -> None:
        super().__init__(f"port {port} is taken by {by}")
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
            super().__init__(("127.0.0.1", port), Connection)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(port) from error
            if error.errno == errno.EACCES:
                raise PortTakenError(port, "the system, as those below 1024 are") from error
            raise

    def serve(self) -> None:
        """Accept connections until `closing` is set; unlike `serve_forever`, without a poll that delays the end."""
        while not self.closing.is_set():
            self.handle_request()

    def verify_request(self, *_: object) -> bool:
        """Refuse the connections that arrive after `closing` is set."""
        return not self.closing.is_set()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection; `has_hung_up` sees it before or after this, never in between."""
        with self._lock:
            accepted = super().get_request()
            self._connections.add(accepted[0])
            return accepted

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._lock:
            self._connections.discard(cast("socket.socket", request))
        super().shutdown_request(request)

    def has_hung_up(self) -> bool:
        """Return whether a client with a connection here has closed its end, or a connection was not accepted yet."""
        poll = select.poll()
        with self._lock:
            poll.register(self.socket, select.POLLIN)
            for number in [connection.fileno() for connection in self._connections]:
                if number >= 0:  # else it was reset from here
                    poll.register(number, _HANG_UP)
            return bool(poll.poll(0))

    def server_close(self) -> None:
        self.closing.set()
        # A kept-alive connection waits for its next request forever: end reading, let answers finish.
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # the base's signature
        _log.debug("a client went away", exc_info=True)
