"""Whatever a person gets wrong with `python -m local`: one or two lines that say what it is, and what to do next."""

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

from local import cloud
from local.__main__ import main
from local.cos.server import LocalCos
from local.http.server import PortTakenError
from models.catalog import catalog
from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

RECORDED = ("apigw-xml", "apigw-json", "function-url-xml", "function-url-json")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command says that cannot be started: at most two lines, status 2, nothing on standard output."""
    capsys.readouterr()
    status: object
    try:
        status = main(arguments)
    except SystemExit as ended:
        status = ended.code
    captured = capsys.readouterr()
    assert (status, captured.out) == (2, "")
    assert captured.err.startswith("error: ")
    assert 1 <= captured.err.count("\n") <= 2
    assert max(map(len, captured.err.splitlines())) < 500
    return captured.err


def command(*arguments: str, python: Sequence[str] = (), **more: Any) -> subprocess.CompletedProcess[str]:
    """Return what a command came to that ran in a process of its own."""
    whole = [sys.executable, *python, "-m", "local", *arguments]
    return subprocess.run(whole, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=60, **more)


@pytest.mark.parametrize(
    ("arguments", "wrong", "what_next"),
    [
        ([], "required: run|serve|invoke|event|soak|completion", "python -m local --help says"),
        (["sreve"], "invalid choice: 'sreve' (choose from", "python -m local --help says"),
        (["run", "--jobs", "3"], "unrecognized arguments: --jobs 3", "python -m local --help says"),
        (["serve", "--port", "99999"], "'99999' is no number from 0 to 65,535", "python -m local serve --help says"),
        (["serve", "--cos-port", "http"], "--cos-port: 'http' is no number from 0 to", "serve --help says"),
        (["serve", "--page-port", "-1"], "--page-port: '-1' is no number from 0 to", "serve --help says"),
        (["serve", "--port", "9"], "is taken by another program", "choose another port with --port"),
        (["serve", "--port", "8", "--cos-port", "8"], "--port and --cos-port are both 8", "choose another"),
        (["serve", "--trigger", "trigger"], "invalid choice: 'trigger' (choose from ", "apigw"),
        (["serve", "--faults", "stormy"], "unknown faults: stormy", "there are none, flaky"),
        (["serve", "--faults", "eror=0.1"], "unknown faults: eror", "did you mean error?"),
        (["serve", "--faults", "error=much"], "error wants a number", "as in error=0.1"),
        (["serve", "--faults", "error=2"], "at most 1 together", "serve --help says"),
        (["soak", "--ci", "nevr=0.1"], "unknown faults: nevr", "did you mean never?"),
        (["soak", "--ci", "never=2"], "lies between 0 and 1", "soak --help says"),
        (["soak", "--jobs", "9" * 5000], "is no number from 1 to 1,000,000", "soak --help says"),
        (["soak", "--instances", "1000"], "'1000' is no number from 1 to 256", "soak --help says"),
        (["soak", "--seed", "x"], "argument --seed: invalid int value: 'x'", "soak --help says"),
        (["event"], "the following arguments are required: --tag", "event --help says"),
        (["event", "--tag", "Soundhund"], "there is no Tag 'Soundhund'", "did you mean SoundHound?"),
        (["event", "--tag", "xyz"], "there is no Tag 'xyz'", "docs/results.md lists those there are"),
        (["event", "--tag", "Tts", "--state", "Lost"], "invalid choice: 'Lost' (choose from ", "Failed"),
        (["event", "--tag", "Tts", "--mutate", "trunkate"], "no mutation 'trunkate'", "did you mean truncate?"),
        (["event", "--tag", "Tts", "--mutate", "x"], "there is no mutation 'x'", "event --help says"),
        (["event", "--tag", "Tts", "--mutate", "trailing-comma"], "changes nothing in this", "leave it out"),
        (
            ["event", "--tag", "Tts", "--object", "a\udcff"],
            "--object: 'a\\udcff' is no text in UTF-8",
            "event --help says",
        ),
        (["event", "--tag", "T\udcff"], "argument --tag: 'T\\udcff' is no text in UTF-8", "event --help says"),
        (["event", "--tag", "Tts", "--items", "1e3"], "'1e3' is no number from 0 to", "event --help says"),
        (
            ["event", "--tag", "VideoTag", "--items", "1000"],
            "fields, more than an event holds",
            "take --items 39 at most",
        ),
        (["invoke"], "the following arguments are required: EVENT_FILE", "invoke --help says"),
        (["invoke", "nothing.json"], "nothing.json: No such file", "events/ has recorded ones"),
        (["invoke", "events/docter.json"], "events/docter.json: No such file", "did you mean events/doctor.json"),
        (["invoke", "events"], "events: Is a directory", "name a file of JSON"),
        (["invoke", "events/doctor.expected.json"], "what an event must lead to", "name the event beside it"),
        (["invoke", "events/doctor.json", "--handler", "index"], "'index' is no file.function", "index.main_handler"),
        (["invoke", "events/doctor.json", "--handler", "a/b.c"], "'a/b.c' is no file.function", "index.main_handler"),
        (["run", "--code-root", "nowhere"], "no function there: nowhere/index.py", "--code-root is its folder"),
        (["run", "--handler", "other.handler"], "handler/other.py", "--handler is file.function"),
        (["run", "--events", "docs"], "docs/apigw-xml-success.json: No such file", "events/ has recorded ones"),
        (["completion"], "the following arguments are required: shell", "completion --help says"),
        (["completion", "cmd"], "invalid choice: 'cmd' (choose from ", "tcsh"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_mistake_is_told_with_the_way_out(
    arguments: list[str],
    wrong: str,
    what_next: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each says what is wrong and what to do next; no traceback, no usage of many lines, no list of all Tags."""
    monkeypatch.chdir(ROOT)
    with LocalCos(buckets={}, credentials=cloud.CREDENTIALS) as other:
        arguments = [str(other.port) if each == "9" else each for each in arguments]
        error = told(capsys, *arguments)
    assert wrong in error
    assert what_next in error
    assert sum(tag in error for tag in catalog()) < 4


