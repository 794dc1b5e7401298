"""Recorded SCF events: one JSON file each, as the platform would hand it to the function."""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from local import http_post

if TYPE_CHECKING:
    from pathlib import Path

    from local.http_post import Reply


class BadEventFileError(Exception):
    """The file cannot be read as an event; the message is one line for a person."""


def read_event(path: Path) -> Any:
    """Return the event in the file, of standard input for the path `-`; raise BadEventFileError."""
    try:
        return json.loads(sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadEventFileError(f"{path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise BadEventFileError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise BadEventFileError(f"{path}: not UTF-8 text") from None


def post(event: Any, address: str) -> Reply:
    """Send the event's body to a front door, to the path and with the content type the event has."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    body = event["body"].encode()
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    query = urlencode(event.get("queryString", {}), doseq=True)
    target = quote(event["path"]) + (f"?{query}" if query else "")
    return http_post.post(f"{address}{target}", body, {"Content-Type": headers.get("content-type", "")})
