"""How the project's commands end: no traceback for what happens to any program that prints."""

from __future__ import annotations

import errno
import os
import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERRUPTED, _NOBODY_READS = 130, 141  # as a shell tells SIGINT and SIGPIPE
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def ended(main: Callable[[], int]) -> int:
    """Return the exit status of a program: `main`'s own, 130 after Ctrl-C, 141 where nobody reads what it prints.

    It is 2 where nothing can be printed, and standard error says why.
    """
    if sys.stdout is None:
        return _complain("standard output is closed: leave `>&-` out, or send the output to /dev/null.")
    # What the terminal's encoding lacks is printed by its number.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # no test replaces it here
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        if not nobody_reads():  # it was another pipe, or a connection
            raise
        _drop_output()
        return _NOBODY_READS
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _drop_output()
        return _complain(f"{error.strerror}: make room there, or send the output elsewhere.")


def nobody_reads() -> bool:
    """Whether whoever read standard output is gone, which otherwise only printing tells."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _drop_output() -> None:
    """Let Python's own flush at the end go nowhere, since it would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _complain(message: str) -> int:
    if sys.stderr is not None:
        print(f"error: {message}", file=sys.stderr)
    return 2