@pytest.mark.parametrize(
    ("content", "wrong", "what_next"),
    [
        (b'{"a":\n x}', "event.json:2:2: not JSON: Expecting value", "Mend that place."),
        (b"", "event.json:1:1: not JSON", "Mend that place."),
        (b"\xff\xfe", "not UTF-8 text", "save it as UTF-8"),
        (b"\xef\xbb\xbf <Response/>", "not JSON", "POST it to `python -m local serve`"),
        (b"[" * 100_000, "event.json: JSON that nobody sends", "Take that out."),
        (b"9" * 5000, "event.json: JSON that nobody sends", "Take that out."),
    ],
    ids=["json", "empty", "bytes", "callback", "depth", "digits"],
)
def test_a_file_that_is_no_event_is_told(
    content: bytes, wrong: str, what_next: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place is named where there is one."""
    path = tmp_path / "event.json"
    path.write_bytes(content)
    error = told(capsys, "invoke", str(path))
    assert wrong in error
    assert what_next in error


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named with the system's reason."""
    path = tmp_path / "event.json"
    path.touch(mode=0)
    assert f"{path}: Permission denied: name a file of JSON that you may read." in told(capsys, "invoke", str(path))


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
def test_run_needs_events_of_http(event: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An event that cannot be POSTed is told before anything starts."""
    for name in RECORDED:
        (tmp_path / f"{name}-success.json").write_text(json.dumps(event), encoding="utf-8")
    error = told(capsys, "run", "--events", str(tmp_path))
    assert "apigw-xml-success.json: no event of an HTTP request" in error
    assert "it needs a path, headers and a body, as `python -m local event` has" in error


@pytest.mark.parametrize(
    "text", ["inputs: [", "other: 1", "inputs:", "inputs: {environment: }", "inputs: {timeout: long}", "inputs: 1"]
)
def test_a_broken_deployment_is_told(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """serverless.yml that is no YAML, or another kind of file, is named in one line."""
    path = tmp_path / "serverless.yml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(cloud.LocalCloud.__init__, "__kwdefaults__", {**_defaults(), "serverless_yml": path})
    error = told(capsys, "invoke", str(ROOT / "events/doctor.json"))
    assert error.startswith("error: serverless.yml: ")
    assert ("mend that place" in error) or ("not as SCF has it: below `inputs` there are" in error)


def _defaults() -> dict[str, Any]:
    defaults = cloud.LocalCloud.__init__.__kwdefaults__
    assert defaults
    return defaults


def test_a_port_that_the_system_keeps_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where only the administrator may listen, the port is named with the ways out."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socketserver.TCPServer, "__init__", refuse)
    error = told(capsys, "serve", "--port", "80")
    assert "is taken by the system, as those below 1024 are" in error
    assert "choose another port with --port, --cos-port and --page-port" in error


def test_what_else_the_system_refuses_is_no_mistake_in_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of another kind goes on as it is."""

    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socketserver.TCPServer, "__init__", refuse)
    with pytest.raises(OSError, match="Too many open files") as raised:
        LocalCos(buckets={}, credentials=cloud.CREDENTIALS)
    assert not isinstance(raised.value, PortTakenError)


def test_a_function_that_cannot_be_loaded_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """First what is wrong, then where, then what to do; this is the function's failure, so the status is 1."""
    broken = ["--code-root", str(ROOT / "tests/support/functions"), "--handler", "broken.main_handler"]
    assert main(["invoke", str(ROOT / "events/doctor.json"), *broken]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  error        443 ModuleNotFoundError: No module named 'a_package_that_does_not_exist'"
    assert any("tests/support/functions/broken.py" in line for line in lines)
    assert next(line for line in lines if line.startswith("  next ")).endswith("must be installed in .venv.")


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "standard input was empty"), (" \n", "standard input was empty"), ("x", "-:1:1: not JSON")],
)
def test_standard_input_without_an_event_is_told(
    content: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how an event is piped in."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(content))
    error = told(capsys, "invoke", "-")
    assert said in error
    assert ("| python -m local invoke -" in error) == (not content.strip())


def test_standard_input_that_is_no_text_is_told() -> None:
    """Bytes are no event."""
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}  # some locales have Python take any byte
    done = command("invoke", "-", stdin=_pipe(b"\xff\xfe"), stdout=subprocess.PIPE, env=strict)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "error: -: not UTF-8 text: send it as UTF-8.\n")


