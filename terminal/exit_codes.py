"""Exit codes of the project's commands, and the errors that any program that prints can meet."""

from __future__ import annotations

import errno
import os
import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERRUPTED, _BROKEN_PIPE = 130, 141  # 128 + SIGINT and SIGPIPE, as shells report them
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def exit_code(main: Callable[[], int]) -> int:
    """Run a program and return its exit code: `main`'s own, 130 after Ctrl-C, 141 if its output is no longer read.

    It is 2 if nothing can be printed; the reason is on standard error.
    """
    if sys.stdout is None:
        return _report("standard output is closed: leave `>&-` out, or redirect the output to /dev/null.")
    # Characters that the terminal's encoding lacks are printed as escapes.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # no test replaces it here
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        if not output_is_closed():  # another pipe or connection broke
            raise
        _drop_output()
        return _BROKEN_PIPE
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        _drop_output()
        return _report(f"{error.strerror}: free some space, or redirect the output.")


def output_is_closed() -> bool:
    """Whether the reader of standard output is gone, without printing anything."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _drop_output() -> None:
    """Redirect standard output to /dev/null: Python flushes it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _report(message: str) -> int:
    if sys.stderr is not None:
        print(f"error: {message}", file=sys.stderr)
    return 2
