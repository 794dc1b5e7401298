"""What the commands print: laid out for people, plain when it goes to a file or a pipe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.text import Text

from local.json_text import parsed
from terminal.console import PipeConsole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.scf.server import Invocation

_NO_JSON = object()
_TRACEBACK = "Traceback (most recent call last):"
# What to do about what the platform says of a function, by its status (document 583/42611).
_NEXT = {
    433: "It has as long as `timeout` in serverless.yml says.",
    439: "It ended its own process: what it printed before that is above.",
    443: "It could not be loaded: mend what the last line names. What it imports must be installed in .venv.",
}


class Screen:
    """Prints whole lines: nothing is wrapped or cut, so that keys and JSON can be copied."""

    def __init__(self, *, error: bool = False) -> None:
        self._console = PipeConsole(stderr=error, highlight=False)

    def line(self, text: str = "", style: str = "", *, indent: int = 0) -> None:
        """Print one line."""
        self._console.print(Text(" " * indent + text, style), soft_wrap=True)

    def title(self, text: str) -> None:
        """Print a heading after an empty line."""
        self.line()
        self.line(text, "bold")

    def field(self, name: str, value: str, style: str = "") -> None:
        """Print `name  value`, the names in one column."""
        self._console.print(Text.assemble(f"  {name:<13}", (value, style)), soft_wrap=True)

    def json(self, value: Any) -> None:
        """Print a value as JSON of many lines, in colour on a terminal."""
        if self._console.is_terminal:
            self._console.print_json(data=value, ensure_ascii=False, allow_nan=False)
        else:
            self.line(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))

    def body(self, body: str) -> None:
        """Print an HTTP body: as JSON if it is some, else as it came."""
        value = parsed(body, _NO_JSON)
        if value is _NO_JSON:
            self.line(body)
        else:
            self.json(value)

    def status(self, status: int, body: str = "") -> None:
        """Print an HTTP status in the colour of its meaning, and a body that is short beside it."""
        self.field("reply", f"{status}  {body}".rstrip(), "green" if 200 <= status < 300 else "red")  # noqa: PLR2004  # 2xx

    def invocation(self, invocation: Invocation) -> None:
        """Print what the function logged and the platform's report."""
        for text in invocation.log.splitlines():
            self.field("log", text, "dim")
        if invocation.error is not None:
            self._error(invocation.error)
        for text in invocation.report.splitlines():
            self.field("report", text, "dim")

    def _error(self, error: Mapping[str, Any]) -> None:
        """Print what the platform says of a failure, the last line of a traceback first, and what to do next."""
        status, message = error["statusCode"], error["errorMessage"].splitlines() or [""]
        trace = error.get("stackTrace", "").splitlines()
        if message[0] == _TRACEBACK:
            message, trace = message[-1:], message
        self.field("error", f"{status} {message[0]}", "red")
        for text in message[1:] + trace:
            self.line(text, "red", indent=4)
        if status in _NEXT:
            self.field("next", _NEXT[status])
