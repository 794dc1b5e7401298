"""How much of the function's time is left, and how much of it one request may take."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ci_callback.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

_here = threading.local()

# SCF's own default, https://cloud.tencent.com/document/product/583/11637
_DEFAULT_LIMIT_MS = 3000

_LONGEST_WAIT_S = 5.0

# What stays for the reply and the log line once the last request has ended.
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

    def share(self, tries: int) -> float:
        """Return the seconds that each of so many tries may wait, once to connect and once for the answer.

        As much as one of them would need stays for what comes after: a note, or a dead letter.
        """
        return min(_LONGEST_WAIT_S, self.left() / (2 * tries + 2))


class _Worker:
    """A thread that does one thing after another; starting one for every request would take as long as our own code."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[tuple[Deadline, Callable[[], Any]]] = SimpleQueue()
        self._results: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._is_left_behind = False
        self._thread = threading.Thread(target=self._work, name="ci-callback-request", daemon=True)
        self._thread.start()

    def do(self, deadline: Deadline, work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        """Return what the work returned and raised; raise Empty, and be of no further use, when the deadline passes."""
        self._tasks.put((deadline, work))
        try:
            return self._results.get(timeout=max(deadline.left(), 0))
        except Empty:
            self._is_left_behind = True
            self._thread.name = "ci-callback-left-behind"
            raise

    def _work(self) -> None:
        while not self._is_left_behind:
            _here.deadline, work = self._tasks.get()
            try:
                self._results.put((work(), None))
            except BaseException as error:  # noqa: BLE001 - it is raised again where it belongs
                self._results.put((None, error))
            del work  # nothing of this event is kept until the next


# Those that wait for work. As many as requests are made at once: one, on SCF.
_idle: list[_Worker] = []


def within(deadline: Deadline, work: Callable[[], _Result]) -> _Result:
    """Return what `work` returns, raise what it raises, or raise Unavailable when the deadline passes first.

    Timeouts of a socket count from byte to byte, and looking up a name has none, so an answer could outlast the
    function. The work goes on in its thread until its socket gives up, and `is_over` there keeps it from beginning
    anything anew; what it still brings about is what a lost answer brings about.
    """
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
    try:
        result, error = worker.do(deadline, work)
    except Empty:
        raise Unavailable("The answer did not come in the time that was left.") from None
    _idle.append(worker)
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]  # what `work` returned


def is_over() -> bool:
    """Whether the deadline of the work that this thread does has passed; False outside of `within`."""
    deadline: Deadline | None = getattr(_here, "deadline", None)
    return deadline is not None and deadline.left() < 0
