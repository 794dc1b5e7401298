"""Write the requests of the SCF API that deploy serverless.yml, for `tccli`, to dist/requests.

    python -m deploy.requests                      writes PublishLayerVersion.json
    python -m deploy.requests --layer-version 3    writes those that create or update the function

They have the packages of `make package` and the values of `.env` in them.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any

import yaml

from deploy import DIST, FUNCTION, LAYER, ROOT
from local.deployment import read_env
from terminal.exit_codes import exit_code
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    Requests = dict[str, dict[str, Any]]  # by the name of their file


class BadEnvironmentError(UserError):
    """A value or a package is missing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the requests and print the commands that send them; return 2 if something is missing."""
    parser = argparse.ArgumentParser(prog="python -m deploy.requests", description="write requests for tccli")
    parser.add_argument("--stage", help="a second function, with the values of .env.<stage> if that exists")
    parser.add_argument("--layer-version", type=int, help="the version that PublishLayerVersion has returned")
    options = parser.parse_args(arguments)
    try:
        found = read(options.stage, options.layer_version)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    folder = DIST / "requests"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)  # the requests hold the tokens
    for name, request in found.items():
        (folder / f"{name}.json").write_text(json.dumps(request), encoding="utf-8")
        print(f"dist/requests/{name}.json")
    return 0


def read(stage: str | None, layer_version: int | None) -> Requests:
    """Return the requests for a stage: those of the layer, or with its version those of the function."""
    function = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))
    layer = yaml.safe_load((ROOT / "layers" / "serverless.yml").read_text(encoding="utf-8"))
    names = {"app": function["app"], "stage": stage or function["stage"]}
    layer_name = f"{layer['name']}-{names['stage']}"
    if layer_version is None:
        return {"PublishLayerVersion": _layer(layer_name, layer["inputs"])}
    inputs = _resolved(function["inputs"], names, read_values(stage))
    inputs["layers"] = [{"LayerName": layer_name, "LayerVersion": layer_version}]
    return _function(inputs)


def read_values(stage: str | None) -> dict[str, str]:
    """Read `.env`, or `.env.<stage>` in its place if there is one, as the Serverless Framework does."""
    candidates = [ROOT / f".env.{stage}", ROOT / ".env"] if stage else [ROOT / ".env"]
    for path in candidates:
        if path.is_file():
            return read_env(path)
    raise BadEnvironmentError("there is no .env beside serverless.yml: docs/deployment.md has an example.")


def _resolved(value: Any, names: Mapping[str, str], environment: Mapping[str, str]) -> Any:
    """Replace the variables of serverless.yml."""
    if isinstance(value, dict):
        return {name: _resolved(each, names, environment) for name, each in value.items() if name != "layers"}
    if isinstance(value, list):
        return [_resolved(each, names, environment) for each in value]
    if not isinstance(value, str):
        return value
    if variable := re.fullmatch(r"\$\{env:(\w+)\}", value):
        if not environment.get(variable[1]):
            raise BadEnvironmentError(f"{variable[1]} has no value in .env: docs/deployment.md has an example.")
        return environment[variable[1]]
    return re.sub(r"\$\{(app|stage)\}", lambda variable: names[variable[1]], value)


def _layer(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "LayerName": name,
        "Description": inputs["description"],
        "CompatibleRuntimes": inputs["runtimes"],
        "Content": {"ZipFile": _zip(DIST / LAYER)},
    }


def _function(inputs: Mapping[str, Any]) -> Requests:
    """Return the requests that create or update function, URL and timer."""
    name = {"FunctionName": inputs["name"]}
    cls, vpc = inputs.get("cls", {}), inputs.get("vpcConfig")
    configuration = {
        **name,
        "Description": inputs["description"],
        "MemorySize": inputs["memorySize"],
        "Timeout": inputs["timeout"],
        "Runtime": inputs["runtime"],
        "Role": inputs["role"],
        "Layers": inputs["layers"],
        "Environment": {
            "Variables": [{"Key": key, "Value": value} for key, value in inputs["environment"]["variables"].items()]
        },
        **({"ClsLogsetId": cls["logsetId"], "ClsTopicId": cls["topicId"]} if cls else {}),
        **({"VpcConfig": {"VpcId": vpc["vpcId"], "SubnetId": vpc["subnetId"]}} if vpc else {}),
    }
    code = {"Handler": inputs["handler"], "Code": {"ZipFile": _zip(DIST / FUNCTION)}}
    return {
        "CreateFunction": {**configuration, **code, "Type": "Event"},
        "UpdateFunctionCode": {**name, **code},
        "UpdateFunctionConfiguration": configuration,
        "CreateUrl": {**name, **_url(_parameters(inputs["events"], "http"))},
        "CreateTimer": {**name, **_timer(_parameters(inputs["events"], "timer"))},
    }


def _parameters(events: Iterable[Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(event[kind]["parameters"] for event in events if kind in event)
    return found


def _url(parameters: Mapping[str, Any]) -> dict[str, Any]:
    net = parameters["netConfig"]
    description = {
        "AuthType": parameters["authType"],
        "NetConfig": {"EnableIntranet": net["enableIntranet"], "EnableExtranet": net["enableExtranet"]},
    }
    return {
        "TriggerName": "url-trigger",  # the name that the Serverless Framework gives it, too
        "Type": "http",
        "Qualifier": parameters["qualifier"],
        "Enable": "OPEN",
        "TriggerDesc": json.dumps(description),
    }


def _timer(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "TriggerName": parameters["name"],
        "Type": "timer",
        "Qualifier": "$DEFAULT",
        "Enable": "OPEN" if parameters["enable"] else "CLOSE",
        "TriggerDesc": parameters["cronExpression"],
        "CustomArgument": parameters["argument"],
    }


def _zip(path: Path) -> str:
    if not path.is_file():
        raise BadEnvironmentError(f"dist/{path.name} is missing: run `make package`, or take it from a release.")
    return base64.b64encode(path.read_bytes()).decode()


if __name__ == "__main__":
    sys.exit(exit_code(main))
