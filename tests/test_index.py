"""The entry point, in a process of its own, as SCF starts it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_events import event

HANDLER = Path(__file__).parent.parent / "handler"
SETTINGS = {"BUCKETS": "test-1234567890/ap-chongqing", "CALLBACK_TOKENS": "local-token-0123456789"}
ROLE = dict.fromkeys(["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"], "x")


def run(code: str, **environ: str) -> str:
    """Return what Python code prints in a new process whose code root is handler/."""
    env = {"PYTHONPATH": str(HANDLER), "PYTHONDONTWRITEBYTECODE": "x", **environ}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("environ", "name", "status"),
    [
        ({**SETTINGS, **ROLE}, "function-url-json-bad-token", 401),
        ({**SETTINGS, **ROLE}, "function-url-json-probe", 200),
        (SETTINGS, "function-url-json-probe", 500),
        ({}, "function-url-json-probe", 500),
    ],
)
def test_the_entry_point_serves(environ: dict[str, str], name: str, status: int) -> None:
    """`index.main_handler` starts and answers, be it that it is misconfigured."""
    code = f"import index, json; print(json.dumps(index.main_handler(json.loads({json.dumps(event(name))!r}), {{}})))"
    assert json.loads(run(code, **environ).splitlines()[-1])["statusCode"] == status


def test_the_entry_point_hands_event_and_context_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What SCF calls is the function over this process's environment."""
    for name, value in {**SETTINGS, **ROLE}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "index", raising=False)
    reply = importlib.import_module("index").main_handler(event("function-url-json-probe"), {"request_id": "r-1"})
    assert json.loads(reply["body"])["request_id"] == "r-1"


def test_the_hot_path_imports_nothing_it_does_not_need() -> None:
    """A second parser, a settings library or a plugin scan would cost every cold start."""
    loaded = set(run("import index, sys; print('\\n'.join(sys.modules))", **SETTINGS).split())
    assert {"qcloud_cos", "pydantic", "defusedxml"} <= loaded
    assert not {"yaml", "asyncio", "tencentcloud", "Crypto", "multiprocessing"} & loaded
    assert "ci_callback.results.sound_hound" not in loaded
