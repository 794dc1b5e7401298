"""A terminal to type in, with a shell behind it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

_PATIENCE_S = 60  # on a busy machine a shell takes its time
_TAB, _LINE_START, _LINE_END, _ENTER = "\t", "\x01", "\x05", "\n"


class Terminal:
    """An interactive shell, from construction to the end of the `with`."""

    def __init__(self, command: list[str], cwd: Path) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "dumb", "EDITOR": "emacs", "VISUAL": "emacs"}
        self._process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> Self:
        """Return it; the shell has started."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def run(self, command: str) -> None:
        """Have the shell run a command."""
        self._printed(f"{command}{_ENTER}printf '<%s>\\n' done{_ENTER}")

    def completed(self, words: str) -> str:
        """Return what the Tab key makes of a line: the shell is then made to print the line instead of running it."""
        return self._printed(f"{words}{_TAB}{_LINE_START}printf '<%s>\\n' '{_LINE_END}'{_ENTER}").rstrip()

    def _printed(self, keys: str) -> str:
        """Return what the shell prints between < and >."""
        os.write(self._master, keys.encode())
        seen, deadline = "", time.monotonic() + _PATIENCE_S
        while not (found := re.search(r"<([^%>]+)>\r?\n", seen)):
            assert time.monotonic() < deadline, seen
            if select.select([self._master], [], [], 0.1)[0]:
                seen += os.read(self._master, 1 << 16).decode("utf-8", "replace")
        return found[1]
