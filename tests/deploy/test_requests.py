"""`python -m deploy.requests`: what `tccli` sends is what serverless.yml describes."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from tencentcloud.scf.v20180416 import models

from deploy import requests
from tests import ROOT
from tests.deploy.serverless_yml import ENVIRONMENT, LAYER, document, function

if TYPE_CHECKING:
    from pathlib import Path

# The action of each file, and the parameters that the API requires.
ACTIONS = {
    "PublishLayerVersion": ("PublishLayerVersion", {"LayerName", "CompatibleRuntimes", "Content"}),
    "CreateFunction": ("CreateFunction", {"FunctionName", "Code"}),
    "UpdateFunctionCode": ("UpdateFunctionCode", {"FunctionName"}),
    "UpdateFunctionConfiguration": ("UpdateFunctionConfiguration", {"FunctionName"}),
    "CreateUrl": ("CreateTrigger", {"FunctionName", "TriggerName", "Type"}),
    "CreateTimer": ("CreateTrigger", {"FunctionName", "TriggerName", "Type"}),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with its `.env` and its packages."""
    for name in ("serverless.yml", "layers"):
        (tmp_path / name).symlink_to(ROOT / name)
    dist = tmp_path / "dist"
    dist.mkdir()
    for name in ("function.zip", "layer.zip"):
        (dist / name).write_text(name)
    lines = [f"{name}={value}\n" for name, value in ENVIRONMENT.items()]
    (tmp_path / ".env").write_text("".join(lines), encoding="utf-8")
    monkeypatch.setattr(requests, "ROOT", tmp_path)
    monkeypatch.setattr(requests, "DIST", dist)
    return tmp_path


def written(project: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """Return the requests that the command writes, by the name of their file."""
    assert requests.main(list(arguments)) == 0
    folder = project / "dist" / "requests"
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()}


def test_requests_are_those_of_the_api(project: Path) -> None:
    """Its SDK knows every parameter, and none that is required is missing."""
    found = {**written(project), **written(project, "--layer-version", "3")}
    assert found.keys() == ACTIONS.keys()
    for name, request in found.items():
        action, required = ACTIONS[name]
        model = getattr(models, f"{action}Request")()
        model.from_json_string(json.dumps(request))  # it warns of unknown parameters, and a warning is an error here
        assert model._serialize() == request
        assert required <= request.keys()


def test_function_request_is_that_of_serverless_yml(project: Path) -> None:
    """Settings, layer and code, the same in an update."""
    found = written(project, "--layer-version", "3")
    expected = function()
    created = found["CreateFunction"]
    assert created["FunctionName"] == "ci-callback-prod"
    for name in ("Handler", "Runtime", "Timeout", "Role", "Description"):
        assert created[name] == expected[name.lower()]
    assert created["MemorySize"] == expected["memorySize"]
    variables = {each["Key"]: each["Value"] for each in created["Environment"]["Variables"]}
    assert variables == expected["environment"]["variables"]
    assert created["Layers"] == [{"LayerName": "ci-callback-layer-prod", "LayerVersion": 3}]
    assert base64.b64decode(created["Code"]["ZipFile"]) == b"function.zip"
    updated = {**found["UpdateFunctionCode"], **found["UpdateFunctionConfiguration"], "Type": "Event"}
    assert updated == created


def test_layer_request_is_that_of_serverless_yml(project: Path) -> None:
    """With the built zip."""
    request = written(project)["PublishLayerVersion"]
    expected = document(LAYER, ENVIRONMENT)["inputs"]
    assert base64.b64decode(request.pop("Content")["ZipFile"]) == b"layer.zip"
    assert request == {
        "LayerName": expected["name"],
        "Description": expected["description"],
        "CompatibleRuntimes": expected["runtimes"],
    }


def test_trigger_requests_are_those_of_serverless_yml(project: Path) -> None:
    """A public URL, and the timer with its argument."""
    found = written(project, "--layer-version", "3")
    url, timer = (next(iter(each.values()))["parameters"] for each in function()["events"])
    assert json.loads(found["CreateUrl"]["TriggerDesc"]) == {
        "AuthType": url["authType"],
        "NetConfig": {"EnableExtranet": True, "EnableIntranet": False},
    }
    request = found["CreateTimer"]
    assert (request["TriggerName"], request["TriggerDesc"]) == (timer["name"], timer["cronExpression"])
    assert (request["CustomArgument"], request["Enable"]) == (timer["argument"], "OPEN")


def test_stage_has_its_own_names_and_values(project: Path) -> None:
    """`.env.dev` takes the place of `.env`, and both requests have the stage in their names."""
    (project / ".env.dev").write_text((project / ".env").read_text().replace("ap-chongqing", "ap-beijing"))
    assert written(project, "--stage", "dev")["PublishLayerVersion"]["LayerName"] == "ci-callback-layer-dev"
    created = written(project, "--stage", "dev", "--layer-version", "1")["CreateFunction"]
    assert created["FunctionName"] == "ci-callback-dev"
    assert created["Layers"][0]["LayerName"] == "ci-callback-layer-dev"
    assert "ap-beijing" in json.dumps(created["Environment"])


def test_log_topic_and_vpc_are_sent(project: Path) -> None:
    """Those of serverless.yml, once they are uncommented or added."""
    text = (ROOT / "serverless.yml").read_text(encoding="utf-8")
    extra = "  cls: {logsetId: l, topicId: t}\n  vpcConfig: {vpcId: v, subnetId: s}\n  environment:"
    (project / "serverless.yml").unlink()
    (project / "serverless.yml").write_text(text.replace("  environment:", extra, 1), encoding="utf-8")
    request = written(project, "--layer-version", "1")["UpdateFunctionConfiguration"]
    assert (request["ClsLogsetId"], request["ClsTopicId"]) == ("l", "t")
    assert request["VpcConfig"] == {"VpcId": "v", "SubnetId": "s"}


def test_quoted_values_are_read(project: Path) -> None:
    """As a shell reads them, and as `make check` does."""
    text = "export A=\"one two\"\n# B=2\nC='3'\nD=4  \nE=5 # note\n"
    (project / ".env").write_text(text, encoding="utf-8")
    assert requests.read_values(None) == {"A": "one two", "C": "3", "D": "4", "E": "5"}


@pytest.mark.parametrize("missing", ["SCF_ROLE", "CALLBACK_TOKENS"])
def test_missing_value_is_reported(missing: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its name, and no request is written."""
    env = project / ".env"
    env.write_text(env.read_text().replace(f"{missing}=", f"#{missing}="), encoding="utf-8")
    assert requests.main(["--layer-version", "3"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {missing} has no value in .env")
    assert not (project / "dist" / "requests").exists()


@pytest.mark.parametrize(("path", "message"), [("dist/layer.zip", "make package"), (".env", "no .env")])
def test_missing_file_is_reported(path: str, message: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that makes it, or the page that shows it."""
    (project / path).unlink()
    assert requests.main([] if "layer" in path else ["--layer-version", "3"]) == 2
    assert message in capsys.readouterr().err


def test_requests_are_readable_by_their_owner_only(project: Path) -> None:
    """They hold the tokens."""
    written(project, "--layer-version", "3")
    assert (project / "dist" / "requests").stat().st_mode & 0o077 == 0
