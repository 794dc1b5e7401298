"""How much of the function's time is left, and how much of it one request may take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

# SCF's own default, https://cloud.tencent.com/document/product/583/11637
_DEFAULT_LIMIT_MS = 3000

# What stays for the reply and the log line once the last request has ended.
_RESERVE_S = 0.3


@dataclass(frozen=True)
class Deadline:
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
