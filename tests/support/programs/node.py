"""Scripts for Node.js with packages for it, which are no dependencies of this project."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_MODULES = ROOT / "tests" / "support" / "node" / "node_modules"


def run_node(script: str, folder: Path, package: str = "cos-nodejs-sdk-v5") -> str:
    """Run a script in a folder and return its output; skip the test without Node.js or a package that it needs."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    if not (_MODULES / package).exists():
        pytest.skip(f"{package} is not installed: npm ci --prefix tests/support/node")
    environment = {"NODE_PATH": str(_MODULES), "HOME": str(folder), "NO_COLOR": "1"}
    done = subprocess.run(
        [node, "-e", script], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_typescript(program: Path, folder: Path, script: str = "") -> str:
    """Compile a program into a folder, run a script there and return its output; skip the test without a compiler."""
    compile_ = f"""
        const options = "--strict --module commonjs --target es2022 --lib es2022 --outDir .".split(" ");
        const compiler = [require.resolve("typescript/bin/tsc"), ...options, {str(program)!r}];
        const done = require("child_process").spawnSync(process.execPath, compiler);
        if (done.status) throw new Error(String(done.stdout));
    """
    return run_node(compile_ + script, folder, "typescript")
