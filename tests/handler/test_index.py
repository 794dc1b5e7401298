"""The entry point, in a process of its own, as SCF starts it."""

from __future__ import annotations

import importlib
import json
import sys

import pytest

from tests.handler.test_events import event
from tests.support.python import run

SETTINGS = {
    "BUCKETS": "test-1234567890/ap-chongqing",
    "CALLBACK_TOKENS": "local-token-0123456789",
    "COS_ENDPOINT": "http://127.0.0.1:9",  # out of reach
}
ROLE = dict.fromkeys(["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"], "x")


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
    """`index.main_handler` starts and answers, with and without its settings and role."""
    code = f"import index, json; print(json.dumps(index.main_handler(json.loads({json.dumps(event(name))!r}), {{}})))"
    assert json.loads(run(code, **environ).splitlines()[-1])["statusCode"] == status


def test_the_entry_point_passes_event_and_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """SCF's entry point is a Function over the environment of the process."""
    for name, value in {**SETTINGS, **ROLE}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "index", raising=False)
    reply = importlib.import_module("index").main_handler(event("function-url-json-probe"), {"request_id": "r-1"})
    assert json.loads(reply["body"])["request_id"] == "r-1"


# Modules that a cold start must not import, by the change that would.
FORBIDDEN = {
    *("pydantic", "pydantic_core", "annotated_types", "typing_extensions"),  # only commands read their options with it
    *("defusedxml", "xmltodict", "xml.dom.minidom", "yaml"),  # a second parser
    *("calendar", "charset_normalizer", "importlib.metadata", "platform", "uuid", "zipfile"),  # the COS SDK would
    *("dataclasses", "pathlib.Path", "decimal"),
    *("asyncio", "multiprocessing", "concurrent.futures"),
    *("tencentcloud", "Crypto", "moto", "requests", "urllib3"),
    *(
        "ci_callback.commands.replay",
        "ci_callback.commands.heal",
        "ci_callback.commands.timer",
        "ci_callback.commands.sweep.run",
        "ci_callback.commands.options",
        "ci_callback.lanes",
        "ci_callback.records",
        "ci_callback.results.signed",
        "ci_callback.results.verify",
        "ci_callback.inbound.secret",
    ),
    *(
        "ci_callback.config.then",
        "ci_callback.actions.run",
        "ci_callback.actions.message",
        "ci_callback.actions.notice",
        "ci_callback.actions.webhook",
        "standardwebhooks",
    ),
}
FIRST_EVENT = (
    "import index, json, sys\n"
    "index.main_handler(json.loads({event!r}), {{'time_limit_in_ms': 1000}})\n"
    "print('modules', *sys.modules)"
)


def loaded(**environ: str) -> set[str]:
    """Return the modules that are loaded once the first callback is answered; COS is out of reach."""
    code = FIRST_EVENT.format(event=json.dumps(event("function-url-xml-success")))
    printed = run(code, **SETTINGS, **ROLE, LOG_LEVEL="ERROR", **environ)
    return set(printed.splitlines()[-1].removeprefix("modules ").split())


def test_a_cold_start_imports_no_forbidden_module() -> None:
    """Start and first callback import no module that only commands, errors or other Tags need."""
    modules = loaded()
    assert {"qcloud_cos", "ci_callback.shapes.sound_hound"} <= modules
    assert not FORBIDDEN & modules
    assert [name for name in modules if name.startswith("ci_callback.shapes.")] != []


def test_a_cold_start_imports_within_its_budget() -> None:
    """A module added to every cold start changes these numbers, with a reason."""
    modules = loaded()
    ours = {name for name in modules if name.split(".")[0] in {"index", "ci_callback"}}
    assert len(ours) <= 45  # two of them make the dead letter of a COS out of reach
    assert len(modules) <= 330


def test_a_cold_start_imports_the_shape_of_its_tag_only() -> None:
    """The number of Tags does not change the modules that a callback of one Tag imports."""
    shapes = sorted(name for name in loaded() if name.startswith("ci_callback.shapes."))
    assert shapes == ["ci_callback.shapes.job", "ci_callback.shapes.sound_hound"]
