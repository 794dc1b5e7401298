"""A server that answers with exact bytes, so that a test can break HTTP in any way."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from typing_extensions import Self

OK = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nx-cos-request-id: r\r\nContent-Length: 2\r\n\r\nok'


class RawServer:
    """Answers the n-th request with the pieces of the n-th answer, then closes the connection if there is no other.

    A piece of no bytes closes it before. `connections` counts them, `requests` has what was received, `ends` how each
    connection ended: by the `server`, or `closed` or `reset` by the client. With `tls` it speaks HTTPS.
    """

    def __init__(self, *answers: Iterable[bytes], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.ends: list[str] = []
        self.connections = 0
        self._answers = [*answers]
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        """Begin to accept connections."""
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, once the client has ended its connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(5)  # a client that leaves it open must not hold up the test
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as opened:
                end = self._answer(opened)
        except OSError:
            end = "reset"
        self.ends.append(end)

    def _answer(self, connection: socket.socket) -> str:
        while received := connection.recv(1 << 16):
            self.requests.append(received)
            for piece in self._answers.pop(0) if self._answers else [b""]:
                if not piece:
                    return "server"
                connection.sendall(piece)
        return "closed"
