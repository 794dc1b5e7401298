"""`--json` of `python -m local`: nothing else on standard output, under the names that docs/local.md shows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.__main__ import main
from local.cloud import TOKEN
from tests import ROOT
from tests.support.pages import blocks

if TYPE_CHECKING:
    from pathlib import Path

INVOKE, RUN, SOAK = (json.loads(text) for text in blocks("docs/local.md", "json"))
(SERVE,) = ([json.loads(line) for line in text.splitlines()] for text in blocks("docs/local.md", "jsonl"))
ODD = ["--code-root", str(ROOT / "tests/support/functions"), "--handler", "odd.main_handler"]
PORTS = ["--port", "0", "--cos-port", "0", "--page-port", "0"]

# What the function, CI or chance decides, and not the command.
OTHERS = {"log", "content", "body", "result", "posts", "answers", "outcomes", "faults", "replay", "letters"}


def names(value: Any) -> Any:
    """Return the names in a value at all depths; of a list those of its first item."""
    if isinstance(value, list):
        return names(value[0]) if value else None
    if isinstance(value, dict):
        return {name: None if name in OTHERS else names(item) for name, item in value.items()}
    return None


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    """Return what a command prints, which is one JSON document and no word beside it."""
    assert main([*arguments, "--json"]) == status
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def write(folder: Path, event: Any) -> str:
    """Return the path of a file with the event."""
    path = folder / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return str(path)


def test_invoke_tells_all_that_came_of_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """Result, log as JSON, report and the bucket's objects with their content, under the names of the page."""
    found = printed(capsys, "invoke", INVOKE["event"])
    assert names(found) == names(INVOKE)
    assert found["result"].keys() == INVOKE["result"].keys()
    (line,) = found["log"]
    assert line.items() >= INVOKE["log"][0].items()
    contents = {each["key"]: each["content"] for each in found["objects"]}
    shown = INVOKE["objects"][1]
    assert contents["input/test.mp3"] is None
    assert contents[shown["key"]].items() >= shown["content"].items()
    assert type(found["report"]["max_memory_mb"]) is type(INVOKE["report"]["max_memory_mb"])


def test_invoke_tells_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The platform's error stands where the result would, and the status is 1; the names are the same."""
    found = printed(capsys, "invoke", write(tmp_path, {"do": "fail"}), *ODD, status=1)
    assert (found["ok"], found["result"], found["error"]["statusCode"]) == (False, None, 430)
    assert "ValueError: demo" in found["error"]["stackTrace"]
    assert found.keys() == INVOKE.keys()


def test_a_log_line_that_is_no_json_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines are read one by one; what is none of JSON, or far too deep, stays what it is."""
    deep = "[" * 100_000
    found = printed(capsys, "invoke", write(tmp_path, {"do": "print", "text": f'{{"a": 1}}\n{deep}'}), *ODD)
    assert found["log"][:3] == ["loaded", {"a": 1}, deep]


NEVER_JSON = ["NaN", "-Infinity", '{"a": [1e999]}', "9" * 5000, "[" * 101 + "]" * 101, "[" * 5000]


def test_what_is_printed_is_json_for_every_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers that JSON has not, as Python writes and reads them, stay text, and so does what nobody could print."""
    found = printed(capsys, "invoke", write(tmp_path, {"do": "print", "text": "\n".join(NEVER_JSON)}), *ODD)
    assert found["log"][1:-2] == NEVER_JSON


