"""`--json` of `python -m local`: JSON alone on standard output, with the fields that docs/local.md shows."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.__main__ import main
from local.defaults import TOKEN
from tests import ROOT
from tests.support.pages import blocks

if TYPE_CHECKING:
    from pathlib import Path

INVOKE, RUN, SOAK = (json.loads(text) for text in blocks("docs/local.md", "json"))
(SERVE,) = ([json.loads(line) for line in text.splitlines()] for text in blocks("docs/local.md", "jsonl"))
ODD = ["--code-root", str(ROOT / "tests/support/functions"), "--handler", "odd.main_handler"]
PORTS = ["--port", "0", "--cos-port", "0", "--page-port", "0"]

# The command does not decide on the fields inside these.
OTHERS = {"log", "content", "body", "result", "posts", "answers", "outcomes", "faults", "replay", "dead_letters"}


def names(value: Any) -> Any:
    """Return the field names of a value at all depths; of a list, those of its first item."""
    if isinstance(value, list):
        return names(value[0]) if value else None
    if isinstance(value, dict):
        return {name: None if name in OTHERS else names(item) for name, item in value.items()}
    return None


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    """Return the one JSON document that a command prints."""
    assert main([*arguments, "--json"]) == status
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def write(folder: Path, event: Any) -> str:
    """Write an event to a file; return its path."""
    path = folder / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return str(path)


def test_invoke_has_the_fields_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Result, log, report, and the bucket's objects with their content."""
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


def test_failed_invocation_has_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The result is null, the exit code 1; the fields are the same."""
    found = printed(capsys, "invoke", write(tmp_path, {"do": "fail"}), *ODD, status=1)
    assert (found["ok"], found["result"], found["error"]["statusCode"]) == (False, None, 430)
    assert "ValueError: demo" in found["error"]["stackTrace"]
    assert found.keys() == INVOKE.keys()


def test_log_line_that_is_not_json_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines are parsed one by one; a line that nests too deeply stays text."""
    deep = "[" * 100_000
    found = printed(capsys, "invoke", write(tmp_path, {"do": "print", "text": f'{{"a": 1}}\n{deep}'}), *ODD)
    assert found["log"][:3] == ["loaded", {"a": 1}, deep]


NOT_STRICT = ["NaN", "-Infinity", '{"a": [1e999]}', "9" * 5000, "[" * 101 + "]" * 101, "[" * 5000]


def test_log_line_without_strict_json_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Python would read NaN and infinities, but other readers of the output would not."""
    found = printed(capsys, "invoke", write(tmp_path, {"do": "print", "text": "\n".join(NOT_STRICT)}), *ODD)
    assert found["log"][1:-2] == NOT_STRICT


@pytest.mark.parametrize("body", NOT_STRICT, ids=lambda body: body[:15])
def test_reply_without_strict_json_is_printed_unchanged(
    body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Any body can be printed."""
    reply = {"statusCode": 200, "headers": {}, "body": body}
    assert main(["invoke", write(tmp_path, {"do": "echo", "value": reply}), *ODD]) == 0
    assert capsys.readouterr().out.splitlines()[2] == body


def test_run_has_the_fields_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs, the result, recorded callbacks, the bucket and the verdict."""
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


def test_failed_run_lists_its_failures(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing result has COS's error; the exit code is 1."""
    broken = [*ODD[:3], "broken.main_handler"]
    found = printed(capsys, "run", *broken, status=1)
    assert found["ok"] is False
    assert f"there is no {RUN['result']['key']}" in found["failures"]
    assert found["result"] == {"key": RUN["result"]["key"], "content": None, "error": "404 NoSuchKey"}
    assert found["jobs"][0]["invocations"][0]["error"]["statusCode"] == 443


def test_soak_has_the_fields_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts by name depend on chance."""
    found = printed(capsys, "soak", "--jobs", "12", "--instances", "1", "--faults", "none")
    assert names(found) == names(SOAK)


def test_serve_prints_one_line_for_each_event() -> None:
    """Addresses, invocations, messages of actions, the end."""
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


def test_serve_ends_when_its_output_is_closed() -> None:
    """It exits with 141 and prints no error."""
    command = [sys.executable, "-m", "local", "serve", *PORTS, "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["kind"] == "up"
        process.stdout.close()
        assert process.wait(timeout=30) == 141
        assert process.stderr.read() == ""


def test_output_in_another_encoding_is_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An encoding without Chinese gets the same JSON."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert main(["event", "--tag", "SoundHound"]) == 0
    sys.stdout.flush()
    content = sys.stdout.buffer.getvalue()  # type: ignore[union-attr]  # a BytesIO
    assert capsys.readouterr().err == ""
    assert b"\\u9752\\u82b1\\u74f7" in content
    assert "青花瓷" in json.loads(content)["body"]
