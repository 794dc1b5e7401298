"""Connections to servers that break off, drip or never end: each exchange ends in time, and leaves nothing behind."""

from __future__ import annotations

import io
import itertools
import ssl
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from ci_callback.cloud.connection import Outgoing
from ci_callback.cloud.deadline import Patience
from ci_callback.cloud.transport import Transport
from ci_callback.errors import Unavailable, Unreadable
from tests.handler.cloud.certificate import certificate_for
from tests.handler.cloud.raw_server import OK, RawServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ci_callback.cloud.connection import Answer

HEAD = b"HTTP/1.1 200 OK\r\n"


URL = "http://cos.example.com/key"
BUFFER = io.DEFAULT_BUFFER_SIZE  # of a reader, which one answer fills


@pytest.fixture
def https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return the TLS of a server that a client believes to be `localhost`."""
    certificate = certificate_for("localhost", tmp_path)
    monkeypatch.setattr("ci_callback.cloud.transport._certificates", lambda: str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def ask(transport: Transport, url: str = URL, *, seconds: float = 5, most: int = 100) -> Answer:
    """Send a GET."""
    outgoing = Outgoing("GET", url, {"Host": "cos.example.com"})
    return transport.exchange(outgoing, Patience(time.monotonic() + seconds, seconds), most)


def slowly(*pieces: bytes) -> Iterator[bytes]:
    """Yield the pieces one after the other, and the last one without end."""
    for piece in itertools.chain(pieces, itertools.repeat(pieces[-1])):
        yield piece
        time.sleep(0.01)


ENDLESS = {
    "silence": [],
    "continue": slowly(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "status": slowly(b"HTTP/1.1 200 ", b"O"),
    "header": slowly(HEAD + b"x-endless: ", b"x"),
    "content": slowly(HEAD + b"Content-Length: 99\r\n\r\n", b"x"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_answer_without_an_end_is_cut_off(kind: str) -> None:
    """The connection is reset when time is over, and no thread is left."""
    with RawServer(ENDLESS[kind]) as server:
        before = threading.active_count()
        with pytest.raises(Unavailable, match=r"cos\.example\.com could not be reached: TimeoutError"):
            ask(Transport(server.address), seconds=0.15)
        assert threading.active_count() <= before + 1  # the server's own
    assert server.ends == ["reset"]


def test_tls_handshake_without_an_end_is_cut_off() -> None:
    """A server that accepts the connection and stays silent."""
    with RawServer([]) as server, pytest.raises(Unavailable, match="TimeoutError"):
        ask(Transport(f"https://127.0.0.1:{server.port}"), seconds=0.15)


def test_time_that_is_over_sends_nothing() -> None:
    """Not even a connection is opened."""
    with RawServer([OK]) as server, pytest.raises(Unavailable, match="TimeoutError"):
        ask(Transport(server.address), seconds=0)
    assert server.connections == 0


@pytest.mark.parametrize(
    "pieces",
    [
        [b""],
        [HEAD[:9], b""],
        [b"HTTP/1.1 204 No Content\r\nETag: e\r\n", b""],
        [HEAD + b"Content-Length: 9\r\n\r\nshort", b""],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", b""],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\nz\r\n"],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b""],
        [HEAD + b"\r\nno length", b""],
        [HEAD + b"Content-Length: x\r\n\r\n", b""],
        [HEAD + b"x: y\r\n" * 200 + b"\r\n"],
        [b"SSH-2.0-OpenSSH_9.6\r\n"],
        [b"HTTP/1.1 OK\r\n\r\n"],
    ],
)
def test_broken_answer_is_no_answer(pieces: list[bytes]) -> None:
    """Cut off in its head or content, of unknown length, or no HTTP."""
    with RawServer(pieces) as server, pytest.raises(Unavailable):
        ask(Transport(server.address))


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD, *[b"x: " + b"y" * 60_000 + b"\r\n"] * 100, b"Content-Length: 0\r\n\r\n"],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", *[b"x" * 60_000] * 100],
    ],
    ids=["headers", "a chunk of negative size"],
)
def test_answer_of_any_size_needs_little_memory(pieces: list[bytes]) -> None:
    """A receiver of webhooks chooses its answers: they must not take the memory of the instance."""
    with RawServer(pieces) as server:
        tracemalloc.start()
        with pytest.raises(Unavailable, match="HTTPException"):
            ask(Transport(server.address))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1_000_000
    assert server.ends == ["reset"]


@pytest.mark.parametrize(
    ("pieces", "content"),
    [
        ([HEAD + b"Content-Length: 4\r\n\r\nabcd"], b"abcd"),
        ([HEAD + b"Content-Length: 0\r\n\r\n"], b""),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"Content-Length: 1\r\n\r\na"], b"a"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"], b"abcd"),
        ([bytes([each]) for each in OK], b"ok"),
    ],
)
def test_whole_answer_is_read(pieces: list[bytes], content: bytes) -> None:
    """With a length or in chunks, in one piece or byte by byte; the connection is used again."""
    with RawServer(pieces, [OK]) as server:
        transport = Transport(server.address)
        assert ask(transport, most=4).content == content
        assert ask(transport).content == b"ok"
        assert server.connections == 1
        del transport
    assert server.ends == ["closed"]


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"Content-Length: 5\r\n\r\n"],
        [HEAD + b"Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\n"],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"],
    ],
)
def test_large_or_compressed_answer_is_not_read(pieces: list[bytes]) -> None:
    """Its length decides before the content arrives; of chunks no more is read than may be."""
    with RawServer(pieces) as server, pytest.raises(Unreadable):
        ask(Transport(server.address), most=4)


@pytest.mark.parametrize(("method", "status"), [("GET", "503 Busy"), ("POST", "200 OK")])
def test_large_or_compressed_answer_that_is_no_object_is_no_answer(method: str, status: str) -> None:
    """Of a gateway, say: the same request may work later."""
    page = f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\n".encode()
    outgoing = Outgoing(method, URL, {"Host": "cos.example.com"})
    with RawServer([page]) as server, pytest.raises(Unavailable, match="HTTPException"):
        Transport(server.address).exchange(outgoing, Patience(time.monotonic() + 5, 5), 100)


@pytest.mark.parametrize("closing", [[OK, b""], [OK.replace(b"ETag", b"Connection: close\r\nETag")]])
def test_closed_connection_is_not_used_again(closing: list[bytes]) -> None:
    """One that the server has closed, or says it will, is replaced; no request is lost for it."""
    with RawServer(closing, [OK]) as server:
        transport = Transport(server.address)
        assert ask(transport).content == b"ok"
        while not server.ends:
            time.sleep(0.01)
        assert ask(transport).content == b"ok"
        assert (server.connections, len(server.requests)) == (2, 2)
        del transport


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("size", [0, 2, BUFFER - len(HEAD + b"Content-Length: 8000\r\n\r\n")])
def test_second_answer_is_not_taken_for_that_of_the_next_request(scheme: str, size: int, https: ssl.SSLContext) -> None:
    """In the buffer of the reader, in that of TLS or in the socket's, it ends the connection."""
    first = HEAD + b"Content-Length: %d\r\n\r\n" % size
    second = HEAD + b"Content-Length: 6\r\n\r\nforged"
    with RawServer([first.ljust(size + len(first)) + second], [OK], tls=https if scheme == "https" else None) as server:
        transport = Transport(f"{scheme}://localhost:{server.port}")
        assert ask(transport, most=size).content == b" " * size
        assert ask(transport).content == b"ok"
        assert server.connections == 2
        del transport