@pytest.mark.parametrize("body", NEVER_JSON, ids=lambda body: body[:15])
def test_a_reply_of_any_text_is_shown(body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people a body that is no JSON, or far too deep or long to be read as such, is printed as it came."""
    reply = {"statusCode": 200, "headers": {}, "body": body}
    assert main(["invoke", write(tmp_path, {"do": "echo", "value": reply}), *ODD]) == 0
    assert capsys.readouterr().out.splitlines()[2] == body


def test_run_tells_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs with callbacks, replies and invocations, the result, the recorded callbacks, the bucket and the verdict."""
    found = printed(capsys, "run")
    empty = [each.pop("invocations") for each in (RUN["jobs"][0], RUN["recorded"][0])]
    invocations = [each.pop("invocations") for each in (*found["jobs"], *found["recorded"])]
    assert empty == [[], []]
    assert names(found) == names(RUN)
    assert (found["ok"], found["failures"]) == (True, [])
    assert {**names(INVOKE), "ok": None, "event": None, "objects": None}.keys() >= invocations[0][0].keys()
    assert [len(each) for each in invocations] == [1] * 6
    jobs = [(job["trigger"], job["callback"]["format"], job["reply"]["status"]) for job in found["jobs"]]
    assert jobs == [("function-url", "xml", 200), ("apigw", "json", 200)]
    assert found["jobs"][0]["callback"]["url"] == f"{found['triggers']['function-url']}/{TOKEN}"
    assert found["jobs"][1]["reply"]["body"]["jobs"][0]["outcome"] == "written"
    assert found["result"]["content"]["JobId"] == found["jobs"][1]["job_id"]
    outcomes = [each["reply"]["body"]["jobs"][0]["outcome"] for each in found["recorded"]]
    assert outcomes == ["written", "duplicate", "duplicate", "duplicate"]


def test_run_tells_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """Failures are named in words, a missing result with COS's error, and the status is 1."""
    broken = [*ODD[:3], "broken.main_handler"]
    found = printed(capsys, "run", *broken, status=1)
    assert found["ok"] is False
    assert f"there is no {RUN['result']['key']}" in found["failures"]
    assert found["result"] == {"key": RUN["result"]["key"], "content": None, "error": "404 NoSuchKey"}
    assert found["jobs"][0]["invocations"][0]["error"]["statusCode"] == 443


def test_soak_tells_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """The report has the names of the page, apart from what chance decides."""
    found = printed(capsys, "soak", "--jobs", "12", "--instances", "1", "--faults", "none")
    assert names(found) == names(SOAK)


def test_serve_tells_line_by_line() -> None:
    """A line at once for the addresses, for each event and each message of an action, and one when it is over."""
    command = [sys.executable, "-m", "local", "serve", *PORTS, "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        up = json.loads(process.stdout.readline())
        with requests.Session() as session:
            assert session.post(up["callback_url"], data="{}").status_code == 200
            invocation = json.loads(process.stdout.readline())
            hook = {"Webhook-Id": "w1", "Host": "example.com"}
            assert session.post(f"{up['cos']}/hook", data='{"id": "w1"}', headers=hook).status_code == 204
            arrival = json.loads(process.stdout.readline())
            assert "<title>" in session.get(up["page"]).text
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    lines = [up, invocation, arrival, *map(json.loads, rest.splitlines())]
    assert [line["kind"] for line in lines] == [line["kind"] for line in SERVE]
    assert [names(line) for line in lines] == [names(line) for line in SERVE]
    assert up["callback_url"].endswith(f"/{up['token']}")
    assert arrival == SERVE[2]
    assert (process.returncode, errors) == (0, "")


def test_serve_ends_when_nobody_reads_on() -> None:
    """Piped into what stops reading, it ends by itself, quietly, with the status of a closed pipe."""
    command = [sys.executable, "-m", "local", "serve", *PORTS, "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["kind"] == "up"
        process.stdout.close()
        assert process.wait(timeout=30) == 141
        assert process.stderr.read() == ""


def test_an_encoding_without_the_letters_gets_their_numbers() -> None:
    """Where standard output cannot take Chinese, JSON has it escaped and is the same JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "local", "event", "--tag", "SoundHound"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert b"\\u9752\\u82b1\\u74f7" in done.stdout
    assert "青花瓷" in json.loads(done.stdout)["body"]
