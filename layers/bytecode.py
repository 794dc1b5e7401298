"""Bytecode of Python 3.10 for what ships: SCF's disk is read-only, so without it every cold start compiles all modules.

An unpacker gives files other times, and bytecode that is valid by the time of its source would be stale on arrival; so
all of it is valid by content (PEP 552). The layer's is never checked, since nobody edits it. The function's is checked,
since it lies in the folder that its source is edited in.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from layers import ROOT

RECORDER = Path(__file__).with_name("record_patterns.py")

# Where SCF unpacks the two; both are on PYTHONPATH, so packages stand in the root of each zip.
LAYER, FUNCTION = "/opt", "/var/user"


class BuildError(Exception):
    """What ships cannot be built as pinned. The message says what is wrong."""


class CommandError(BuildError):
    """A command failed; `said` is all that it printed, `status` as subprocess has it."""

    def __init__(self, command: str, status: int, said: str) -> None:
        super().__init__(f"`{command}` ended with {how(status)}:\n{said}")
        self.status = status
        self.said = said


def how(status: int) -> str:
    """Return in words how a process ended."""
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def find_python310() -> str | None:
    """Return the path of a Python 3.10, whose bytecode is the one SCF can use, or None."""
    found = subprocess.run([ROOT / "layers" / "find-python310"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def compile_layer(tree: Path, python310: str) -> None:
    """Add bytecode that is used unchecked."""
    _compile(tree, python310, LAYER, "unchecked-hash")


def compile_function(tree: Path, layer: Path, python310: str) -> None:
    """Add bytecode that is used while its source is the same, and the compiled regular expressions of a cold start."""
    _compile(tree, python310, FUNCTION, "checked-hash")
    _isolated(python310, "-S", RECORDER, tree / "compiled_patterns.pyc", PYTHONPATH=f"{tree}{os.pathsep}{layer}")


def _compile(tree: Path, python310: str, place: str, mode: str) -> None:
    """Compile every module below the tree; a traceback will name it where it lies on SCF."""
    on_scf = ("-s", tree, "-p", place)
    _isolated(python310, "-S", "-m", "compileall", "-q", "-f", "--invalidation-mode", mode, *on_scf, tree)


def _isolated(python310: str, *arguments: str | Path, **environment: str) -> None:
    """Run Python 3.10 so that the same input gives the same bytes.

    The order of a frozen set and the sharing of strings reach the bytecode: hence one process, a fixed hash seed and no
    site-packages.
    """
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "x", "PATH": os.defpath}
    run(python310, "-s", "-W", "ignore", *arguments, env={**fixed, **environment})


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command; raise CommandError with all it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise CommandError(" ".join(map(str, command)), done.returncode, done.stdout + done.stderr)
