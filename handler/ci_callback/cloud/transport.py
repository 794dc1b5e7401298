"""The way out of an instance: connections that are used again while it is warm, without proxies and redirects."""

from __future__ import annotations

import logging
import ssl
import threading
from contextvars import ContextVar
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ci_callback.errors import NotAllowed, Unavailable

from .connection import FAILURES, connect
from .names import look_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from .connection import Answer, Connection, Outgoing
    from .deadline import Patience

# The SDK logs every 4xx as an error, with the vendor's XML, and at DEBUG the signing key. The canonical line has all of
# it, without text that a caller chose.
_log = logging.getLogger("qcloud_cos")
_log.setLevel(logging.WARNING)
_log.propagate = False

# Called once for each request to COS or CI of a delivery or command, whose log line has their number.
# Threads that settle its jobs inherit it.
count_request: ContextVar[Callable[[], object]] = ContextVar("count_request", default=lambda: None)

_PORTS = {"https": 443, "http": 80}


class _Origin(NamedTuple):
    """A server that connections are made to, and the rule for its addresses where the platform's own do not count."""

    scheme: str
    host: str
    port: int
    is_allowed: Callable[[str], bool] | None


class Transport:
    """The connections of one instance, for as long as it is warm; all of them go to `endpoint` where that is set."""

    def __init__(self, endpoint: str = "") -> None:
        self._endpoint = endpoint
        self._idle: dict[_Origin, list[Connection]] = {}
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()  # jobs of a batch are settled at once

    def exchange(
        self,
        outgoing: Outgoing,
        patience: Patience,
        most: int | None,
        is_allowed: Callable[[str], bool] | None = None,
    ) -> Answer:
        """Send a request once and return its answer of any status; raise Unavailable where there is none.

        Raises Unreadable for an answer of more than `most` bytes; None reads no content. Raises NotAllowed unless every
        address of the host is allowed.
        """
        url = urlsplit(outgoing.url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        origin = _origin(urlsplit(self._endpoint), None) if self._endpoint else _origin(url, is_allowed)
        try:
            connection = self._connection(origin, patience)
            try:
                return connection.exchange(outgoing, target, patience, most)
            finally:
                self._put_back(origin, connection)
        except FAILURES as error:
            raise Unavailable(f"{url.hostname} could not be reached: {type(error).__name__}.") from None

    def _connection(self, origin: _Origin, patience: Patience) -> Connection:
        """Return an idle connection, else a new one."""
        while connection := self._take_idle(origin):
            if connection.is_idle:
                return connection
            connection.cut_off()
        addresses = look_up(origin.host, origin.port, patience)
        if origin.is_allowed and not all(origin.is_allowed(str(address[4][0])) for address in addresses):
            raise NotAllowed(f"{origin.host} has an address that is not public; nothing was sent.")
        return connect(addresses, patience, self._tls_context() if origin.scheme == "https" else None, origin.host)

    def _take_idle(self, origin: _Origin) -> Connection | None:
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else None

    def _put_back(self, origin: _Origin, connection: Connection) -> None:
        """Keep a connection for the next request, or close it where an exchange did not end as it should.

        Then the idle ones are closed too: after a pause a server has forgotten all, and each would cost an attempt.
        """
        with self._lock:
            idle = self._idle.setdefault(origin, [])
            if connection.is_reusable:
                idle.append(connection)
                return
            closed = [connection, *idle]
            idle.clear()
        for each in closed:
            each.cut_off()

    def _tls_context(self) -> ssl.SSLContext:
        """Return the one context of this instance: reading its certificates takes longer than a connection."""
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context(cafile=_certificates())
            return self._tls


def _certificates() -> str:
    """Return the path of certifi's bundle; its own function imports twenty modules to find it."""
    folder = find_spec("certifi").submodule_search_locations[0]  # type: ignore[union-attr, index]  # the SDK requires it
    return f"{folder}/cacert.pem"


def _origin(url: SplitResult, is_allowed: Callable[[str], bool] | None) -> _Origin:
    return _Origin(url.scheme, str(url.hostname), url.port or _PORTS[url.scheme], is_allowed)
