"""The text output of `python -m local`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local import sdk
from local.__main__ import main
from tests import ROOT as PROJECT

if TYPE_CHECKING:
    from pathlib import Path

KEEPER = ["--code-root", str(PROJECT / "tests/support/functions"), "--handler", "keeper.main_handler"]
ODD = ["--code-root", str(PROJECT / "tests/support/functions"), "--handler", "odd.main_handler"]
RESULT = "input/test.mp3.SoundHound.json"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Return a folder with the recorded events that `run` delivers."""
    for trigger in ("apigw", "function-url"):
        for form in ("xml", "json"):
            event = {
                "httpMethod": "POST",
                "path": "/local-token-0123456789",
                "headers": {"content-type": f"application/{form}"},
                "queryString": {},
                "body": '{"song": "青花瓷"}',
            }
            (tmp_path / f"{trigger}-{form}-success.json").write_text(json.dumps(event), encoding="utf-8")
    return tmp_path


def write_event(folder: Path, event: Any) -> Path:
    """Write an event to a file; return its path."""
    path = folder / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return path


def test_run_prints_the_main_job_from_end_to_end(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two jobs with callbacks, logs and reports, the last result, four recorded callbacks, the bucket."""
    assert main(["run", "--events", str(events), *KEEPER]) == 0
    output = capsys.readouterr().out
    jobs = re.findall(r"uploaded     input/test\.mp3\n  submitted    SoundHound, job (s[0-9a-f]{32})\n", output)
    triggers = dict(re.findall(r"^  (function-url|apigw) +(http://127\.0\.0\.1:\d+)$", output, re.MULTILINE))
    called = re.findall(r"callback     POST (\S+)/local-token-0123456789  \d+ bytes of (XML|JSON)\n", output)
    assert called == [(triggers["function-url"], "XML"), (triggers["apigw"], "JSON")]
    assert output.count('reply        200  {"outcome": "written"}') == 2
    assert output.count('log          {"method": "POST", "path": "/local-token-0123456789"}') == 2
    assert len(re.findall(r"report       Report RequestId: \S+ Duration: \d+ms Memory: 256MB ", output)) == 2
    assert output.count("Coldstart: ") == 1
    result = output.partition("read with the SDK\n")[2].partition("\n\n")[0]
    assert json.loads(result)["JobsDetail"]["JobId"] == jobs[1]
    assert len(re.findall(r"^  200          events/\S+-success.json +written$", output, re.MULTILINE)) == 4
    assert f"bytes     {RESULT}" in output
    assert "\x1b" not in output
    assert output.endswith("OK: 2 jobs submitted, called back and stored; 4 recorded callbacks answered 200\n")


def test_failed_delivery_is_printed_with_its_log(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The event's own body is sent; the exit code is 1."""
    file = events / "apigw-json-success.json"
    event = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**event, "body": "", "isBase64Encoded": True, "queryString": {"a": "b"}}), "utf-8")
    assert main(["run", "--events", str(events), *KEEPER]) == 1
    output = capsys.readouterr().out
    assert re.search(r"\n  418          events/apigw-json-success\.json +teapot\n  log ", output)
    assert output.endswith("FAILED: 1 of 4 recorded callbacks were not answered 200\n")


