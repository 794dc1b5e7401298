"""pip for the platform of SCF, and short explanations of its failures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from layers import bytecode, runtime

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = ("--platform", "manylinux2014_x86_64", "--implementation", "cp")


def pip(command: str, *options: str | Path) -> None:
    """Run pip for pinned and hashed files, wheels by default; raise BuildError."""
    target = (*PLATFORM, "--python-version", runtime.version())
    pinned = ("--require-hashes", "--no-deps", "--only-binary=:all:", *target)
    try:
        bytecode.run(sys.executable, "-m", "pip", command, "--quiet", "--disable-pip-version-check", *pinned, *options)
    except bytecode.CommandError as error:
        raise bytecode.BuildError(f"pip {command}: {explained(error)}") from None


def explained(error: bytecode.CommandError) -> str:
    """Reduce pip's output to the reason of its failure and the next step."""
    text = error.output.strip()
    if not text:
        look = f"See whether `{sys.executable} -m pip --version` works and memory is free; then try again."
        return f"it ended with {bytecode.ending(error.status)} and printed nothing.\n{look}"
    if "No module named pip" in text:
        return f"this Python has no pip: `{sys.executable} -m ensurepip` adds it."
    errors = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    if any("DO NOT MATCH THE HASHES" in line for line in errors):
        return "a file is not the pinned one: restore requirements.txt, or pin again with `make lock`."
    reason = errors[-1] if errors else text.splitlines()[-1]
    return f"{reason}\nIf the network or the index (see `pip config list`) is out of reach, fix that; then try again."
