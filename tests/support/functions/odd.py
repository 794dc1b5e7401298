"""A function with a behaviour for every test of the local platform, selected by the event."""

# ruff: noqa: T201  # printing is one of the behaviours

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

print("loaded")
_events = 0


def main_handler(event: dict[str, Any], context: dict[str, Any]) -> Any:
    """Run the behaviour that `event["do"]` names."""
    global _events  # noqa: PLW0603  # shows that an instance is warm
    _events += 1
    return _BEHAVIOURS[event["do"]](event, context)


def _fail(*_: Any) -> Any:
    raise ValueError("demo")


def _print(event: dict[str, Any], _: Any) -> None:
    print(event["text"])
    print("to stderr", file=sys.stderr)
    os.system("echo from a child")  # noqa: S605, S607  # a child's output is in the function's log too


def _sleep(event: dict[str, Any], _: Any) -> None:
    print("before the sleep")
    time.sleep(event["seconds"])


_BEHAVIOURS: dict[str, Any] = {
    "echo": lambda event, _: event.get("value"),
    "count": lambda *_: _events,
    "context": lambda _, context: context,
    "environment": lambda *_: dict(os.environ),
    "path": lambda *_: sys.path,
    "cwd": lambda *_: str(Path.cwd()),
    "fail": _fail,
    "print": _print,
    "sleep": _sleep,
    "exit": lambda event, _: os._exit(event["code"]),
    "sys.exit": lambda event, _: sys.exit(event["code"]),
    "set": lambda *_: {1, 2},
    "nan": lambda *_: float("nan"),
    "big": lambda *_: "x" * (6 << 20),
    "close": lambda *_: os.closerange(3, 64),
    "reply": lambda event, _: event["reply"],
}
