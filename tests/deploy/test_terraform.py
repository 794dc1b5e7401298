"""deploy/terraform: valid by the providers' documents, and the same function as serverless.yml."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.config.settings import load
from tests import ROOT
from tests.deploy.conftest import MODULE, VARIABLES, terraform
from tests.deploy.serverless_yml import LAYER, document, function
from tests.support import pages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.deploy.conftest import Module

TEXT = "\n".join(path.read_text(encoding="utf-8") for path in sorted(MODULE.glob("*.tf")))
DOCUMENTED: dict[str, Any] = json.loads(
    (ROOT / "tests" / "support" / "schemas" / "terraform.json").read_text(encoding="utf-8")
)["resources"]
META = {"count", "depends_on", "lifecycle"}
GUIDE = {"region": "ap-chongqing", "buckets": ["media-1250000000/ap-chongqing"]}

blocks = partial(pages.blocks, "docs/deployment.md")


def resources() -> dict[str, str]:
    """Return the body of each resource and data source by its address; `terraform fmt` keeps their form."""
    found = re.findall(r'^(resource|data) "(\w+)" "(\w+)" \{(?:\}|\n(.*?)^\})$', TEXT, re.MULTILINE | re.DOTALL)
    prefix = {"resource": "", "data": "data."}
    return {f"{prefix[kind]}{type_}.{name}": body for kind, type_, name, body in found}


def arguments(body: str, depth: int = 1) -> dict[str, str]:
    """Return the arguments of a block with their expressions, and its blocks with their bodies."""
    indent = "  " * depth
    single = re.findall(rf"^{indent}(\w+) += (.*(?:\n{indent} .*|\n{indent}[)\]}}]+)*)$", body, re.MULTILINE)
    nested = re.findall(rf"^{indent}(\w+) \{{\n(.*?)^{indent}\}}$", body, re.MULTILINE | re.DOTALL)
    return dict([*single, *nested])


def type_of(address: str) -> str:
    """Return the type of a resource's address."""
    return address.rpartition(".")[0]


def expressions(address: str) -> dict[str, str]:
    """Return the arguments of a resource that refer to no other resource, without its blocks."""
    found = arguments(resources()[address])
    of_resources = re.compile(r"tencentcloud_|local_file")
    left_out = {*META, *DOCUMENTED[type_of(address)].get("blocks", ())}
    return {name: text for name, text in found.items() if name not in left_out and not of_resources.search(text)}


def evaluated(module: Module, address: str) -> dict[str, Any]:
    """Return the values of those arguments."""
    lines = ", ".join(f"{name} = {text}" for name, text in expressions(address).items())
    found: dict[str, Any] = module.value(f"{{ {lines} }}")
    return found


def test_module_is_formatted() -> None:
    """As `terraform fmt` writes it, which the other tests read."""
    done = terraform("fmt", "-check", "-diff", cwd=MODULE)
    assert (done.returncode, done.stdout) == (0, "")


