"""One run of `python -m local`: from the arguments to the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.cli.options import parser
from local.cli.screen import Screen
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(arguments: Sequence[str] | None) -> int:
    """Return the exit status: 0 done, 1 the function failed, 2 it could not be started."""
    options = vars(parser().parse_args(arguments))
    command = options.pop("command")
    try:
        _check_function(options)
        return int(command(**options))
    except UserError as bad:
        Screen(error=True).line(f"error: {bad}")
    return 2


def _check_function(options: Mapping[str, Any]) -> None:
    """Raise UserError unless the function that is to be run, if one is, has its file."""
    if "code_root" not in options:
        return
    entry = options["code_root"] / f"{options['handler'].partition('.')[0]}.py"
    if not entry.is_file():
        raise UserError(f"no function there: {entry}: --code-root is its folder, --handler is file.function.")
