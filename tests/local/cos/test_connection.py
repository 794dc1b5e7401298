"""HTTP connections to the local COS, and the view for people."""

from __future__ import annotations

import http.client
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from local.cos.server import LocalCos
from local.faults.requests import Faults
from local.http.connection import Connection
from local.http.server import PortTakenError
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
)

if TYPE_CHECKING:
    import requests


def test_connection_serves_many_requests(cos: LocalCos) -> None:
    """HTTP/1.1 connections stay open, also after an error and a HEAD."""
    connection = http.client.HTTPConnection("127.0.0.1", cos.port)
    sockets = set()
    for method, path in [("GET", "/"), ("PUT", "/a"), ("HEAD", "/"), ("GET", "/absent"), ("GET", "/")]:
        connection.request(method, path, b"body" if method == "PUT" else None)
        connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets - {None}) == 1
    connection.close()


@pytest.mark.parametrize(
    "head",
    [b"PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"],
)
def test_malformed_body_is_400(cos: LocalCos, head: bytes) -> None:
    """A body that cannot be read as announced ends the connection."""
    with socket.create_connection(("127.0.0.1", cos.port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(head)
        assert answer.read().startswith(b"HTTP/1.1 400 ")


def test_expected_continue_is_answered(cos: LocalCos) -> None:
    """A client that announces its body first gets 100 Continue."""
    with socket.create_connection(("127.0.0.1", cos.port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(b"PUT /a HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        connection.sendall(b"x")
        assert answer.readline() == b"\r\n"
        assert answer.readline().startswith(b"HTTP/1.1 405 ")


def test_request_of_a_client_that_has_hung_up_is_waited_for(cos: LocalCos, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is still there is not."""
    monkeypatch.setattr(cos, "faults", Faults(latency=0.1))
    with socket.create_connection(("127.0.0.1", cos.port)):
        with socket.create_connection(("127.0.0.1", cos.port)) as client:
            client.sendall(f"GET /a HTTP/1.1\r\nHost: {BUCKET}.cos.{REGION}.myqcloud.com\r\n\r\n".encode())
        cos.finish_abandoned()
    assert [seen.key for seen in cos.requests] == ["a"]


def test_request_that_the_server_has_reset_is_not_waited_for(cos: LocalCos, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket is closed before its thread has ended."""
    is_reset, may_end = threading.Event(), threading.Event()
    reset = Connection._reset

    def reset_and_wait(connection: Connection) -> None:
        reset(connection)
        is_reset.set()
        may_end.wait(5)

    monkeypatch.setattr(Connection, "_reset", reset_and_wait)
    monkeypatch.setattr(cos, "faults", Faults(only=lambda _: True, then="reset"))
    with socket.create_connection(("127.0.0.1", cos.port)) as client:
        client.sendall(f"GET /a HTTP/1.1\r\nHost: {BUCKET}.cos.{REGION}.myqcloud.com\r\n\r\n".encode())
        assert is_reset.wait(5)
        cos.finish_abandoned()
    may_end.set()


def test_stop_leaves_no_thread_and_no_port() -> None:
    """After stop no thread is left, not even one of an idle connection, and the port is free again."""
    before = set(threading.enumerate())
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        port = cos.port
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/")
        connection.getresponse().read()
    assert set(threading.enumerate()) <= before
    connection.close()
    LocalCos(buckets={}, credentials=CREDENTIALS, port=port).stop()


def test_taken_port_is_named(running: LocalCos) -> None:
    """The error names the port."""
    with pytest.raises(PortTakenError, match=f"port {running.port} is taken"):
        LocalCos(buckets={}, credentials=CREDENTIALS, port=running.port)


def test_view_without_a_cos_host_is_read_only(cos: LocalCos, session: requests.Session) -> None:
    """The listing and each object can be read, nothing written, and nothing is recorded."""
    cos.put(BUCKET, "a/中.json", b"{}", content_type="application/json")
    assert session.get(f"{cos.address}/").text == (f"{BUCKET} ({REGION}): 1 object\n  /{BUCKET}/a/中.json  2 bytes\n")
    answer = session.get(f"{cos.address}/{BUCKET}/{quote('a/中.json')}")
    assert (answer.content, answer.headers["Content-Type"]) == (b"{}", "application/json")
    assert session.get(f"{cos.address}/{BUCKET}/absent").status_code == 404
    assert session.get(f"{cos.address}/other/a").status_code == 404
    refused = session.put(f"{cos.address}/{BUCKET}/a", data=b"x")
    assert (refused.status_code, "Host <bucket>.cos.<region>" in refused.text) == (405, True)
    assert cos.requests == []
