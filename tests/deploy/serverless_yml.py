"""Both serverless.yml as the Serverless Framework sends them, with the `.env` of a team."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from tests import ROOT
from tests.support.deployment import OWN_TOKEN, RECORD_SECRET

if TYPE_CHECKING:
    from pathlib import Path

FUNCTION = ROOT / "serverless.yml"
LAYER = ROOT / "layers" / "serverless.yml"

# The .env of a team with several buckets that rotates its token.
ENVIRONMENT = {
    "REGION": "ap-chongqing",
    "SCF_ROLE": "ci-callback",
    "BUCKETS": ",".join(f"media-archive-{n:02}-1250000000/ap-chongqing" for n in range(20)),
    "RECORD_SECRET": f"{RECORD_SECRET},{RECORD_SECRET[::-1]}",
    "CALLBACK_TOKENS": f"{OWN_TOKEN.ljust(43, 'x')},{OWN_TOKEN.ljust(43, 'y')}",
}
OUTPUTS = {"ci-callback-layer": {"name": "ci-callback-layer-prod", "version": 3}}


def with_api_gateway(text: str) -> str:
    """Uncomment the lines between the two marks, as the guide asks."""
    before, block, after = re.split(r"^ *# (?:apigw>|<apigw)\n", text, flags=re.MULTILINE)
    return before + re.sub(r"^( *)# ", r"\1", block, flags=re.MULTILINE) + after


def resolved(value: Any, names: dict[str, str], environ: dict[str, str]) -> Any:
    """Resolve variables as the tool does: an undefined one is dropped, or is "undefined" within a longer text."""
    if isinstance(value, dict):
        found = {key: resolved(item, names, environ) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None}
    if isinstance(value, list):
        return [resolved(item, names, environ) for item in value]
    if not isinstance(value, str):
        return value
    if whole := re.fullmatch(r"\$\{env:(\w+)\}", value):
        return environ.get(whole[1])
    text = re.sub(r"\$\{env:(\w+)\}", lambda match: environ.get(match[1], "undefined"), value)
    text = re.sub(r"\$\{(app|name|stage)\}", lambda match: names[match[1]], text)
    if output := re.fullmatch(r"\$\{output:([\w-]+):([\w-]+):([\w-]+)\.(\w+)\}", text):
        assert output.group(1, 2) == (names["stage"], names["app"])
        return OUTPUTS[output[3]][output[4]]
    return text


def document(path: Path, environ: dict[str, str], *, api_gateway: bool = False) -> dict[str, Any]:
    """Read a serverless.yml as the tool sends it; a layer's inherits app and stage from the function's."""
    text = path.read_text(encoding="utf-8")
    content = yaml.safe_load(with_api_gateway(text) if api_gateway else text)
    above = yaml.safe_load(FUNCTION.read_text(encoding="utf-8"))
    names = {"app": above["app"], "stage": above["stage"], "name": content["name"]}
    assert isinstance(resolved(content, names, environ), dict)
    return {**resolved(content, names, environ), **names}


def function(*, api_gateway: bool = False) -> dict[str, Any]:
    """Return the deployed inputs of the function."""
    inputs: dict[str, Any] = document(FUNCTION, ENVIRONMENT, api_gateway=api_gateway)["inputs"]
    return inputs
