"""serverless.yml as the local cloud reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.cloud import LocalCloud
from local.deployment import BadDeploymentError, Deployment, read_deployment
from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_settings_of_the_deployment_are_used_with_local_values() -> None:
    """Limits and variables are those of serverless.yml, without its `${…}`; local values override them."""
    deployment = read_deployment(ROOT / "serverless.yml")
    assert json.loads(deployment.environment["ROUTES"])
    assert not [value for value in deployment.environment.values() if "${" in value]
    with LocalCloud(triggers={}) as cloud:
        assert cloud.scf.timeout_s == deployment.timeout_s
        assert cloud.scf.environment["ROUTES"] == deployment.environment["ROUTES"]
        assert cloud.scf.environment["BUCKETS"] == "test-1234567890/ap-chongqing"
        assert cloud.scf.environment["COS_ENDPOINT"] == cloud.cos.address


def test_missing_deployment_has_the_defaults_of_the_platform(tmp_path: Path) -> None:
    """They are 3 seconds and 128 MB."""
    assert read_deployment(tmp_path / "serverless.yml") == Deployment({}, 3, 128)


@pytest.mark.parametrize(
    "text", ["inputs: [", "other: 1", "inputs:", "inputs: {environment: }", "inputs: {timeout: long}", "inputs: 1"]
)
def test_malformed_deployment_is_reported(text: str, tmp_path: Path) -> None:
    """The error is one line, for YAML that cannot be parsed and for a file of another kind."""
    path = tmp_path / "serverless.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadDeploymentError, match=r"^serverless\.yml: .*(fix it there|below `inputs` there are).*$"):
        read_deployment(path)
