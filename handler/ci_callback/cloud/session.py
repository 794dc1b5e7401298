"""A session for the COS SDK, which signs and speaks; `transport.py` sends. It takes the place of `requests`.

`requests` takes two fifths of the SDK's time for a PUT, and most of its import. docs/performance.md has the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from ci_callback.errors import Unavailable

from .connection import Outgoing
from .transport import count_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from .deadline import Patience
    from .transport import Transport

    # Adds the Authorization header to a request.
    Sign: TypeAlias = Callable[["_Unsigned"], object]

_REDIRECTS = range(300, 400)


class Response(NamedTuple):
    """An answer as the SDK reads it; the names of its headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as text, which is UTF-8 in COS and CI."""
        return self.content.decode("utf-8", "replace")


class _Unsigned:
    """A request as the SDK signs it."""

    def __init__(self, method: str, url: str, headers: dict[str, str | bytes]) -> None:
        self.method = method
        self.url = url
        self.headers = headers


class Session:
    """The session of one attempt. Its methods raise Unavailable, and Unreadable for more than `most` bytes."""

    def __init__(self, transport: Transport, patience: Patience, most: int, *, accept_redirect: bool) -> None:
        self._transport = transport
        self._patience = patience
        self._most = most
        self._refused = range(0) if accept_redirect else _REDIRECTS

    def get(self, url: str, **given: Any) -> Response:
        """Send a GET."""
        return self._send("GET", url, **given)

    def head(self, url: str, **given: Any) -> Response:
        """Send a HEAD."""
        return self._send("HEAD", url, **given)

    def put(self, url: str, **given: Any) -> Response:
        """Send a PUT."""
        return self._send("PUT", url, **given)

    def post(self, url: str, **given: Any) -> Response:
        """Send a POST."""
        return self._send("POST", url, **given)

    def delete(self, url: str, **given: Any) -> Response:
        """Send a DELETE."""
        return self._send("DELETE", url, **given)

    def _send(  # noqa: PLR0913 - as the SDK calls it
        self,
        method: str,
        url: str,
        *,
        auth: Sign,
        headers: Mapping[str, str | bytes],
        data: bytes = b"",
        params: Mapping[str, str | bytes] | None = None,
        **_others: object,  # of `requests`: time limits, proxies, redirects and streams have no use here
    ) -> Response:
        """Sign and send a request; raise Unavailable for a redirect, which the SDK takes for success."""
        unsigned = _Unsigned(method, url, {"Host": urlsplit(url).netloc, "Accept-Encoding": "identity", **headers})
        if data or method in {"PUT", "POST"}:
            unsigned.headers["Content-Length"] = str(len(data))
        auth(unsigned)
        query = urlencode(params or {}, quote_via=quote)
        count_request.get()()
        outgoing = Outgoing(method, f"{url}?{query}" if query else url, unsigned.headers, data)
        answer = self._transport.exchange(outgoing, self._patience, self._most)
        if answer.status in self._refused or not answer.headers.keys() & {"x-cos-request-id", "x-ci-request-id"}:
            raise Unavailable(f"An answer of status {answer.status} is a redirect, or not COS's.")
        return Response(*answer)
