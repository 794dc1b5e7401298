"""`python -m local`: the function against a local COS, CI and SCF."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from terminal.exit_codes import exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROJECT = {"local", "models", "ci_callback", "ci_callback_results"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 the function failed, 2 it could not be started."""
    try:
        from local.cli.command_line import run  # noqa: PLC0415  # fails in a Python without the requirements
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] in _PROJECT:
            raise
        print(
            f"error: this Python has no {missing.name}: use .venv/bin/python, which `make run` sets up.",
            file=sys.stderr,
        )
        return 2
    return run(arguments)


if __name__ == "__main__":
    sys.exit(exit_code(main))