def test_run_without_a_result_fails(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each problem of a function that cannot be loaded has a line."""
    handler = [*ODD[:3], "broken.main_handler"]
    assert main(["run", "--events", str(events), *handler]) == 1
    output = capsys.readouterr().out
    assert "error        404 NoSuchKey" in output
    assert "ModuleNotFoundError: No module named 'a_package_that_does_not_exist'" in output
    failures = [line for line in output.splitlines() if line.startswith("FAILED: ")]
    assert [re.sub(r"http://\S+", "URL", line) for line in failures] == [
        *["FAILED: the callback to URL was not answered 200"] * 2,
        f"FAILED: there is no {RESULT}",
        "FAILED: 4 of 4 recorded callbacks were not answered 200",
    ]


def test_run_with_the_result_of_another_job_fails(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The function answers 200 and stores something else."""
    source = (PROJECT / "tests/support/functions/keeper.py").read_text("utf-8")
    (tmp_path / "index.py").write_text(source.replace('event["body"].encode()', 'b"{}"'), "utf-8")
    assert main(["run", "--events", str(events), "--code-root", str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith(f"\nFAILED: {RESULT} is not of the latest job\n")


def test_invoke_prints_reply_log_report_and_bucket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Long keys are not wrapped."""
    event = {"httpMethod": "POST", "path": "/x", "headers": {"x-key": "k" * 100}, "body": "{}"}
    assert main(["invoke", str(write_event(tmp_path, event)), *KEEPER]) == 0
    output = capsys.readouterr().out
    assert "reply        200" in output
    assert '  "outcome": "written"' in output
    assert 'log          {"method": "POST"' in output
    assert "report       Init Report RequestId: " in output
    assert f"2 bytes      {'k' * 100}\n" in output
    assert "1251 bytes   input/test.mp3\n" in output


@pytest.mark.parametrize(
    ("event", "status", "shown"),
    [
        ({"do": "echo", "value": {"a": [1]}}, 0, '{\n  "a": [\n    1\n  ]\n}'),
        ({"do": "reply", "reply": {"statusCode": 400, "body": "plain"}}, 0, "reply        400\nplain\n"),
        ({"do": "fail"}, 1, "ValueError: demo"),
    ],
)
def test_invoke_exits_with_1_after_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], event: Any, status: int, shown: str
) -> None:
    """Any reply is a success of the command."""
    assert main(["invoke", str(write_event(tmp_path, event)), *ODD]) == status
    assert shown in capsys.readouterr().out


def test_serve_prints_addresses_and_ends_on_a_signal() -> None:
    """The printed addresses accept a callback and a job, and have the result and the page."""
    ports = ["--port", "0", "--cos-port", "0", "--page-port", "0"]
    options = ["--faults", "late=0.5,slow=0,latency=0.001", "--trigger", "apigw"]
    command = [sys.executable, "-m", "local", "serve", *ports, *options, *KEEPER]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed = ""
        while "\nLog\n" not in printed:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            printed += line
        curl = next(line for line in printed.splitlines() if "curl -i" in line)
        body = curl.partition("-d '")[2].partition("'")[0]
        result = next(line.split()[-1] for line in printed.splitlines() if line.endswith(RESULT))
        with requests.Session() as session:
            answer = session.post(curl.split()[-1], data=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 200
            assert session.get(result).json() == json.loads(body)
            shown = printed.partition("in a browser\n")[2].split()[0]
            assert "<title>ci-callback</title>" in session.get(shown).text
            (delivery,) = session.get(f"{shown}api/state").json()["deliveries"]
            assert delivery["status"] == 200
            webhook = {"Webhook-Id": "w1", "Host": "example.com"}
            hook = session.post(result.partition("/test-")[0] + "/hook", data='{"id": "w1"}', headers=webhook)
            assert hook.status_code == 204
        with sdk.session_to(result.partition("/test-")[0]) as session:
            job = {"Tag": "SoundHound", "Input": {"Object": "input/test.mp3"}, "CallBack": curl.split()[-1]}
            job_id = sdk.client(session).ci_create_media_jobs("test-1234567890", job)["JobsDetail"][0]["JobId"]
            deadline = time.monotonic() + 20
            while job_id not in session.get(result).text:
                assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert "latency=0.001" in printed
    assert "report       Report RequestId: " in rest
    assert "post         https://example.com/hook  w1" in rest
    assert rest.endswith("The local cloud has ended.\n")


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """There is one for each command."""
    assert main(["--help"]) == 0
    output = capsys.readouterr().out
    assert all(f"python -m local {command}" in output for command in ("run", "serve", "invoke events/"))
