"""How much of the function's time is left, and how much of it one request may take."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

_here = threading.local()

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


def within(deadline: Deadline, work: Callable[[], _Result]) -> _Result:
    """Return what `work` returns, raise what it raises, or raise Unavailable when the deadline passes first.

    Timeouts of a socket count from byte to byte, so an answer that drips could outlast the function. The work goes on
    in its thread until its socket gives up, and `is_over` there keeps it from beginning anything anew; what it still
    brings about is what a lost answer brings about.
    """
    box: SimpleQueue[tuple[_Result, None] | tuple[None, BaseException]] = SimpleQueue()

    def run() -> None:
        _here.deadline = deadline
        try:
            box.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised again where it belongs
            box.put((None, error))

    threading.Thread(target=run, name="ci-callback-request", daemon=True).start()
    try:
        result, error = box.get(timeout=max(deadline.left(), 0))
    except Empty:
        raise Unavailable("The answer did not come in the time that was left.") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # without an error there is a result


def is_over() -> bool:
    """Whether the deadline of the work that this thread does has passed; False outside of `within`."""
    deadline: Deadline | None = getattr(_here, "deadline", None)
    return deadline is not None and deadline.left() < 0
