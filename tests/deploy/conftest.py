"""The Terraform module without its resources, evaluated by the real `terraform`."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests import ROOT
from tests.deploy.serverless_yml import ENVIRONMENT

if TYPE_CHECKING:
    from pathlib import Path

MODULE = ROOT / "deploy" / "terraform"
VARIABLES: dict[str, Any] = {
    "region": ENVIRONMENT["REGION"],
    "buckets": ENVIRONMENT["BUCKETS"].split(","),
    "callback_tokens": ENVIRONMENT["CALLBACK_TOKENS"].split(","),
    "record_secret": ENVIRONMENT["RECORD_SECRET"],
}
# The account of the guide's policies, and a sub-account of it that deploys.
ACCOUNT = """
locals {
  owner_uin    = "100000000001"
  deployer_uin = "100000000002"
}
output "policy" {
  value = local.policy
}
"""


def terraform(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run Terraform without the network, the user's settings and a state."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not installed")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    return subprocess.run(
        [program, *arguments], cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, check=False
    )


class Module:
    """The variables, settings and policy of the module in a folder of their own."""

    def __init__(self, project: Path) -> None:
        self.folder = project / "deploy" / "terraform"
        self.folder.mkdir(parents=True)
        for name in ("serverless.yml", "layers", "handler"):
            (project / name).symlink_to(ROOT / name)
        for name in ("variables.tf", "settings.tf", "policy.tf"):
            (self.folder / name).symlink_to(MODULE / name)
        (self.folder / "account.tf").write_text(ACCOUNT, encoding="utf-8")

    def run(self, *command: str, stdin: str = "", **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run a command with the variables of a team, some of them replaced."""
        values = json.dumps({**VARIABLES, **variables})
        (self.folder / "terraform.tfvars.json").write_text(values, encoding="utf-8")
        return terraform(*command, "-no-color", cwd=self.folder, stdin=stdin)

    def value(self, expression: str, **variables: Any) -> Any:
        """Return the value of an expression, which must be valid."""
        done = self.run("console", stdin=f"nonsensitive(jsonencode({expression}))\n", **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(json.loads(done.stdout))

    def problems(self, **variables: Any) -> str:
        """Return the errors of a plan with wrong variables."""
        done = self.run("plan", "-input=false", **variables)
        assert done.returncode == 1, done.stdout
        return done.stderr


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Module:
    """Return the module, ready to evaluate."""
    return Module(tmp_path_factory.mktemp("project"))
