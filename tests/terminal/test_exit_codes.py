"""Exit codes of programs whose output is closed, full, interrupted or not UTF-8."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests import ROOT

_HEAD = "import sys, time, socket; from terminal.exit_codes import exit_code; main = "


def run(main: str, redirect: str = "", encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    """Run a program with this `main` expression, its streams redirected by a shell."""
    program = f"{_HEAD}{main}; sys.exit(exit_code(main))"
    return subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -c '{program}' {redirect}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("code", [0, 1, 2])
def test_exit_code_of_main_is_returned(code: int) -> None:
    """The program's own exit code is kept."""
    assert run(f"lambda: {code}").returncode == code


def test_closed_pipe_exits_with_141_silently() -> None:
    """A program piped into one that has ended, like `head`, prints no error."""
    read, write = os.pipe()
    os.close(read)
    program = f"{_HEAD}lambda: print() or 0; sys.exit(exit_code(main))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_other_broken_pipe_is_raised() -> None:
    """A broken connection is an error like any other while standard output is open."""
    done = run("lambda: (pair := socket.socketpair())[1].close() or pair[0].send(bytes(1))")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "BrokenPipeError: [Errno 32] Broken pipe"


def test_full_disk_is_reported() -> None:
    """The message has the system's reason."""
    done = run("lambda: print(1) or 0", ">/dev/full")
    message = "error: No space left on device: free some space, or redirect the output.\n"
    assert (done.returncode, done.stderr) == (2, message)


@pytest.mark.parametrize("redirect", [">&-", ">&- 2>&-"])
def test_closed_standard_output_is_reported(redirect: str) -> None:
    """Nothing runs without an output; the exit code alone shows it if standard error is closed, too."""
    done = run("lambda: 0", redirect)
    message = "error: standard output is closed: leave `>&-` out, or redirect the output to /dev/null.\n"
    assert (done.returncode, done.stderr) == (2, "" if "2>" in redirect else message)


def test_interrupted_program_exits_with_130_silently() -> None:
    """Ctrl-C leaves no traceback."""
    # many short waits: a signal that arrives just before a wait does not end it
    waiting = "lambda: print(flush=True) or [time.sleep(0.1) for _ in range(500)]"
    program = f"{_HEAD}{waiting}; sys.exit(exit_code(main))"
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")


def test_characters_outside_the_encoding_are_escaped() -> None:
    """An encoding without Chinese is no reason to fail."""
    done = run('lambda: print("青") or 0', encoding="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\u9752\n", "")
