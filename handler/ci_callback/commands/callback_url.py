"""The callback URL as somebody set it: whether it leads here, and how to show it without its token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class CallbackUrl:
    """A URL that CI is to call; `candidates` are the texts in it that stand where a token may stand."""

    scheme: str
    host: str  # in lower case, with its port where it has one
    base: str = field(repr=False)  # the path without the token
    candidates: frozenset[str] = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL for a report: any other part may be a secret, of ours or of somebody else's."""
        return f"{self.scheme}://{self.host}/…"

    def has_one_of(self, tokens: Collection[str]) -> bool:
        """Whether one of the tokens opens it."""
        return not self.candidates.isdisjoint(tokens)

    def is_beside(self, other: CallbackUrl) -> bool:
        """Whether both are the same but for their tokens."""
        return (self.scheme, self.host, self.base) == (other.scheme, other.host, other.base)


def parse(text: str) -> CallbackUrl | None:
    """Return the URL, None for a text that is none that CI could call."""
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
