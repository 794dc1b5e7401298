"""Access by token: CI signs nothing, so the callback URL carries a secret (docs/guarantees.md)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ci_callback.config.settings import may_be_token
from ci_callback.errors import MethodNotAllowed, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ci_callback.delivery import Arrival


def check(arrival: Arrival, accepted: Iterable[str]) -> None:
    """Raise MethodNotAllowed or Unauthorized unless the arrival is a POST with a valid token.

    A direct Invoke (`method` is None) has been authorised by CAM and needs no token. `accepted` is read only if one of
    the arrival's may be valid, and only up to the first that is, since it may have to read a secret.
    """
    if arrival.method is None:
        return
    if arrival.method != "POST":
        raise MethodNotAllowed("Callbacks are sent by POST.")
    candidates = [candidate for candidate in arrival.tokens if may_be_token(candidate)]
    if not candidates or not any(_is_among(candidates, token.encode()) for token in accepted):
        raise Unauthorized("The URL does not end with a valid token, nor has it one in ?token=.")


def _is_among(candidates: Sequence[str], token: bytes) -> bool:
    """Return whether a candidate is the token, in a time independent of the token's text."""
    found = False
    for candidate in candidates:
        found |= hmac.compare_digest(candidate.encode(), token)
    return found
