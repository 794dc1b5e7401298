"""Code run by a new Python process, for tests of imports."""

from __future__ import annotations

import subprocess
import sys

from tests import ROOT

HANDLER = ROOT / "handler"


def run(code: str, python: str = sys.executable, path: str = str(HANDLER), **environ: str) -> str:
    """Return the output of code; fail on any warning, and on anything on standard error."""
    env = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "x", **environ}
    command = [python, "-W", "error", "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.strip()
