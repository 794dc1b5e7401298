"""Deadlines of invocations, and the threads that wait for requests on their behalf."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ci_callback.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

# SCF's own default, https://cloud.tencent.com/document/product/583/11637
_DEFAULT_LIMIT_MS = 3000

_LONGEST_WAIT_S = 5.0

# Kept for the reply and the log line once the last request has ended.
_RESERVE_S = 0.3


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

    def share(self, attempts: int) -> float:
        """Return the seconds that each of so many attempts may wait, once to connect and once for the answer.

        As much as one of them needs is kept for what follows: a note, or a dead letter.
        """
        return min(_LONGEST_WAIT_S, self.left() / (2 * attempts + 2))


class _RequestThread(threading.Thread):
    """A thread that does one request after another; `deadline` is that of the request at hand."""

    def __init__(self) -> None:
        super().__init__(name="ci-callback-request", daemon=True)
        self.deadline: Deadline
        self._tasks: SimpleQueue[tuple[Deadline, Callable[[], Any]]] = SimpleQueue()
        self._results: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._is_abandoned = False
        self.start()

    def do(self, deadline: Deadline, work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        """Return the result and the error of the work; raise Empty, and be of no further use, once time is over."""
        self._tasks.put((deadline, work))
        try:
            return self._results.get(timeout=max(deadline.left(), 0))
        except Empty:
            self._is_abandoned = True
            self.name = "ci-callback-abandoned"
            raise

    def run(self) -> None:
        """Work until the deadline of a request has passed before its end."""
        while not self._is_abandoned:
            self.deadline, work = self._tasks.get()
            try:
                self._results.put((work(), None))
            except BaseException as error:  # noqa: BLE001 - raised again by RequestThreads.run
                self._results.put((None, error))
            del work  # nothing of this event is kept until the next


class RequestThreads:
    """The request threads of an instance: as many as it makes requests at once, which is one on SCF.

    They are kept: starting one for every request takes as long as all of this package's own work for it.
    """

    def __init__(self) -> None:
        self._idle: list[_RequestThread] = []

    def run(self, deadline: Deadline, work: Callable[[], _Result]) -> _Result:
        """Return what `work` returns, raise what it raises, or raise Unavailable when the deadline passes first.

        Timeouts of a socket count from byte to byte, and looking up a name has none, so that an answer could outlast
        the function. An abandoned thread ends when its socket gives up, and `is_over` there keeps it from another
        attempt; the write protocol treats its request like one whose answer was lost.
        """
        try:
            thread = self._idle.pop()
        except IndexError:
            thread = _RequestThread()
        try:
            result, error = thread.do(deadline, work)
        except Empty:
            raise Unavailable("No answer arrived in the time that was left.") from None
        self._idle.append(thread)
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]  # that of `work`


def is_over() -> bool:
    """Return whether the deadline of this thread's request has passed; False in any other thread."""
    thread = threading.current_thread()
    return isinstance(thread, _RequestThread) and thread.deadline.left() < 0
