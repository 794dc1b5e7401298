"""Text output of the commands: whole lines that can be copied, with colours on a terminal only."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from local.json_text import parsed, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.scf.server import Invocation

_NOT_JSON = object()
_TRACEBACK = "Traceback (most recent call last):"
# The next step after an error of the platform, by its status (document 583/42611).
_NEXT = {
    433: "The limit is `timeout` in serverless.yml.",
    439: "The function ended its own process; its output is above.",
    443: "It could not be loaded: fix what the last line names. Its imports must be installed in .venv.",
}


def line(text: str = "", **style: Any) -> None:
    """Print one line; the style is click's."""
    is_styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(click.style(text, **style) if is_styled else text)


def title(text: str) -> None:
    """Print a heading after an empty line."""
    line()
    line(text, bold=True)


def field(name: str, value: str, **style: Any) -> None:
    """Print `name  value`, the names in one column."""
    line(f"  {name:<13}{value}", **style)


def json_value(value: Any) -> None:
    """Print a value as indented JSON."""
    line(to_json(value, indent=2))


def body(text: str) -> None:
    """Print an HTTP body, indented if it is JSON."""
    value = parsed(text, _NOT_JSON)
    if value is _NOT_JSON:
        line(text)
    else:
        json_value(value)


def status(code: int, text: str = "") -> None:
    """Print an HTTP status, with a short body beside it."""
    field("reply", f"{code}  {text}".rstrip(), fg="green" if 200 <= code < 300 else "red")  # noqa: PLR2004  # 2xx


def invocation(done: Invocation) -> None:
    """Print the log, the error and the report of an invocation."""
    for text in done.log.splitlines():
        field("log", text, dim=True)
    if done.error is not None:
        _error(done.error)
    for text in done.report.splitlines():
        field("report", text, dim=True)


def _error(error: Mapping[str, Any]) -> None:
    """Print a failure as the platform reports it, the last line of a traceback first, and what to do next."""
    code, message = error["statusCode"], error["errorMessage"].splitlines() or [""]
    trace = error.get("stackTrace", "").splitlines()
    if message[0] == _TRACEBACK:
        message, trace = message[-1:], message
    field("error", f"{code} {message[0]}", fg="red")
    for text in message[1:] + trace:
        line(f"    {text}", fg="red")
    if code in _NEXT:
        field("next", _NEXT[code])
