"""Webhooks are posted to public addresses only, over TLS, and redirects are not followed."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
import time
import tracemalloc
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import certifi
import pytest
from standardwebhooks import Webhook

from ci_callback.actions import webhook
from ci_callback.actions.message import Message
from ci_callback.cloud import transport
from ci_callback.cloud.deadline import Deadline
from ci_callback.cloud.transport import Transport
from ci_callback.config import then
from ci_callback.errors import ActionRefused, ActionUnavailable
from ci_callback.results.record import Record
from tests.handler.actions.acting import SECRETS, THEN, routes
from tests.handler.cloud.certificate import certificate_for
from tests.support.bodies import body, job
from tests.support.bucket import result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typing_extensions import Self

    from tests.support.deployment import Deployment

HOST = "hooks.example.com"
RECORD = Record("s1", "Success", "2025-03-01T01:00:09.000000+00:00", "0" * 64)
NAMES = {"JobId": "s1", "Tag": "SoundHound", "State": "Success"}
MESSAGE = Message("test-1234567890", "ap-chongqing", "a.json", RECORD, NAMES, result_of(body(job())))

# Private, loopback, link-local and metadata addresses, in IPv4 and IPv6.
NOT_PUBLIC = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.0.23", "169.254.169.254"),  # noqa: S104 - nothing listens there
    *("100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00::1", "ff02::1", "fec0::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:17"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "2001:db8::1"),
]
PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_private_address_is_not_public(address: str) -> None:
    """Private, shared, loopback, link-local, multicast and reserved, also as IPv4 within IPv6."""
    assert not then.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_internet_address_is_public(address: str) -> None:
    """In IPv4 and IPv6."""
    assert then.is_public(address)


class Resolver:
    """A substitute for the lookup of names: returns `answers` in turn, then the last; `asked` counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        """Return a result of getaddrinfo; an address is its own."""
        try:
            ipaddress.ip_address(host)
            addresses = [host]
        except ValueError:
            addresses = self.answers[min(self.asked, len(self.answers) - 1)]
            self.asked += 1
        families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (each, port)) for family, each in zip(families, addresses, strict=True)
        ]


