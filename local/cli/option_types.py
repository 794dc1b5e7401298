"""What the options of the command line take, and how a wrong one is told: in two lines, without the whole usage."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, NoReturn, TypeVar

from local.faults.callbacks import CallbackFaults
from local.faults.requests import Faults
from terminal.user_error import UserError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_Parsed = TypeVar("_Parsed")

_HANDLER = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,12}")
_LARGEST_PORT, _MANY = 65_535, 1_000_000_000
_MOST_SHOWN = 40  # characters of what was typed


class Parser(argparse.ArgumentParser):
    """A parser whose errors are what is wrong, and where to read on."""

    def error(self, message: str) -> NoReturn:
        """Print them and exit with 2."""
        print(f"error: {message}\n{self.prog} --help says what there is.", file=sys.stderr)
        raise SystemExit(2)


def handler(text: str) -> str:
    """Read `file.function`."""
    if not _HANDLER.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no file.function, such as index.main_handler")
    return text


def text(typed: str) -> str:
    """Read any text; what the shell passes on of other bytes is none."""
    try:
        typed.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{typed[:_MOST_SHOWN]!r} is no text in UTF-8") from None
    return typed


def port(text: str) -> int:
    """Read a TCP port; 0 stands for a free one."""
    return _number(text, 0, _LARGEST_PORT)


def natural(text: str) -> int:
    """Read a number from 0 on."""
    return _number(text, 0, _MANY)


def count(most: int) -> Callable[[str], int]:
    """Return what reads a number from 1 to `most`."""
    return lambda text: _number(text, 1, most)


def one_of(what: str, names: Collection[str]) -> Callable[[str], str]:
    """Return what reads a name of many: a wrong one is told with those that are near."""

    def read(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"there is no {what} {text!r}: {nearest(text, names)}".rstrip(": "))
        return text

    return read


def faults(text: str) -> Faults:
    """Read the faults between the function and COS."""
    return _parsed(Faults.parse, text)


def callback_faults(text: str) -> CallbackFaults:
    """Read how callbacks come."""
    return _parsed(CallbackFaults.parse, text)


def _parsed(parse: Callable[[str], _Parsed], text: str) -> _Parsed:
    try:
        return parse(text)
    except UserError as bad:
        raise argparse.ArgumentTypeError(str(bad)) from None


def _number(text: str, least: int, most: int) -> int:
    if _DIGITS.fullmatch(text) and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:_MOST_SHOWN]!r} is no number from {least} to {most:,}")
