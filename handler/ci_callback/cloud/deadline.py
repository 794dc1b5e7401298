"""Deadlines of invocations, and the patience of one attempt within them."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

# SCF's own default, https://cloud.tencent.com/document/product/583/11637
_DEFAULT_LIMIT_MS = 3000

_LONGEST_WAIT_S = 5.0

# Kept for the reply and the log line once the last request has ended.
_RESERVE_S = 0.3


class Patience(NamedTuple):
    """The limits of one attempt: the moment of the monotonic clock that ends it, and its longest single wait."""

    until: float
    wait_s: float

    def wait(self) -> float:
        """Return the seconds that the next wait may take; raise TimeoutError once the attempt is over."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(self.wait_s, left)


class Deadline(NamedTuple):
    """A moment of the monotonic clock at which all I/O must have ended."""

    at: float

    @classmethod
    def of(cls, context: Any, started: float) -> Deadline:
        """Return the deadline of an invocation that began at `started`, from the context's time_limit_in_ms."""
        limit = context.get("time_limit_in_ms") if isinstance(context, dict) else None
        if not isinstance(limit, int | float) or limit <= 0:
            limit = _DEFAULT_LIMIT_MS
        return cls(at=started + limit / 1000 - _RESERVE_S)

    def left(self) -> float:
        """Return the seconds left; negative once it has passed."""
        return self.at - time.monotonic()

    def patience(self, attempts: int) -> Patience:
        """Return the limits of the next of so many attempts: a wait to connect, and one for the whole answer.

        The time of one more attempt is kept for what follows, such as a dead letter.
        """
        now = time.monotonic()
        wait_s = min(_LONGEST_WAIT_S, (self.at - now) / (2 * attempts + 2))
        return Patience(now + 2 * wait_s, wait_s)