class Listener:
    """An HTTPS server at 127.0.0.1 with a certificate for `names`, which keeps its requests."""

    def __init__(self, certificate: Path, status: int = 204) -> None:
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        self.server_names: list[str | None] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                listener.came.append((self.path, {k.lower(): v for k, v in self.headers.items()}, content))
                self.send_response(status)
                self.send_header("Location", f"https://{HOST}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port

    def __enter__(self) -> Self:
        """Start the server."""
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@contextmanager
def listening(
    patch: pytest.MonkeyPatch, folder: Path, *, name: str = HOST, status: int = 204, resolver: Resolver | None = None
) -> Iterator[Listener]:
    """Resolve the host to a local server with a certificate for `name`, and treat this machine as public."""
    certificate = certificate_for(name, folder)
    patch.setattr(socket, "getaddrinfo", resolver or Resolver(["127.0.0.1"]))
    patch.setattr(transport, "_certificates", lambda: str(certificate))
    patch.setattr(webhook, "is_public", lambda address: address == "127.0.0.1" or then.is_public(address))
    with Listener(certificate, status) as listener:
        yield listener


def post(port: int, path: str = "/hook?a=b", over: Transport | None = None) -> None:
    """Post the message to a port of the host."""
    patience = Deadline(time.monotonic() + 8).patience(1)
    webhook.send(over or Transport(), f"https://{HOST}:{port}{path}", MESSAGE, SECRETS[:1], patience)


def test_post_is_sent_by_tls_to_the_checked_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The connection is to the checked address, and names the host in TLS and in HTTP."""
    with listening(monkeypatch, tmp_path) as listener:
        post(listener.port)
    ((path, headers, content),) = listener.came
    assert path == "/hook?a=b"
    assert headers["host"] == f"{HOST}:{listener.port}"
    assert listener.server_names == [HOST]
    assert Webhook(SECRETS[0]).verify(content, headers)["data"]["key"] == "a.json"


@pytest.mark.parametrize("addresses", [[address] for address in NOT_PUBLIC] + [["1.1.1.1", "10.0.0.1"]])
def test_nothing_is_sent_to_a_private_address(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with such an address, even beside a public one, is refused before any connection."""
    monkeypatch.setattr(socket, "getaddrinfo", Resolver(addresses))
    monkeypatch.setattr(socket, "socket", None)  # any connection fails otherwise
    with pytest.raises(ActionRefused, match=r"hooks\.example\.com has an address that is not public"):
        post(443)


def test_host_is_looked_up_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A second lookup could return another address (DNS rebinding)."""
    resolver = Resolver(["127.0.0.1"], ["10.0.0.1"])
    with listening(monkeypatch, tmp_path, resolver=resolver) as listener:
        post(listener.port)
    assert len(listener.came) == resolver.asked == 1


@pytest.mark.parametrize(("values", "has_result"), [(300_000, True), (400_000, False)])
def test_message_takes_no_more_memory_than_its_text(values: int, has_result: bool) -> None:  # noqa: FBT001  # a parameter
    """The result in it is not parsed, which takes many times its bytes."""
    large = MESSAGE._replace(document=b'{"a":[%s1]}' % (b"[]," * values))
    tracemalloc.start()
    text = large.text(webhook.MOST)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert json.loads(text)["data"].keys() - {"bucket", "region", "key", "sha256", *NAMES} == (
        {"result"} if has_result else set()
    )
    assert peak < 3 * len(text) + 20_000


def test_certificates_are_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Reading them takes longer than a connection."""
    assert transport._certificates() == certifi.where()
    one = Transport()
    with listening(monkeypatch, tmp_path) as listener:
        asked: list[str] = []
        certificates = transport._certificates

        def counted() -> str:
            asked.append("")
            return certificates()

        monkeypatch.setattr(transport, "_certificates", counted)
        post(listener.port, over=one)
        post(listener.port, over=one)
    assert (len(listener.came), len(asked)) == (2, 1)


def test_ipv4_address_is_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SCF has no IPv6."""
    with listening(monkeypatch, tmp_path, resolver=Resolver([PUBLIC[2], "127.0.0.1"])) as listener:
        post(listener.port)
    assert len(listener.came) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A redirect, even to the same host, is a refusal."""
    with listening(monkeypatch, tmp_path, status=status) as listener, pytest.raises(ActionRefused, match=str(status)):
        post(listener.port)
    assert [path for path, _, _ in listener.came] == ["/hook?a=b"]


def test_certificate_of_another_host_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server with the address but without the certificate receives nothing."""
    with (
        listening(monkeypatch, tmp_path, name="other.example.com") as listener,
        pytest.raises(ActionUnavailable, match="SSLCertVerificationError"),
    ):
        post(listener.port)
    assert listener.came == []


def test_unreachable_host_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed lookup or connection is transient."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ActionUnavailable, match="gaierror"):
        post(443)


def test_private_address_is_a_dead_letter(deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without COS_ENDPOINT a host with a private address is refused, and the delivery kept."""
    deployed = deploy(ROUTES=routes(THEN["post"]), WEBHOOK_SECRET=SECRETS[0])
    real = webhook.send

    def deployed_send(_: Transport, *given: Any) -> None:
        real(Transport(), *given)  # without COS_ENDPOINT

    monkeypatch.setattr(webhook, "send", deployed_send)
    look_up = socket.getaddrinfo

    def resolve(host: str, *given: Any, **more: Any) -> Any:
        return Resolver(["169.254.0.23"])(host, 443) if host == "example.com" else look_up(host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == "action-refused"
    assert "example.com has an address that is not public" in dead_letter["detail"]


def test_secret_may_lack_its_padding() -> None:
    """With and without `=` at its end."""
    padded = "whsec_" + base64.b64encode(bytes(32)).decode()
    now = dt.datetime.now(dt.timezone.utc)
    assert Webhook(padded).sign("i", now, "x") == Webhook(padded.rstrip("=")).sign("i", now, "x")