def test_module_is_valid(tmp_path: Path) -> None:
    """By the providers themselves, where they are installed."""
    for path in MODULE.glob("*.tf"):
        (tmp_path / path.name).symlink_to(path)
    plugins = tmp_path / "plugins"  # an empty folder: nothing is downloaded
    plugins.mkdir()
    if terraform("init", "-backend=false", f"-plugin-dir={plugins}", cwd=tmp_path).returncode:
        pytest.skip("the providers of deploy/terraform are not installed")
    done = terraform("validate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_module_has_all_that_a_deployment_needs() -> None:
    """Role, policy, layer, function, URL and timer, and the secret on demand."""
    found = resources()
    assert {type_of(address) for address in found} == DOCUMENTED.keys()
    assert {address for address, body in found.items() if "count" in arguments(body)} == {
        "tencentcloud_ssm_secret.tokens",
        "tencentcloud_ssm_secret_version.tokens",
    }


@pytest.mark.parametrize("address", resources())
def test_resource_has_documented_arguments(address: str) -> None:
    """All that are required and none that is unknown, in its blocks too."""
    documented = DOCUMENTED[type_of(address)]
    found = arguments(resources()[address])
    assert {*documented["required"]} <= found.keys()
    assert found.keys() - META <= {*documented["required"], *documented["optional"]}
    for name, block in documented.get("blocks", {}).items():
        inside = arguments(found[name], depth=2)
        assert {*block["required"]} <= inside.keys() <= {*block["required"], *block["optional"]}


def test_references_are_documented_attributes() -> None:
    """Each attribute of another resource is an argument or is exported."""
    used = re.findall(r"\b((?:data\.)?(?:tencentcloud|local|terraform)_\w+)\.(\w+)(?:\[0\])?\.(\w+)", TEXT)
    assert len(used) > 10
    for type_, name, attribute in used:
        assert f"{type_}.{name}" in resources()
        documented = DOCUMENTED[type_]
        assert attribute in {*documented["required"], *documented["optional"], *documented["exported"]}, attribute


def test_variables_and_locals_are_declared_and_used() -> None:
    """Terraform itself would notice only with its providers."""
    declared = set(re.findall(r'^variable "(\w+)"', TEXT, re.MULTILINE))
    assert set(re.findall(r"\bvar\.(\w+)", TEXT)) == declared
    bodies = re.findall(r"^locals \{\n(.*?)^\}$", TEXT, re.MULTILINE | re.DOTALL)
    defined = {name for body in bodies for name in re.findall(r"^  (\w+) += ", body, re.MULTILINE)}
    assert set(re.findall(r"\blocal\.(\w+)", TEXT)) == defined


def test_function_is_that_of_serverless_yml(module: Module) -> None:
    """Name, handler, runtime, memory, time, and every setting."""
    expected = function()
    found = evaluated(module, "tencentcloud_scf_function.function")
    assert found == {
        "name": "ci-callback-prod",
        "description": expected["description"],
        "func_type": "Event",
        "handler": expected["handler"],
        "runtime": expected["runtime"],
        "mem_size": expected["memorySize"],
        "timeout": expected["timeout"],
        "environment": expected["environment"]["variables"],
        "enable_public_net": True,
        **dict.fromkeys(("vpc_id", "subnet_id", "cls_logset_id", "cls_topic_id")),
    }
    assert expected["name"] == "${app}-${stage}".replace("${app}", "ci-callback").replace("${stage}", "prod")


def test_layer_is_that_of_serverless_yml(module: Module) -> None:
    """Name, description and runtimes, from the built zip."""
    expected = document(LAYER, {})["inputs"]
    found = evaluated(module, "tencentcloud_scf_layer.function")
    assert found == {
        "layer_name": expected["name"],
        "description": expected["description"],
        "compatible_runtimes": expected["runtimes"],
    }
    assert module.value("[local.function_zip, local.layer_zip]", packages="/a") == ["/a/function.zip", "/a/layer.zip"]


def test_triggers_are_those_of_serverless_yml(module: Module) -> None:
    """The public URL, and the timer with its argument."""
    url, timer = (next(iter(each.values()))["parameters"] for each in function()["events"])
    found = evaluated(module, "tencentcloud_scf_trigger.url")
    assert json.loads(found["trigger_desc"]) == {
        "AuthType": url["authType"],
        "NetConfig": {"EnableExtranet": True, "EnableIntranet": False},
    }
    assert (found["type"], found["qualifier"], found["enable"]) == ("http", url["qualifier"], "OPEN")
    assert evaluated(module, "tencentcloud_scf_trigger.timer") == {
        "namespace": "default",
        "type": "timer",
        "trigger_name": timer["name"],
        "qualifier": "$DEFAULT",
        "enable": "OPEN",
        "trigger_desc": timer["cronExpression"],
        "custom_argument": timer["argument"],
    }


def test_role_is_for_scf(module: Module) -> None:
    """No other service may take it."""
    found = json.loads(evaluated(module, "tencentcloud_cam_role.function")["document"])
    assert [each["principal"] for each in found["statement"]] == [{"service": ["scf.qcloud.com"]}]


def test_policy_is_that_of_the_guide(module: Module) -> None:
    """For the same bucket; in lists, as the provider asks."""
    (policy,) = [block for block in map(json.loads, blocks("json")) if "statement" in block]
    assert module.value("local.policy", **GUIDE) == policy


def test_policy_follows_versions_and_actions(module: Module) -> None:
    """The guide's statements for a bucket with versions, and for the actions of routes."""
    objects = [block for block in map(json.loads, blocks("json")) if isinstance(block, dict)]
    policy, versions = [block for block in objects if {"statement", "effect"} & block.keys()]
    (added,) = [block for block in map(json.loads, blocks("json")) if isinstance(block, list)]
    then = [{"invoke": "my-function"}, {"publish": "eb-abcdefgh"}, {"post": "https://example.com/hook"}]
    settings = {
        "ROUTES": json.dumps([{"tag": "*", "state": "*", "write": "{object}.json", "then": then}]),
        "ON_DEAD_LETTER": json.dumps([{"topic": "my-topic"}, {"invoke": "my-function"}]),
    }
    found = module.value("local.policy", **GUIDE, settings=settings, versioned_buckets=["media-1250000000"])
    assert found["statement"] == [*policy["statement"], versions, *added]


def test_further_statements_are_the_last_ones(module: Module) -> None:
    """Allowed like the others."""
    added = {"action": ["ci:CreateMediaJobs"], "resource": ["qcs::ci:ap-chongqing:uid/1250000000:bucket/a/*"]}
    assert module.value("local.policy.statement", further_statements=[added])[-1] == {"effect": "allow", **added}


def test_notices_need_no_right_to_copy(module: Module) -> None:
    """Only a route's actions are noted in the result; a namespace is part of the resource."""
    notice = {"ON_DEAD_LETTER": json.dumps([{"invoke": "call-me", "namespace": "ops"}])}
    *_, last = module.value("local.policy", **GUIDE, settings=notice)["statement"]
    assert last["resource"] == ["qcs::scf:ap-chongqing:uin/100000000001:namespace/ops/function/call-me"]
    assert "name/cos:PutObjectCopy" not in json.dumps(module.value("local.policy", **GUIDE, settings=notice))


def test_secret_takes_the_place_of_the_tokens(module: Module) -> None:
    """The function is given its name and may read it alone; the settings accept that."""
    given = {**GUIDE, "callback_secret": "ci-callback/v1"}
    found = module.value("{ environment = local.environment, policy = local.policy }", **given)
    assert "CALLBACK_TOKENS" not in found["environment"]
    assert load(found["environment"]).CALLBACK_SECRET == "ci-callback/v1"
    assert found["policy"]["statement"][-1] == {
        "effect": "allow",
        "action": ["ssm:GetSecretValue"],
        "resource": ["qcs::ssm:ap-chongqing:uin/100000000001:secret/creatorUin/100000000002/ci-callback"],
    }


def test_settings_replace_those_of_serverless_yml(module: Module) -> None:
    """And add others; the stage is part of each name."""
    changed = {"LOG_LEVEL": "DEBUG", "VERIFY": "job"}
    found = module.value(
        "{ it = local.environment, names = [local.name, local.layer_name] }", settings=changed, stage="dev"
    )
    assert found["it"].items() > changed.items()
    assert load(found["it"]).VERIFY == "job"
    assert found["names"] == ["ci-callback-dev", "ci-callback-layer-dev"]


def test_wrong_variables_are_reported_together(module: Module) -> None:
    """All at once."""
    wrong = {
        "region": "Chongqing",
        "buckets": ["media/ap-chongqing"],
        "callback_tokens": ["short-one"],
        "record_secret": "also-short",
        "callback_secret": "no-version",
        "settings": {"SCF_THING": "x"},
        "stage": "Prod 1",
    }
    problems = module.problems(**wrong)
    assert problems.count("Error: Invalid value for variable") == len(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"buckets": []},
        {"buckets": ["a-1250000000/ap-beijing", "a-1250000000/ap-shanghai"]},
        {"callback_tokens": []},
        {"settings": {"BUCKETS": "x"}},
        {"versioned_buckets": ["other-1250000000"]},
    ],
)
def test_wrong_variable_is_refused(wrong: dict[str, Any], module: Module) -> None:
    """An empty list, a bucket listed twice or not at all, a setting that has a variable."""
    assert module.problems(**wrong)


