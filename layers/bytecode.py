"""Bytecode of SCF's Python for layer and function.

SCF's disk is read-only, so without bytecode every cold start compiles all modules. Unpacking changes the times of
files, so bytecode is validated by content (PEP 552): the layer's is never checked, the function's is, since its
folder is edited.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

RECORDER = Path(__file__).with_name("record_patterns.py")

# SCF unpacks the two here; both are on PYTHONPATH, so packages are in the root of each zip.
LAYER, FUNCTION = "/opt", "/var/user"


class BuildError(Exception):
    """A build failed; the message has the reason."""


class CommandError(BuildError):
    """A command failed; `output` is all that it printed, `status` that of subprocess."""

    def __init__(self, command: str, status: int, output: str) -> None:
        super().__init__(f"`{command}` ended with {ending(status)}:\n{output}")
        self.status = status
        self.output = output


def ending(status: int) -> str:
    """Describe the end of a process: `exit status 2` or `signal 9`."""
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def compile_layer(tree: Path, python: str) -> None:
    """Add bytecode that is used unchecked."""
    _compile(tree, python, LAYER, "unchecked-hash")


def compile_function(tree: Path, layer: Path, python: str) -> None:
    """Add bytecode that is valid for unchanged sources, and the compiled regular expressions of a cold start."""
    _compile(tree, python, FUNCTION, "checked-hash")
    _isolated(python, "-S", RECORDER, tree / "compiled_patterns.pyc", PYTHONPATH=f"{tree}{os.pathsep}{layer}")


def _compile(tree: Path, python: str, folder: str, mode: str) -> None:
    """Compile every module below the tree; tracebacks name its path on SCF, in `folder`."""
    on_scf = ("-s", tree, "-p", folder)
    _isolated(python, "-S", "-m", "compileall", "-q", "-f", "--invalidation-mode", mode, *on_scf, tree)


def _isolated(python: str, *arguments: str | Path, **environment: str) -> None:
    """Run Python so that the same input gives the same bytes.

    The order of a frozen set and the sharing of strings reach the bytecode: hence one process, a fixed hash seed and no
    site-packages.
    """
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "x", "PATH": os.defpath}
    run(python, "-s", "-W", "ignore", *arguments, env={**fixed, **environment})


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command; raise CommandError with its output if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise CommandError(" ".join(map(str, command)), done.returncode, done.stdout + done.stderr)
