"""Access by token: CI signs nothing, so the callback URL carries a secret (docs/guarantees.md)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ci_callback.config.settings import may_be_token
from ci_callback.errors import MethodNotAllowed, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ci_callback.delivery import Arrival


def check(arrival: Arrival, tokens: Callable[[], Sequence[str]]) -> None:
    """Raise MethodNotAllowed or Unauthorized unless the arrival is a POST with a valid token.

    A direct Invoke (`method` is None) has been authorised by CAM and needs no token. `tokens` is called only if one of
    the arrival's may be valid, since it may have to read a secret.
    """
    if arrival.method is None:
        return
    if arrival.method != "POST":
        raise MethodNotAllowed("Callbacks are sent by POST.")
    candidates = [candidate for candidate in arrival.tokens if may_be_token(candidate)]
    if not candidates or not _any_equal(candidates, tokens()):
        raise Unauthorized("The URL does not end with a valid token, nor has it one in ?token=.")


def _any_equal(presented: Sequence[str], accepted: Sequence[str]) -> bool:
    """Return whether any pair is equal, in a time independent of the accepted tokens' text."""
    found = False
    for candidate in presented:
        for token in accepted:
            # as bytes: compare_digest refuses text beyond ASCII, and a caller may send any
            found |= hmac.compare_digest(candidate.encode("utf-8", "surrogatepass"), token.encode())
    return found
