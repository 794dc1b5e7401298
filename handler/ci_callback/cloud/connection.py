"""One HTTP/1.1 connection, all of whose waits end in time. Once it is cut off, no thread and no socket is left.

The timeout of a socket counts from byte to byte, so an answer that drips would outlast any. Here each wait has what is
left of the attempt, in the TLS handshake, an endless `100 Continue` and a header without end too.
`http.client` reads the answers.
"""

from __future__ import annotations

import io
import select
import socket
import struct
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from weakref import finalize

from ci_callback.errors import Unreadable

from .deferred_imports import placeholders

with placeholders():
    from http import client
    from http.client import HTTPException, HTTPResponse

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

    from .deadline import Patience
    from .names import Address

FAILURES = (OSError, HTTPException, ValueError)  # of a connection, after any of which it is of no use

# More than fit into 2 KB of metadata: http.client reads 100, so that an uploader could make an object unreadable.
_MOST_HEADERS = 1000

# Of a status line and headers, interim answers included, and of what frames the content: http.client reads 64 KB a
# header, and all that arrives for a chunk of negative size.
_MOST_BESIDE_CONTENT = 64 * 1024

_FIRST = 16 * 1024  # bytes of a body that are sent with its head: of most bodies all
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: bytes that are not sent yet are dropped


class Outgoing(NamedTuple):
    """A request, whole and signed; `headers` has its Host."""

    method: str
    url: str
    headers: Mapping[str, str | bytes]
    body: bytes = b""


class Answer(NamedTuple):
    """An answer, whole; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Connection:
    """A connection over a socket. Its methods raise FAILURES."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._arrivals = select.poll()
        self._arrivals.register(connected, select.POLLIN)
        self.is_reusable = True
        finalize(self, connected.close)  # with the instance

    @property
    def is_idle(self) -> bool:
        """Return whether the server has neither closed the connection nor sent anything unasked."""
        return not self._arrivals.poll(0)

    def exchange(self, outgoing: Outgoing, target: str, patience: Patience, most: int | None) -> Answer:
        """Send a request and return its answer; raise Unreadable for an object of more than `most` bytes, not read.

        With None for `most` no content is read.
        """
        self.is_reusable = False
        self._send(_head(outgoing, target) + outgoing.body[:_FIRST], patience)
        self._send(memoryview(outgoing.body)[_FIRST:], patience)
        incoming = _Incoming(self._socket, patience)
        reader = _Reader(incoming)
        with HTTPResponse(reader, method=outgoing.method) as response:  # type: ignore[arg-type]  # it has makefile
            client._MAXHEADERS = _MOST_HEADERS  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way
            response.begin()
            if response.status < HTTPStatus.OK:
                raise HTTPException("An interim answer: the answer itself would be taken for that of the next request.")
            incoming.left += 2 * (most or 0)  # the chunks of a server that is no attacker have few more bytes
            content = b"" if most is None else _content(response, most, is_object=outgoing.method == "GET")
            self.is_reusable = response.isclosed() and not (response.will_close or reader.left or self._pending())
            return Answer(response.status, _headers(response), content)

    def cut_off(self) -> None:
        """Close the connection at once: bytes that are not sent yet never are."""
        with suppress(OSError):  # macOS refuses it for a connection that the server has reset
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()

    def _pending(self) -> int:
        """Return how many bytes TLS has decrypted that were not read."""
        pending = getattr(self._socket, "pending", None)  # only of a socket with TLS
        return pending() if pending else 0

    def _send(self, content: bytes | memoryview, patience: Patience) -> None:
        rest = memoryview(content)
        while rest:
            self._socket.settimeout(patience.wait())
            rest = rest[self._socket.send(rest) :]


class _Incoming(io.RawIOBase):
    """The bytes that arrive in answer to one request. Their end is an error: an answer ends by its own length."""

    def __init__(self, connected: socket.socket, patience: Patience) -> None:
        self._socket = connected
        self._patience = patience
        self.left = _MOST_BESIDE_CONTENT  # bytes that may arrive
        self.is_over = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]  # as it is called
        """Wait for bytes, for as long as there is time, and return None once the answer is over; raise OSError."""
        if self.is_over:
            return None
        self._socket.settimeout(self._patience.wait())
        count = self._socket.recv_into(buffer)
        if not count:
            raise ConnectionResetError
        self.left -= count
        if self.left < 0:
            raise HTTPException("The answer is larger than it may be.")
        return count


class _Reader(io.BufferedReader):
    """The bytes of an answer. Some are left if more arrived than it has: the next request must not read them."""

    def __init__(self, incoming: _Incoming) -> None:
        super().__init__(incoming)
        self._incoming = incoming
        self.left = b""

    def makefile(self, _mode: str) -> _Reader:
        """Return itself, as `http.client` asks of a socket."""
        return self

    def close(self) -> None:
        """Keep what is left."""
        self._incoming.is_over = True
        self.left = self.peek()
        super().close()


def connect(
    addresses: Sequence[Address], patience: Patience, tls: ssl.SSLContext | None, server_name: str
) -> Connection:
    """Connect to the first address that answers, by TLS where there is a context; raise OSError, ValueError."""
    failure: OSError = ConnectionRefusedError()
    for family, kind, protocol, _, address in addresses:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(patience.wait())
            opened.connect(address)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                opened.settimeout(patience.wait())
                opened = tls.wrap_socket(opened, server_hostname=server_name)
        except OSError as error:
            opened.close()
            failure = error
        else:
            return Connection(opened)
    raise failure


def _head(outgoing: Outgoing, target: str) -> bytes:
    """Return a request up to its body; raise ValueError for a part that would end its line early."""
    lines = [f"{outgoing.method} {target} HTTP/1.1".encode("ascii")]
    for name, value in outgoing.headers.items():
        text = value.encode("latin-1") if isinstance(value, str) else value
        lines.append(b"%s: %s" % (name.encode("ascii"), text))
    head = b"\r\n".join(lines)
    if " " in target or not head.count(b"\n") == head.count(b"\r") == len(lines) - 1:
        raise ValueError("A request has a space in its target or a line break in its head.")
    return head + b"\r\n\r\n"


def _content(response: HTTPResponse, most: int, *, is_object: bool) -> bytes:
    """Read the content of an answer, not compressed and of up to `most` bytes, by a length that is known.

    An object beyond that stays so, but the page of a gateway is no answer.
    """
    unreadable = Unreadable if is_object and response.status == HTTPStatus.OK else HTTPException
    if response.length == 0:  # of a HEAD too, whose headers describe content that does not follow
        return response.read()
    if response.length is None and not response.chunked:
        raise HTTPException("The answer has no length: it may be cut off.")
    if (response.length or 0) > most or response.headers.get("content-encoding"):
        raise unreadable(f"The answer is compressed or larger than {most} bytes; it was not read.")
    if not response.chunked:
        return response.read()
    content = response.read(most + 1)
    if len(content) > most:
        raise unreadable(f"The answer is larger than {most} bytes; the rest was not read.")
    return content


def _headers(response: HTTPResponse) -> dict[str, str]:
    """Return the headers of an answer, the values of a repeated one joined."""
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        earlier = headers.get(name.lower())
        headers[name.lower()] = value if earlier is None else f"{earlier}, {value}"
    return headers
