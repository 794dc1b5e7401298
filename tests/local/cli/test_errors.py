"""Errors of the user at `python -m local`: two lines at most, what is wrong and what to do next."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import signal
import socketserver
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from local.__main__ import main
from local.cos.server import LocalCos
from local.defaults import CREDENTIALS
from local.http.server import PortTakenError
from models.catalog import catalog
from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORDED = ("apigw-xml", "apigw-json", "function-url-xml", "function-url-json")
INVOKE_STDIN = [sys.executable, "-m", "local", "invoke", "-", "--json"]


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the error of a command that cannot start: exit code 2, two lines at most, no standard output."""
    capsys.readouterr()
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert 1 <= captured.err.count("\n") <= 2
    assert max(map(len, captured.err.splitlines())) < 500
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "wrong", "next_step"),
    [
        ([], "Missing command.", "python -m local --help shows"),
        (["sreve"], "No such command 'sreve'", "'serve'?"),
        (["run", "--evens", "3"], "No such option '--evens'", "Did you mean"),
        (["serve", "--port", "99999"], "'--port': 99999 is not in the range", "serve --help shows"),
        (["serve", "--cos-port", "http"], "'--cos-port': 'http' is not a valid integer", "serve --help shows"),
        (["serve", "--page-port", "-1"], "'--page-port': -1 is not in the range", "serve --help shows"),
        (["serve", "--port", "9"], "is taken by another program", "choose another port with --port"),
        (["serve", "--port", "8", "--cos-port", "8"], "--port and --cos-port are both 8", "choose another"),
        (["serve", "--trigger", "door"], "'--trigger': 'door' is not one of", "apigw"),
        (["serve", "--faults", "stormy"], "unknown faults: stormy", "there are none, flaky"),
        (["serve", "--faults", "eror=0.1"], "unknown faults: eror", "did you mean error?"),
        (["serve", "--faults", "error=much"], "error wants a number", "as in error=0.1"),
        (["serve", "--faults", "error=2"], "at most 1 together", "serve --help shows"),
        (["soak", "--ci", "nevr=0.1"], "unknown faults: nevr", "did you mean never?"),
        (["soak", "--ci", "never=2"], "between 0 and 1", "soak --help shows"),
        (["soak", "--jobs", "0"], "'--jobs': 0 is not in the range", "soak --help shows"),
        (["soak", "--instances", "1000"], "'--instances': 1000 is not in the range", "soak --help shows"),
        (["event"], "Missing option '--tag'", "event --help shows"),
        (["event", "--tag", "Soundhund"], "there is no Tag 'Soundhund'", "did you mean SoundHound?"),
        (["event", "--tag", "xyz"], "there is no Tag 'xyz'", "docs/results.md lists those there are"),
        (["event", "--tag", "Tts", "--state", "Lost"], "unknown State 'Lost'", "Failed"),
        (["event", "--tag", "Tts", "--trigger", "kafka"], "unknown trigger 'kafka'", "did you mean ckafka?"),
        (["event", "--tag", "Tts", "--mutate", "trunkate"], "unknown mutation 'trunkate'", "did you mean truncate?"),
        (["event", "--tag", "Tts", "--mutate", "trailing-comma"], "changes nothing in this", "leave it out"),
        (["event", "--tag", "Tts", "--object", "a\udcff"], "'a\\udcff' is not UTF-8", "event --help shows"),
        (["event", "--tag", "T\udcff"], "there is no Tag 'T\\udcff'", "docs/results.md"),
        (["event", "--tag", "VideoTag", "--items", "1000"], "more than an event holds", "take --items 39 at most"),
        (["check", "--env-file", "no.env"], "no.env: No such file", "NAME=value for each ${env:NAME}"),
        (["invoke"], "Missing argument 'EVENT_FILE'", "invoke --help shows"),
        (["invoke", "nothing.json"], "nothing.json: No such file", "events/ has recorded ones"),
        (["invoke", "events/docter.json"], "events/docter.json: No such file", "did you mean events/doctor.json"),
        (["invoke", "events"], "events: Is a directory", "name a file of JSON"),
        (["invoke", "events/doctor.expected.json"], "the expected outcome of an event", "name the event beside it"),
        (["invoke", "events/doctor.json", "--handler", "index"], "'index' is not FILE.FUNCTION", "index.main_handler"),
        (["run", "--handler", "a/b.c"], "'a/b.c' is not FILE.FUNCTION", "index.main_handler"),
        (["run", "--code-root", "nowhere"], "no such function: nowhere/index.py", "--code-root is its folder"),
        (["run", "--handler", "other.handler"], "handler/other.py", "--handler is FILE.FUNCTION"),
        (["run", "--events", "docs"], "docs/apigw-xml-success.json: No such file", "events/ has recorded ones"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_user_error_has_the_problem_and_the_next_step(
    arguments: list[str],
    wrong: str,
    next_step: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No traceback, no usage, no list of all Tags."""
    monkeypatch.chdir(ROOT)
    with LocalCos(buckets={}, credentials=CREDENTIALS) as other:
        arguments = [str(other.port) if each == "9" else each for each in arguments]
        error = error_of(capsys, *arguments)
    assert wrong in error
    assert next_step in error
    assert sum(tag in error for tag in catalog()) < 4


@pytest.mark.parametrize(
    ("content", "wrong", "next_step"),
    [
        (b'{"a":\n x}', "event.json:2:2: not JSON: Expecting value", "Fix it there."),
        (b"", "event.json:1:1: not JSON", "Fix it there."),
        (b"\xff\xfe", "not UTF-8 text", "save it as UTF-8"),
        (b"\xef\xbb\xbf <Response/>", "not JSON", "POST it to `python -m local serve`"),
        (b"[" * 100_000, "event.json: unsupported JSON", "Remove that."),
        (b"9" * 5000, "event.json: unsupported JSON", "Remove that."),
    ],
    ids=["json", "empty", "bytes", "callback", "depth", "digits"],
)
def test_file_without_an_event_is_reported(
    content: bytes, wrong: str, next_step: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error has the line and column, if there is one."""
    path = tmp_path / "event.json"
    path.write_bytes(content)
    error = error_of(capsys, "invoke", str(path))
    assert wrong in error
    assert next_step in error


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error has the system's reason."""
    path = tmp_path / "event.json"
    path.touch(mode=0)
    assert f"{path}: Permission denied: name a file of JSON that you may read." in error_of(capsys, "invoke", str(path))


@pytest.mark.parametrize(
    "event",
    [
        [],
        {"doctor": {}},
        {"path": "/x", "headers": {}, "body": None},
        {"path": 1, "headers": {}, "body": ""},
        {"path": "/x", "headers": [], "body": ""},
        {"path": "/x", "headers": {}, "body": "a", "isBase64Encoded": True},
    ],
)
def test_run_rejects_events_without_http(event: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An event that cannot be POSTed is reported before anything starts."""
    for name in RECORDED:
        (tmp_path / f"{name}-success.json").write_text(json.dumps(event), encoding="utf-8")
    error = error_of(capsys, "run", "--events", str(tmp_path))
    assert "apigw-xml-success.json: no event of an HTTP request" in error
    assert "it needs a path, headers and a body, as `python -m local event` has" in error


def test_reserved_port_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that only the administrator may use is named, with the options for another."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socketserver.TCPServer, "__init__", refuse)
    error = error_of(capsys, "serve", "--port", "80")
    assert "is taken by the system, as those below 1024 are" in error
    assert "choose another port with --port, --cos-port and --page-port" in error


def test_other_errors_of_a_socket_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no mistake in the port."""

    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socketserver.TCPServer, "__init__", refuse)
    with pytest.raises(OSError, match="Too many open files") as raised:
        LocalCos(buckets={}, credentials=CREDENTIALS)
    assert not isinstance(raised.value, PortTakenError)


def test_function_that_cannot_be_loaded_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """First the error, then the traceback, then the next step."""
    broken = ["--code-root", str(ROOT / "tests/support/functions"), "--handler", "broken.main_handler"]
    assert main(["invoke", str(ROOT / "events/doctor.json"), *broken]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  error        443 ModuleNotFoundError: No module named 'a_package_that_does_not_exist'"
    assert any("tests/support/functions/broken.py" in line for line in lines)
    assert next(line for line in lines if line.startswith("  next ")).endswith("must be installed in .venv.")


@pytest.mark.parametrize(
    ("stdin", "wrong", "next_step"),
    [
        (b"", "-: standard input was empty", "| python -m local invoke -"),
        (b" \n", "-: standard input was empty", "| python -m local invoke -"),
        (b"x", "-:1:1: not JSON", ""),
        (b"\xff\xfe", "-: not UTF-8 text", "send it as UTF-8."),
        (None, "-: standard input is closed", "| python -m local invoke -"),
    ],
)
def test_standard_input_without_an_event_is_reported(
    stdin: bytes | None, wrong: str, next_step: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error shows how to pipe an event in."""
    stream = None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    error = error_of(capsys, "invoke", "-")
    assert wrong in error
    assert next_step in error


@contextlib.contextmanager
def waiting_for_an_event(terminal: int) -> Iterator[subprocess.Popen[str]]:
    """Run `invoke -` on a terminal; yield it after its prompt."""
    pipe = subprocess.PIPE
    with subprocess.Popen(INVOKE_STDIN, cwd=ROOT, stdin=terminal, stdout=pipe, stderr=pipe, text=True) as process:
        os.close(terminal)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Paste an event and end it with Ctrl-D. Or pipe one in: ")
        yield process


def test_terminal_is_prompted_for_an_event() -> None:
    """The pasted event is delivered."""
    keyboard, terminal = pty.openpty()
    with waiting_for_an_event(terminal) as process:
        os.write(keyboard, b'{"doctor": {}}\n\x04')
        output, errors = process.communicate(timeout=60)
    os.close(keyboard)
    assert (process.returncode, errors) == (0, "")
    assert json.loads(output)["log"][0]["command"] == "doctor"


def test_ctrl_c_exits_with_130() -> None:
    """There is no traceback."""
    keyboard, terminal = pty.openpty()
    with waiting_for_an_event(terminal) as process:
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    os.close(keyboard)
    assert (process.returncode, output, errors.strip()) == (130, "", "")


@pytest.mark.parametrize("arguments", [["--help"], ["event", "--tag", "Tts"]])
def test_closed_pipe_exits_with_141(arguments: list[str]) -> None:
    """Also inside click, which would exit with 1."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "local", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_python_without_the_requirements_is_reported() -> None:
    """The error names the right Python."""
    command = [sys.executable, "-S", "-m", "local", "run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.endswith(": use .venv/bin/python, which `make run` sets up.\n")


def test_missing_module_of_the_project_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a bug, so there is a traceback."""
    monkeypatch.delitem(sys.modules, "local.cli.command_line", raising=False)
    monkeypatch.setitem(sys.modules, "local.cli.option_types", None)
    with pytest.raises(ModuleNotFoundError, match=r"local\.cli\.option_types"):
        main(["run"])
