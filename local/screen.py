"""What the commands print: laid out for people, plain when it goes to a file or a pipe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from local.cos import LocalCos
    from local.scf import Invocation


class Screen:
    """Prints whole lines: nothing is wrapped or cut, so that keys and JSON can be copied."""

    def __init__(self, *, error: bool = False) -> None:
        self._console = Console(stderr=error, highlight=False)

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
            self._console.print_json(data=value, ensure_ascii=False)
        else:
            self.line(json.dumps(value, indent=2, ensure_ascii=False))

    def body(self, body: str) -> None:
        """Print an HTTP body: as JSON if it is some, else as it came."""
        try:
            self.json(json.loads(body))
        except json.JSONDecodeError:
            self.line(body)

    def status(self, status: int, body: str = "") -> None:
        """Print an HTTP status in the colour of its meaning, and a body that is short beside it."""
        self.field("reply", f"{status}  {body}".rstrip(), "green" if 200 <= status < 300 else "red")  # noqa: PLR2004  # 2xx

    def invocation(self, invocation: Invocation) -> None:
        """Print what the function logged and the platform's report."""
        for text in invocation.log.splitlines():
            self.field("log", text, "dim")
        if invocation.error is not None:
            error = invocation.error
            self.field("error", f"{error['statusCode']} {error['errorMessage'].partition(chr(10))[0]}", "red")
            more = error["errorMessage"].splitlines()[1:] + error.get("stackTrace", "").splitlines()
            for text in more:
                self.line(text, "red", indent=4)
        for text in invocation.report.splitlines():
            self.field("report", text, "dim")

    def bucket(self, cos: LocalCos, bucket: str) -> None:
        """Print the bucket's keys with their sizes."""
        self.title(f"Bucket {bucket}")
        for key in cos.keys(bucket):
            self.field(f"{len(cos.get(bucket, key).body)} bytes", key)
