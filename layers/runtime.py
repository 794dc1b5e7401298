"""SCF's Python: `runtime` in serverless.yml decides, and everything else follows it.

The layer is built for it, its bytecode is made by it, CI and `make test-runtime` run the tests on it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from layers import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

_FINDER = "layers/find-python"
_LAYER = "layers/serverless.yml"
_FUNCTION = "serverless.yml"
_FOREIGN = re.compile(r"(?: +- '\*\*/\*\.cpython-.*'.*\n)+")


def version(root: Path = ROOT) -> str:
    """Return the version that serverless.yml names, such as 3.10."""
    runtime: str = yaml.safe_load((root / _FUNCTION).read_text(encoding="utf-8"))["inputs"]["runtime"]
    return runtime.removeprefix("Python")


def find_python() -> str | None:
    """Return the path of SCF's Python on this machine, or None."""
    found = subprocess.run([ROOT / _FINDER], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def provide_python(show: Callable[[str], None]) -> str:
    """Have uv install SCF's Python unless it is there; return the reason where there is none, else ""."""
    if find_python():
        return ""
    uv = shutil.which("uv", path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{Path(sys.executable).parent}")
    if uv is None:
        return f"Install Python {version()}, or uv, which then installs it; or set SCF_PYTHON to its path."
    show(f"installing Python {version()}")
    no_link = {**os.environ, "UV_PYTHON_INSTALL_BIN": "0"}
    done = subprocess.run(
        [uv, "python", "install", version()], capture_output=True, text=True, check=False, env=no_link
    )
    if not done.returncode and find_python():
        return ""
    reason = (done.stderr.strip() or "it printed nothing").splitlines()[-1].strip()
    return f"uv could not install it: {reason}. Install Python {version()}, or set SCF_PYTHON to its path."


def no_bytecode(reason: str) -> str:
    """Return the warning that there is no bytecode."""
    found = f"no Python {version()} found, so there is no bytecode and every cold start compiles all modules"
    return f"WARNING: {found}. {reason}"


def follow(root: Path = ROOT) -> list[str]:
    """Bring the layer's runtime, and the bytecode that is not uploaded, into line; return the files that changed."""
    wanted = version(root)
    runtimes = re.compile(r"(?<=runtimes:\n    - )\S+")
    changes = {_LAYER: (runtimes, f"Python{wanted}"), _FUNCTION: (_FOREIGN, _foreign(wanted))}
    changed = []
    for name, (old, new) in changes.items():
        path = root / name
        text = path.read_text(encoding="utf-8")
        if (followed := old.sub(new, text)) != text:
            path.write_text(followed, encoding="utf-8")
            changed.append(name)
    return changed


def _foreign(wanted: str) -> str:
    """Return the lines that keep bytecode of other Pythons from being uploaded; `wanted` is 3.10 to 3.19."""
    digit = int(wanted[-1])
    others = [other for other in range(10) if other != digit]
    names = ["3[2-9]", f"31[{''.join(map(str, others))}]"]
    first, second = (f"      - '**/*.cpython-{name}.pyc'" for name in names)
    return f"{first} # bytecode of any Python but that of `runtime`\n{second}\n"
