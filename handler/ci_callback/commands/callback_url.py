"""Callback URLs as configured: compare them with this function's, and show them without their token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class CallbackUrl:
    """A URL for CI to call; `candidates` are the parts of it that can be a token."""

    scheme: str
    host: str  # in lower case, with its port if it has one
    base: str = field(repr=False)  # the path without the token
    candidates: frozenset[str] = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL for a report. Any part but the host may be a secret."""
        return f"{self.scheme}://{self.host}/…"

    def has_one_of(self, tokens: Collection[str]) -> bool:
        """Return whether the URL has one of the tokens."""
        return not self.candidates.isdisjoint(tokens)

    def is_beside(self, other: CallbackUrl) -> bool:
        """Return whether both are the same but for their tokens."""
        return (self.scheme, self.host, self.base) == (other.scheme, other.host, other.base)


def parse(text: str) -> CallbackUrl | None:
    """Parse a URL; return None for a text that CI could not call."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        return None
    host = parts.hostname if port is None else f"{parts.hostname}:{port}"
    path = parts.path.rstrip("/")
    in_query = parse_qs(parts.query).get("token", [])
    base, _, last = path.rpartition("/")
    return CallbackUrl(parts.scheme, host, path if in_query else base, frozenset({unquote(last), *in_query} - {""}))
