"""The three ways to deploy: their pages agree with serverless.yml, with the Terraform module and with each other."""

from __future__ import annotations

import re

import pytest

from tests import ROOT
from tests.deploy.serverless_yml import LAYER, document, function
from tests.deploy.test_requests import ACTIONS
from tests.support.pages import blocks, page

WAYS = ["docs/deployment.md", "docs/terraform.md", "docs/by-hand.md"]


def section(name: str, heading: str) -> str:
    """Return a section of a page, whose heading has these words."""
    (found,) = [
        each for each in re.split(r"^## ", page(name), flags=re.MULTILINE) if heading in each.partition("\n")[0]
    ]
    return found


def test_deployment_page_leads_to_each_way() -> None:
    """In its first table."""
    before, _, _ = page("docs/deployment.md").partition("\n## ")
    assert {"(terraform.md)", "(by-hand.md)"} <= set(re.findall(r"\([\w-]+\.md\)", before))


@pytest.mark.parametrize("name", WAYS)
def test_removal_starts_with_the_callback_urls(name: str) -> None:
    """Or CI would call an address that is gone."""
    steps = re.findall(r"^\d\. (.*)$", section(name, "emov"), re.MULTILINE)
    assert steps[0].startswith("Take the URL out of queues")
    assert len(steps) >= 2


@pytest.mark.parametrize("name", WAYS)
def test_each_way_can_be_upgraded_and_undone(name: str) -> None:
    """With the commands that deploy, after those that take another release."""
    (commands,) = re.findall(
        r"^```sh\n(.*?)^```$",
        section(name, "go back"),
        re.MULTILINE | re.DOTALL,
    )
    assert commands.startswith("git fetch --tags\ngit checkout v")
    assert "make layer" in commands or "make package" in commands


def test_console_table_has_the_values_of_serverless_yml() -> None:
    """Of function, URL and timer."""
    text = section("docs/by-hand.md", "console")
    inputs = function()
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE))
    assert rows["name"] == f"`{document(ROOT / 'serverless.yml', {})['app']}-prod`"
    assert rows["runtime"] == f"`{inputs['runtime']}`"
    assert rows["handler"] == f"`{inputs['handler']}`"
    assert rows["memory"] == f"`{inputs['memorySize']}` MB"
    assert rows["timeout"] == f"`{inputs['timeout']}` s"
    assert document(LAYER, {})["inputs"]["name"] in rows["layer"]
    _, timer = (next(iter(each.values()))["parameters"] for each in inputs["events"])
    assert f"`{timer['cronExpression']}`" in text
    assert f"`{timer['argument']}`" in text


def test_console_table_names_every_variable_without_a_default() -> None:
    """The settings have the others."""
    raw = (ROOT / "serverless.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"^      (\w+): \$\{env:", raw, re.MULTILINE))
    (row,) = re.findall(r"^\| environment variables \| (.*?);", page("docs/by-hand.md"), re.MULTILINE)
    assert set(re.findall(r"`([A-Z_]+)`", row)) == asked


def test_terraform_page_shows_the_example_values() -> None:
    """Those of the file that it has its reader copy."""
    assert blocks("docs/terraform.md", "hcl") == [page("deploy/terraform/terraform.tfvars.example")]


def test_terraform_page_lists_every_variable() -> None:
    """In the order of the module, with a default where it has one."""
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", section("docs/terraform.md", "variables"), re.MULTILINE)
    declared = re.findall(
        r'^variable "(\w+)" \{\n(.*?)^\}$', page("deploy/terraform/variables.tf"), re.MULTILINE | re.DOTALL
    )
    assert {name: default.strip() != "" for name, default in rows} == {
        name: "  default " in body for name, body in declared
    }


def test_terraform_page_names_the_providers_of_the_module() -> None:
    """With the version that its documents are read of."""
    sources = dict(re.findall(r'source += "([^"]+)"\n +version = "~> ([\d.]+)"', page("deploy/terraform/versions.tf")))
    text = page("docs/terraform.md")
    assert [source for source in sources if f"`{source}`" not in text] == []
    assert sources["tencentcloudstack/tencentcloud"] in text


def test_by_hand_page_sends_every_request() -> None:
    """Each file that `python -m deploy.requests` writes, in a command with its action."""
    text = page("docs/by-hand.md")
    sent = set(re.findall(r"tccli scf (\w+) --cli-input-json file://dist/requests/(\w+)\.json", text))
    assert sent == {(action, name) for name, (action, _) in ACTIONS.items()}
