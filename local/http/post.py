"""HTTP POST to this machine and to no other."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = {"127.0.0.1", "localhost"}
_URL = re.compile(r"http://[!-~]+")
_TIMEOUT_S = 120  # longer than any function may take


class NotLocalError(ValueError):
    """The URL leads to another machine; the message is one line."""


@dataclass(frozen=True)
class Reply:
    """An HTTP reply; the status is 0 without one."""

    status: int
    body: bytes = b""


def port_of(url: str) -> int:
    """Return the port of a URL on this machine; raise NotLocalError for any other."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host not in _HERE or not _URL.fullmatch(url):
        raise NotLocalError(f"The local cloud posts to http://127.0.0.1 and http://localhost alone, not to {url!r}.")
    return 80 if port is None else port


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """POST the body once and return the reply; no redirect is followed. Raise NotLocalError."""
    # The number, not the name in the URL: a resolver cannot lead elsewhere.
    connection = http.client.HTTPConnection("127.0.0.1", port_of(url), timeout=_TIMEOUT_S)
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    try:
        connection.request("POST", target, body, {"Host": host, "Accept-Encoding": "identity", **headers})
        response = connection.getresponse()
        return Reply(response.status, response.read())
    except (OSError, http.client.HTTPException):
        return Reply(0)
    finally:
        connection.close()
