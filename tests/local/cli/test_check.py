"""The command `check`: serverless.yml and .env are examined before they are deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.config.settings import DEMO_TOKEN
from local.cli.check import check
from local.cli.command_line import cli
from local.deployment import BadDeploymentError, read_deployment, read_env
from tests import ROOT
from tests.support.deployment import OWN_TOKEN, RECORD_SECRET
from tests.support.pages import page

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {
    "REGION": "ap-chongqing",
    "SCF_ROLE": "ci-callback",
    "BUCKETS": "media-1250000000/ap-chongqing",
    "CALLBACK_TOKENS": OWN_TOKEN,
    "RECORD_SECRET": RECORD_SECRET,
}


@pytest.fixture(autouse=True)
def _no_values_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VALUES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with the function, its serverless.yml and a complete `.env`."""
    (tmp_path / "handler").symlink_to(ROOT / "handler")
    (tmp_path / "serverless.yml").write_text(page("serverless.yml"), encoding="utf-8")
    give(tmp_path)
    return tmp_path


def give(project: Path, **changed: str) -> None:
    """Write the `.env`, with changed values; an empty one is left out."""
    values = {name: value for name, value in {**VALUES, **changed}.items() if value}
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    (project / ".env").write_text(lines, encoding="utf-8")


def examined(project: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, str]]]:
    """Return the exit code and the findings."""
    code = check(project, as_json=True)
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report["ok"] == (code == 0)
    return code, report["findings"]


def test_complete_deployment_has_no_problem(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each part of the settings is examined, and nothing that only the cloud knows."""
    code, findings = examined(project, capsys)
    assert code == 0
    assert {each["level"] for each in findings} == {"ok"}
    assert [each["check"] for each in findings] == ["settings", "limits", "routes", "signatures", "tokens"]


@pytest.mark.parametrize(
    ("changed", "level", "message", "fix"),
    [
        ({"REGION": ""}, "problem", "REGION is not set, and inputs.region needs it", "Set REGION in .env"),
        ({"SCF_ROLE": ""}, "problem", "SCF_ROLE is not set, and inputs.role needs it", "Set SCF_ROLE in .env"),
        ({"BUCKETS": "media"}, "problem", "'media' is no bucket/region pair", "Example: media-1250000000/ap-guangzhou"),
        ({"CALLBACK_TOKENS": ""}, "problem", "CALLBACK_TOKENS: it is not set", "Example: the output of: python3"),
        ({"CALLBACK_TOKENS": ""}, "problem", "CALLBACK_TOKENS: it is not set", "or in .env if it has ${env:…} there"),
        ({"CALLBACK_TOKENS": DEMO_TOKEN}, "problem", "CALLBACK_TOKENS: ", "Expected: "),
        ({"RECORD_SECRET": ""}, "warning", "not signed", "Set RECORD_SECRET"),
    ],
)
def test_mistake_in_the_values_is_reported(
    project: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, str], level: str, message: str, fix: str
) -> None:
    """With its fix, before anything is deployed; only a problem fails the command."""
    give(project, **changed)
    code, findings = examined(project, capsys)
    first = findings[0]
    assert (code, first["level"]) == (int(level == "problem"), level)
    assert message in first["message"]
    assert fix in first["fix"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("timeout: 30", "timeout: 3", "The time limit is 3 s"),
        ("LOG_LEVEL: INFO", "LOG_LEVEL: INFO\n      COS_ENDPOINT: http://proxy:80", "COS_ENDPOINT is set"),
        ('"tag": "Workflow"', '"tag": "Workflwo"', "the Tag 'Workflwo', which CI is not known to use"),
        ("timeout: 30", "timeout: 0.01", "The function fails: "),
        ("LOG_LEVEL: INFO", "1X: y", "SCF refuses the deployment: '1X' cannot be the name of"),
        ("LOG_LEVEL: INFO", f"X: {'y' * 4096}", "SCF allows 4096: shorten them."),
        ("LOG_LEVEL: INFO", "LOG_LEVEL: LOUD", "'LOUD' is none of DEBUG"),
    ],
)
def test_mistake_in_serverless_yml_is_reported(
    project: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    """The doctor runs with its limits and variables."""
    (project / "serverless.yml").write_text(page("serverless.yml").replace(old, new), encoding="utf-8")
    _, findings = examined(project, capsys)
    assert findings[0]["level"] != "ok"
    assert message in findings[0]["message"]


def test_secret_elsewhere_is_left_to_the_deployed_doctor(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The local Secrets Manager does not have it."""
    text = page("serverless.yml").replace("# CALLBACK_SECRET:", "CALLBACK_SECRET:")
    (project / "serverless.yml").write_text(text, encoding="utf-8")
    give(project, CALLBACK_TOKENS="")
    code, findings = examined(project, capsys)
    assert code == 0
    assert "tokens" not in {each["check"] for each in findings}


def test_value_of_the_shell_is_used_and_reported(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the tool takes it; the difference is a warning without the value."""
    monkeypatch.setenv("CALLBACK_TOKENS", "short")
    code, findings = examined(project, capsys)
    assert code == 1
    assert "token 1 has 5 characters" in findings[0]["message"]
    (difference,) = (each for each in findings if each["check"] == "values")
    assert difference["message"].startswith("CALLBACK_TOKENS has another value in the shell")
    assert OWN_TOKEN not in json.dumps(findings)


def test_report_is_text_with_the_next_step(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding with its fix, and the command for the deployed function."""
    give(project, REGION="")
    assert check(project) == 1
    shown = capsys.readouterr().out
    assert "  problem      values: REGION is not set" in shown
    assert "               Set REGION in .env" in shown
    assert "scf invoke --path events/doctor.json" in shown
    assert shown.splitlines()[-1] == "FAILED: 1 problem, 0 warnings"


def test_env_file_of_another_stage_is_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In place of `.env`."""
    give(project, REGION="")
    (project / ".env").rename(project / ".env.dev")
    assert check(project, env_file=project / ".env.dev") == 1
    assert "REGION is not set" in capsys.readouterr().out
    assert cli.commands["check"].make_context("check", ["--env-file", str(project / ".env.dev")]).params


def test_env_file_is_read_as_the_shell_reads_it(tmp_path: Path) -> None:
    """Comments, quotes and `export`."""
    path = tmp_path / ".env"
    path.write_text("# note\n\nA=1\nexport B='2 #'\nC=\"3\" # note\nD=4#5\nE=\n F = 6", encoding="utf-8")
    with pytest.raises(BadDeploymentError, match=r"\.env:8: no NAME=value, such as REGION=ap-chongqing"):
        read_env(path)
    path.write_text(path.read_text().replace("\n F = 6", ""), encoding="utf-8")
    assert read_env(path) == {"A": "1", "B": "2 #", "C": "3", "D": "4#5", "E": ""}
    assert read_env(tmp_path / "none") == {}


def test_values_take_the_places_of_references(tmp_path: Path) -> None:
    """Also within a text and a list; an unknown one is named with its place."""
    path = tmp_path / "serverless.yml"
    text = "inputs: {role: '${env:R}', vpc: ['${env:V}'], environment: {variables: {A: 'x-${env:A}', B: '${env:B}'}}}"
    path.write_text(text, encoding="utf-8")
    deployment = read_deployment(path, {"A": "1", "B": ""})
    assert deployment.environment == {"A": "x-1"}
    assert deployment.unset == {"inputs.role": "R", "inputs.vpc.0": "V"}