def test_connection_with_tls_is_used_again(https: ssl.SSLContext) -> None:
    """The server's messages to TLS itself are no second answer."""
    with RawServer(*[[OK]] * 3, tls=https) as server:
        transport = Transport(f"https://localhost:{server.port}")
        assert [ask(transport).content for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 1
        del transport


def test_connection_is_not_used_again_after_an_error() -> None:
    """The rest of a late answer could be taken for that of the next request."""
    with RawServer([], [OK]) as server:
        transport = Transport(server.address)
        with pytest.raises(Unavailable):
            ask(transport, seconds=0.1)
        assert ask(transport).content == b"ok"
        assert server.connections == 2
        del transport


def test_idle_connections_of_a_server_that_has_forgotten_one_are_not_used() -> None:
    """Else one after the other would cost all attempts of the first request after a pause."""
    together = threading.Barrier(3)

    def once_all_have_arrived() -> Iterator[bytes]:
        together.wait(timeout=5)
        yield OK

    with RawServer(*(once_all_have_arrived() for _ in range(3)), [b""], [OK]) as server:
        transport = Transport(server.address)
        threads = [threading.Thread(target=ask, args=(transport,)) for _ in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        with pytest.raises(Unavailable, match="ConnectionResetError"):
            ask(transport)
        assert ask(transport).content == b"ok"
        assert server.connections == 4
        del transport


def test_bytes_that_were_not_sent_in_time_never_are() -> None:
    """Of a request that is cut off, the server receives a part and then a reset."""
    outgoing = Outgoing("PUT", URL, {"Content-Length": "50000000"}, bytes(50_000_000))
    with RawServer(slowly(b"HTTP/1.1 100 Continue\r\n\r\n")) as server, pytest.raises(Unavailable):
        Transport(server.address).exchange(outgoing, Patience(time.monotonic() + 0.2, 0.2), 100)
    assert server.ends == ["reset"]
    assert sum(map(len, server.requests)) < 50_000_000


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (URL, {"x-cos-meta-a": "b\r\nx-cos-forbid-overwrite: false"}),
        (URL, {"x\n": "b"}),
        ("http://cos.example.com/key HTTP/1.1 x", {}),
        ("http://cos.example.com/ключ", {}),
    ],
)
def test_request_that_would_break_its_line_is_not_sent(url: str, headers: dict[str, str]) -> None:
    """A line break in a header, a space or text beyond ASCII in a target."""
    with RawServer([OK]) as server, pytest.raises(Unavailable, match="Error"):
        Transport(server.address).exchange(Outgoing("GET", url, headers), Patience(time.monotonic() + 5, 5), 100)
    assert server.requests == []


def test_repeated_header_is_joined() -> None:
    """In any spelling of its name."""
    with RawServer([b"HTTP/1.1 204 No Content\r\nVary: a\r\nvary: b\r\n\r\n"]) as server:
        assert ask(Transport(server.address)).headers == {"vary": "a, b"}


def test_neither_proxy_nor_netrc_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request goes to the host of its URL."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with RawServer([OK]) as server:
        assert ask(Transport(), f"{server.address}/?a=b").content == b"ok"
    assert server.requests[0].startswith(b"GET /?a=b HTTP/1.1\r\n")
    assert b"authorization" not in server.requests[0].lower()


def test_interim_answer_is_no_answer() -> None:
    """The connection ends, as the answer itself would be taken for that of the next request."""
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with RawServer([early + OK]) as server, pytest.raises(Unavailable, match="HTTPException"):
        ask(Transport(server.address))
