"""HTTP requests and responses of the local cloud's servers.

Header names and values are "wire strings": one character a byte (latin-1), so that no byte is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """A request; `target` is the raw request target with its query string."""

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

    @property
    def query_texts(self) -> dict[str, str]:
        """The query string's values by name, as text; of a repeated name the last one."""
        return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in self.parameters}

    def header(self, name: str) -> str:
        """Return the header's value, repeated ones joined by ", ", or ""."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)


@dataclass(frozen=True)
class Delivery:
    """The part of a response that is sent, and its times; by default all of it at once. A cut ends the connection."""

    sent: Literal["whole", "nothing", "reset", "first-header", "half-body", "endless-header"] = "whole"
    wait_s: float = 0  # before the first byte
    drip_s: float = 0  # from the first byte to the last


@dataclass(frozen=True)
class Response:
    """A response. A Content-Length among the headers of an answer to HEAD is kept."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    delivery: Delivery = Delivery()

    def header(self, name: str) -> str:
        """Return the header's value, or ""."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1"))