@pytest.mark.parametrize("url", ["https://1250000000-abcdefghij.ap-chongqing.tencentscf.com", None])
def test_callback_url_is_read_from_the_trigger(url: str | None, module: Module) -> None:
    """As ListTriggers answers; without an address it is null."""
    net = {"EnableExtranet": url is not None, "IntranetUrl": "https://a.in.ap-chongqing.tencentscf.com"}
    attribute = json.dumps(json.dumps({"AuthType": "NONE", "NetConfig": {**net, "ExtranetUrl": url or ""}}))
    (found,) = re.findall(r"^  function_url = (.*)$", TEXT, re.MULTILINE)
    assert module.value(found.replace("tencentcloud_scf_trigger.url.trigger_attribute", attribute)) == url


def test_outputs_keep_the_token_out_of_the_log() -> None:
    """The callback URL is sensitive, as are the two secrets."""
    outputs = re.findall(r'^output "(\w+)" \{\n(.*?)^\}$', TEXT, re.MULTILINE | re.DOTALL)
    assert [name for name, body in outputs if "sensitive   = true" in body] == ["callback_url"]
    variables = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}$', TEXT, re.MULTILINE | re.DOTALL)
    assert [name for name, body in variables if "sensitive   = true" in body] == ["callback_tokens", "record_secret"]
    assert "= sensitive(local.environment)" in TEXT


def test_example_values_are_those_of_the_variables(module: Module) -> None:
    """All that are required, and with real secrets they are accepted."""
    text = (MODULE / "terraform.tfvars.example").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+) +=", text, re.MULTILINE) == list(VARIABLES)
    assert module.value("var.buckets", **GUIDE) == GUIDE["buckets"]
