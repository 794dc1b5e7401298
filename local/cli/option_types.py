"""Types of the command-line options: values are loaded lazily, and an error names the nearest one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from terminal.user_error import UserError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_URL = re.compile(r"https?://[!-~]+")
_BUCKET = re.compile(r"([a-z0-9-]+-[0-9]+)/([a-z0-9-]+)")
_HANDLER = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*", re.ASCII)


class OneOf(click.ParamType[str, str]):
    """One of many names; `load` returns them, and is only called to convert or complete a value."""

    def __init__(self, name: str, load: Callable[[], Collection[str]]) -> None:
        self.name, self.load = name, load

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return a known name."""
        names = self.load()
        if value not in names:
            hint = nearest(value, names) or f"choose from {', '.join(names)}"
            self.fail(f"unknown {self.name} {value!a}: {hint}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002  # click's signature
        """Return the names that start with the incomplete one."""
        return [CompletionItem(name) for name in self.load() if name.startswith(incomplete)]


class Parsed(click.ParamType[Any, Any]):
    """A text that `parse` reads, or raises UserError; `presets` are completed."""

    def __init__(self, name: str, parse: Callable[[str], Any], presets: Collection[str] = ()) -> None:
        self.name, self.parse, self.presets = name, parse, presets

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the parsed value."""
        try:
            return self.parse(value)
        except UserError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002  # click's signature
        """Return the presets that start with the incomplete text."""
        return [CompletionItem(preset) for preset in self.presets if preset.startswith(incomplete)]


def handler(text: str) -> str:
    """Return a handler, `file.function`."""
    if not _HANDLER.fullmatch(text):
        raise UserError(f"{text!a} is not FILE.FUNCTION, such as index.main_handler")
    return text


def http_url(text: str) -> str:
    """Return a URL of HTTP or HTTPS."""
    if not _URL.fullmatch(text):
        raise UserError(f"{text!a} is no URL, such as https://example.com/token")
    return text


def bucket_and_region(text: str) -> tuple[str, str]:
    """Return the bucket and the region of a text as in BUCKETS."""
    found = _BUCKET.fullmatch(text)
    if not found:
        raise UserError(f"{text!a} is not BUCKET-APPID/REGION, such as media-1250000000/ap-chongqing")
    return found[1], found[2]


def utf8(text: str) -> str:
    """Return a text that UTF-8 can encode; arguments of other bytes have surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError(f"{text!a} is not UTF-8 text") from None
    return text
