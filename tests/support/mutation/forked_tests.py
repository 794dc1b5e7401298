"""Tests of a copy of handler/, each run in a process forked from a server that has imported everything once.

The modules of the copy are imported in the fork. Most of the time of a new process would be spent on the others.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis  # noqa: F401 - for the forks
import jsonschema_rs  # noqa: F401 - for the forks
import pytest
import tencentcloud.common.common_client  # noqa: F401 - for the forks

from tests import ROOT

HANDLER = ROOT / "handler"
sys.path.insert(0, str(HANDLER))  # of the server, which has no pytest.ini to read

import local.cos.server  # noqa: E402, F401 - for the forks

if TYPE_CHECKING:
    from collections.abc import Sequence

_LIMIT_S = 300


@dataclass(frozen=True)
class Ended:
    """The end of a pytest run: its exit status, and everything it printed."""

    status: int
    output: str


def run_tests(tests: Sequence[str], handler: Path) -> Ended:
    """Run tests over the handler in that folder, up to the first that fails, in a process forked for them."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    output = handler.parent / "output"
    process = forks.Process(target=_run, args=(tests, handler, output))
    process.start()
    process.join(_LIMIT_S)
    if process.exitcode is None:
        process.kill()
        process.join()
    ended = Ended(process.exitcode or 0, output.read_text(encoding="utf-8"))
    process.close()
    return ended


def _run(tests: Sequence[str], handler: Path, output: Path) -> None:
    gc.freeze()  # a collection need not look at what is there already
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "COV_"))]:
        del os.environ[name]
    os.environ |= {
        "HYPOTHESIS_PROFILE": "quick",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # neither coverage nor workers
        "PYTHONPATH": str(handler),  # of the processes that a test starts
    }
    os.chdir(ROOT)
    sys.path[:] = [path for path in sys.path if Path(path) != HANDLER]
    for name in [name for name in sys.modules if name.partition(".")[0] == "ci_callback"]:
        del sys.modules[name]
    pythonpath = f"pythonpath={shlex.quote(str(handler))} ."
    sys.exit(  # the other forms of a traceback look up the path of each module there is
        pytest.main(["-x", "-q", "--tb=native", "--assert=plain", "-p", "no:cacheprovider", "-o", pythonpath, *tests])
    )
