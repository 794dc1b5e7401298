"""Recorded SCF events: one JSON file each, as the platform hands it to the function."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from local.http import post as http_post
from terminal.user_error import UserError, nearest

if TYPE_CHECKING:
    from local.http.post import Reply

_STDIN = Path("-")
_EXPECTED = ".expected.json"
_TO_PIPE = "python -m local event --tag SoundHound | python -m local invoke -"


class BadEventFileError(UserError):
    """The file cannot be read as an event."""


def read_event(path: Path) -> Any:
    """Read the event in a file, or on standard input for the path `-`; raise BadEventFileError."""
    if path.name.endswith(_EXPECTED):
        raise BadEventFileError(f"{path}: this is the expected outcome of an event: name the event beside it.")
    text = _stdin() if path == _STDIN else _text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        raise BadEventFileError(f"{where}. {_instead(text)}") from None
    except (ValueError, RecursionError) as error:  # thousands of digits or brackets
        raise BadEventFileError(f"{path}: unsupported JSON: {error}. Remove that.") from None


def read_request(path: Path) -> Any:
    """Read the event of an HTTP request in a file; raise BadEventFileError."""
    event = read_event(path)
    try:
        _body(event)
        is_request = isinstance(event["path"], str) and isinstance(event["headers"], dict)
    except (KeyError, TypeError, AttributeError, ValueError):
        is_request = False
    if not is_request:
        raise BadEventFileError(
            f"{path}: no event of an HTTP request: it needs a path, headers and a body, as `python -m local event` has."
        )
    return event


def post(event: Any, address: str) -> Reply:
    """POST the event's body to a trigger, with the path and the content type of the event."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    query = urlencode(event.get("queryString", {}), doseq=True)
    target = quote(event["path"]) + (f"?{query}" if query else "")
    return http_post.post(f"{address}{target}", _body(event), {"Content-Type": headers.get("content-type", "")})


def _body(event: Any) -> bytes:
    body: bytes = event["body"].encode()
    return base64.b64decode(body) if event.get("isBase64Encoded") else body


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadEventFileError(f"{path}: {error.strerror}: {_near(path)}") from None
    except OSError as error:
        raise BadEventFileError(f"{path}: {error.strerror}: name a file of JSON that you may read.") from None
    except UnicodeDecodeError:
        raise BadEventFileError(f"{path}: not UTF-8 text: save it as UTF-8.") from None


def _stdin() -> str:
    if sys.stdin is None:
        raise BadEventFileError(f"-: standard input is closed. Pipe an event in: {_TO_PIPE}")
    if sys.stdin.isatty():
        print(f"Paste an event and end it with Ctrl-D. Or pipe one in: {_TO_PIPE}", file=sys.stderr)
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise BadEventFileError("-: not UTF-8 text: send it as UTF-8.") from None
    if not text.strip():
        raise BadEventFileError(f"-: standard input was empty. Pipe an event in: {_TO_PIPE}")
    return text


def _near(path: Path) -> str:
    """Return a hint: a similar file, else the folder with some."""
    there = {str(each): each for each in path.parent.glob("*.json") if not each.name.endswith(_EXPECTED)}
    return nearest(str(path), there) or "events/ has recorded ones, and `python -m local event` makes one."


def _instead(text: str) -> str:
    """Return a hint for a file that is no JSON."""
    if text.lstrip("\ufeff \n\r\t").startswith("<"):
        return "This looks like a callback itself: POST it to `python -m local serve`."
    return "Fix it there."