def test_closed_standard_input_is_told() -> None:
    """Where there is no input at all, it says how an event is piped in."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m local invoke - <&-"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: -: standard input is closed. Pipe an event in: ")


@contextlib.contextmanager
def waiting_for_an_event(terminal: int) -> Iterator[subprocess.Popen[str]]:
    """Run `invoke -` with a terminal as its standard input; yield it when it has asked for an event."""
    arguments = [sys.executable, "-m", "local", "invoke", "-", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, cwd=ROOT, stdin=terminal, stdout=pipe, stderr=pipe, text=True) as process:
        os.close(terminal)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Paste an event and end it with Ctrl-D. Or pipe one in: ")
        yield process


def test_a_terminal_is_asked_for_an_event() -> None:
    """Who types `invoke -` is told what is waited for; what is pasted then is delivered."""
    keyboard, terminal = pty.openpty()
    with waiting_for_an_event(terminal) as process:
        os.write(keyboard, b'{"doctor": {}}\n\x04')
        output, errors = process.communicate(timeout=60)
    os.close(keyboard)
    assert (process.returncode, errors) == (0, "")
    assert json.loads(output)["log"][0]["command"] == "doctor"


@pytest.mark.parametrize("arguments", [["event", "--tag", "VideoTag", "--items", "30"], ["run"], ["completion", "zsh"]])
def test_output_that_nobody_reads_is_no_error(arguments: list[str]) -> None:
    """Piped into what has closed, as `head` does, it ends without a word, with the status of a closed pipe."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = command(*arguments, stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_another_pipe_that_breaks_is_told() -> None:
    """While somebody reads the output, a connection that was lost is an error like any other, and says where."""
    program = """
import socket, sys
from terminal.exit_codes import exit_code
def main():
    ours, theirs = socket.socketpair()
    theirs.close()
    return ours.send(b"x")
sys.exit(exit_code(main))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "BrokenPipeError: [Errno 32] Broken pipe"


def test_help_that_nobody_reads_is_no_error() -> None:
    """It ends without a word; whether argparse minds depends on the version of Python."""
    shell = f"{sys.executable} -m local --help | true"
    done = subprocess.run(["/bin/sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("arguments", [["event", "--tag", "Tts"], ["run"]])
def test_a_full_disk_is_told(arguments: list[str]) -> None:
    """What cannot be written is told with the system's reason."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        done = command(*arguments, stdout=full)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr == "error: No space left on device: free some space, or redirect the output.\n"


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_closed_standard_output_is_told(closed: str) -> None:
    """Nothing runs whose output nobody could see; where standard error is closed too, the status alone says so."""
    shell = f"{sys.executable} -m local run {closed}"
    done = subprocess.run(["/bin/sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False)
    said = "error: standard output is closed: leave `>&-` out, or redirect the output to /dev/null.\n"
    assert (done.returncode, done.stderr) == (2, "" if "2>" in closed else said)


def test_a_python_without_the_packages_is_told_which_has_them() -> None:
    """`python -m local` with the system's Python names the one to take."""
    done = command("run", python=["-S"], stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.endswith(": take .venv/bin/python, which `make run` sets up.\n")


def test_a_module_of_ours_that_is_missing_is_no_mistake_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the code is broken, and the traceback says where."""
    monkeypatch.delitem(sys.modules, "local.cli.command_line")
    monkeypatch.setitem(sys.modules, "local.cli.options", None)
    with pytest.raises(ModuleNotFoundError, match=r"local\.cli\.options"):
        main(["run"])


def test_ctrl_c_ends_quietly() -> None:
    """What is interrupted leaves no traceback, and the status says so."""
    keyboard, terminal = pty.openpty()
    with waiting_for_an_event(terminal) as process:
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    os.close(keyboard)
    assert (process.returncode, output, errors) == (130, "", "")


def test_letters_that_the_terminal_lacks_are_printed_by_number() -> None:
    """An encoding without Chinese is no reason to fail."""
    done = command("run", stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert '"SongName": "\\u9752\\u82b1\\u74f7"' in done.stdout


def _pipe(content: bytes) -> int:
    """Return a descriptor to read the content from."""
    read, write = os.pipe()
    os.write(write, content)
    os.close(write)
    return read
