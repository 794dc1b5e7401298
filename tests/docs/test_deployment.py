"""The deployment files and their guide are valid and agree with the function."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import jsonschema_rs
import pytest
import yaml
from qcloud_cos import CosS3Client

from ci_callback.commands.options import parse_options
from ci_callback.commands.sweep import run as sweep
from ci_callback.config.settings import VARIABLES, load
from ci_callback.delivery import Command
from ci_callback.errors import Misconfigured
from ci_callback.inbound import triggers
from layers.archive import excluded
from layers.build import FOLDER
from tests import ROOT
from tests.deploy.serverless_yml import ENVIRONMENT, FUNCTION, LAYER, OUTPUTS, document, function
from tests.support import pages
from tests.support.deployment import OWN_TOKEN, RECORD_SECRET

GUIDE = ROOT / "docs" / "deployment.md"
SCHEMAS = ROOT / "tests" / "support" / "schemas"

# COS's action for each method of its SDK that the function may call.
ACTIONS = {
    "copy_object": "name/cos:PutObjectCopy",
    "delete_object": "name/cos:DeleteObject",
    "get_object": "name/cos:GetObject",
    "head_bucket": "name/cos:HeadBucket",
    "head_object": "name/cos:HeadObject",
    "list_objects": "name/cos:GetBucket",
    "put_object": "name/cos:PutObject",
    "upload_file": "name/cos:InitiateMultipartUpload",
}


def variables() -> dict[str, str]:
    """Return the environment of the deployed function."""
    found: dict[str, str] = function()["environment"]["variables"]
    return found


def problems(content: dict[str, Any], schema: str) -> list[str]:
    """List the violations of a serverless.yml against its schema."""
    contents = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}
    registry = jsonschema_rs.Registry(list(contents.items()))
    validator = jsonschema_rs.Draft202012Validator(contents[schema], registry=registry)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(content)]


blocks = partial(pages.blocks, "docs/deployment.md")  # of the guide, in one language


@pytest.mark.parametrize("api_gateway", [False, True])
def test_serverless_yml_of_the_function_is_valid(api_gateway: bool) -> None:  # noqa: FBT001  # pytest passes parameters by name
    """As deployed, and with the API Gateway trigger."""
    assert problems(document(FUNCTION, ENVIRONMENT, api_gateway=api_gateway), "scf.schema.json") == []


def test_serverless_yml_of_the_layer_is_valid() -> None:
    """The component accepts it."""
    assert problems(document(LAYER, ENVIRONMENT), "layer.schema.json") == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("memorySiz", 128),
        ("memorySize", 200),
        ("timeout", "30"),
        ("timeout", 901),
        ("handler", "ci_callback.index.main_handler"),
        ("layers", [{"name": "x", "version": "3"}]),
        ("environment", {"variables": {"SCF_THING": "x"}}),
        ("environment", {"variables": {"LOG_LEVEL": 1}}),
        ("events", [{"http": {"parameters": {"authType": "NONE", "netconfig": {}}}}]),
        ("events", [{"timer": {"parameters": {"cronExpression": "0 0 * * * * *"}}}]),
    ],
)
def test_invalid_input_violates_the_schema(key: str, wrong: Any) -> None:
    """A misspelt key, a value out of range or of the wrong type."""
    content = document(FUNCTION, ENVIRONMENT)
    content["inputs"][key] = wrong
    assert problems(content, "scf.schema.json")


def test_function_uses_the_built_layer() -> None:
    """The function refers to the layer of its region and runtime, and the layer to the folder that is built."""
    layer = document(LAYER, ENVIRONMENT)
    inputs = function()
    assert inputs["layers"] == [OUTPUTS[layer["name"]]]
    assert layer["inputs"]["name"] == OUTPUTS[layer["name"]]["name"]
    assert layer["inputs"]["region"] == inputs["region"]
    assert layer["inputs"]["runtimes"] == [inputs["runtime"]]
    assert LAYER.parent / layer["inputs"]["src"] == FOLDER


def test_function_url_is_public() -> None:
    """CI calls from the internet and signs nothing."""
    triggers = [trigger for trigger in function()["events"] if "http" in trigger]
    parameters = triggers[0]["http"]["parameters"]
    assert len(triggers) == 1
    assert parameters["netConfig"] == {"enableExtranet": True, "enableIntranet": False}
    assert parameters["authType"] == "NONE"


def test_api_gateway_returns_the_status_of_the_function() -> None:
    """The trigger is off until uncommented; then it waits for the function and returns its status."""
    assert not any("apigw" in trigger for trigger in function()["events"])
    inputs = function(api_gateway=True)
    (endpoint,) = inputs["events"][1]["apigw"]["parameters"]["endpoints"]
    assert endpoint["function"]["isIntegratedResponse"]
    assert endpoint["serviceTimeout"] >= inputs["timeout"]
    assert endpoint["path"] == "/"  # a plain path is a prefix, so a token may follow; `=/` would be exact


def test_handler_is_a_function_of_the_zip_root() -> None:
    """It takes event and context."""
    inputs = function()
    module, name = inputs["handler"].split(".")
    tree = ast.parse((ROOT / inputs["src"]["src"] / f"{module}.py").read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    assert len(found) == 1
    assert len(found[0].args.args) == 2


def test_upload_excludes_foreign_bytecode_and_credentials() -> None:
    """In any folder; bytecode of SCF's Python is uploaded."""
    patterns = function()["src"]["exclude"]
    unwanted = [
        "__pycache__/index.cpython-311.pyc",
        "ci_callback/__pycache__/a.cpython-39.pyc",
        ".env",
        "a/.env.prod",
    ]
    wanted = ["index.py", "ci_callback/config/settings.py", "ci_callback/shapes/__init__.py", "routes.json"]
    wanted += ["ci_callback/__pycache__/a.cpython-310.pyc", "compiled_patterns.pyc"]
    assert [name for name in unwanted + wanted if excluded(PurePosixPath(name), patterns)] == unwanted


def test_deployed_variables_are_settings() -> None:
    """The function knows every variable of serverless.yml."""
    assert set(variables()) <= set(VARIABLES)


def test_deployed_environment_is_valid() -> None:
    """The settings accept it, routes included."""
    settings = load(variables())
    assert len(settings.ROUTES) == len(json.loads(variables()["ROUTES"]))


def test_deployed_values_are_the_defaults() -> None:
    """serverless.yml writes out the default of each setting."""
    deployed = load(variables())
    default = load({name: variables()[name] for name in ("BUCKETS", "CALLBACK_TOKENS", "RECORD_SECRET")})
    assert deployed == default


@pytest.mark.parametrize("missing", ["BUCKETS", "CALLBACK_TOKENS"])
def test_undefined_variable_is_misconfigured(missing: str) -> None:
    """The function names a variable that is missing in .env, and does not take "undefined" for its value."""
    environ = {name: value for name, value in ENVIRONMENT.items() if name != missing}
    deployed = document(FUNCTION, environ)["inputs"]["environment"]["variables"]
    with pytest.raises(Misconfigured) as caught:
        load(deployed)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [missing]


def test_variables_are_whole_values() -> None:
    """Mixed with text, an undefined variable would become the word "undefined"."""
    for path in (FUNCTION, LAYER):
        lines = [line.split("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
        used = [line for line in lines if "${env:" in line]
        assert used
        assert [line for line in used if not re.search(r": \$\{env:[A-Z_]+\}\s*$", line)] == []


def test_environment_fits_into_4_kb() -> None:
    """Names and values, with twenty buckets and two tokens, each on a single line."""
    assert sum(len(name.encode()) + len(value.encode()) for name, value in variables().items()) < 4096
    assert not any("\n" in value for value in variables().values())


def test_deployment_files_hold_no_secret() -> None:
    """Tokens are read from the environment, and no file has a long random text."""
    raw = yaml.safe_load(FUNCTION.read_text(encoding="utf-8"))["inputs"]
    assert raw["environment"]["variables"]["CALLBACK_TOKENS"] == "${env:CALLBACK_TOKENS}"
    for path in (FUNCTION, LAYER, GUIDE):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"AKID\w+|\b(?=\w*\d)(?=\w*[A-Za-z])\w{24,}\b", text) == []


def test_guide_blocks_parse() -> None:
    """JSON, YAML, shell and Python."""
    for block in blocks("json"):
        json.loads(block)
    for block in blocks("yaml"):
        yaml.safe_load(block)
    for block in blocks("sh"):
        subprocess.run(["sh", "-n"], input=block, text=True, check=True)  # noqa: S607  # any POSIX shell will do
    for block in blocks("python"):
        ast.parse(block)
    commands = "".join(blocks("sh")).replace("""'"$BUCKET"'""", "media-1250000000")
    for body in re.findall(r"-d '(.*?)'", commands, re.DOTALL):
        json.loads(body)
    assert blocks("json")
    assert blocks("sh")
    assert blocks("python")


def test_guide_names_every_variable() -> None:
    """Its .env and the check after it have exactly the variables of the two files and the deployer's keys."""
    asked = {name for path in (FUNCTION, LAYER) for name in re.findall(r"\$\{env:(\w+)\}", path.read_text())}
    asked |= {"TENCENT_SECRET_ID", "TENCENT_SECRET_KEY"}
    (example,) = blocks("ini")
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == asked
    assert set(re.findall(r"\$\{(\w+):\?", "".join(blocks("sh")))) == asked


def test_guide_env_is_valid() -> None:
    """With a real token, the settings accept it."""
    (example,) = blocks("ini")
    environ = {
        **dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE)),
        "CALLBACK_TOKENS": OWN_TOKEN,
        "RECORD_SECRET": RECORD_SECRET,
    }
    deployed = document(FUNCTION, environ)["inputs"]["environment"]["variables"]
    assert load(deployed).BUCKETS == {"media-1250000000": "ap-chongqing"}


def test_guide_names_exist() -> None:
    """Every `make` target, component folder and method of the SDK."""
    commands = "".join(blocks("sh"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", commands, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    for method in re.findall(r"client\.(\w+)\(", "".join(blocks("python"))):
        assert hasattr(CosS3Client, method)
    for folder in re.findall(r"--target (\S+)", commands):
        assert (ROOT / folder / "serverless.yml").is_file()


def test_policy_is_least_privilege() -> None:
    """Write and look in the bucket, read and delete below DEAD_LETTER only, describe CI's jobs."""
    (policy,) = [block for block in map(json.loads, blocks("json")) if "statement" in block]
    everywhere, dead_letters, jobs, doctor = policy["statement"]
    (example,) = blocks("ini")
    bucket, region = re.findall(r"^BUCKETS=([^/\s]+)/(\S+)$", example, re.MULTILINE)[0]
    resource = f"qcs::cos:{region}:uid/{bucket.rsplit('-', 1)[1]}:{bucket}/"
    prefix = VARIABLES["DEAD_LETTER"].default
    assert {each["effect"] for each in policy["statement"]} == {"allow"}
    assert jobs["action"] == ["ci:Describe*"]
    assert jobs["resource"] == [f"qcs::ci:{region}:uid/{bucket.rsplit('-', 1)[1]}:bucket/{bucket}/*"]
    assert set(everywhere["action"]) == {"name/cos:PutObject", "name/cos:HeadObject"}
    needed = {ACTIONS[method] for method in cos_methods() - {"copy_object"}}
    needed |= {"name/cos:GetObject", "name/cos:GetBucket"}  # for Store.get and list_keys, no methods of the SDK
    assert {*everywhere["action"], *dead_letters["action"]} == needed
    assert everywhere["resource"] == [f"{resource}*"]
    assert dead_letters["resource"] == [f"{resource}{prefix}*"]
    assert (doctor["action"], doctor["resource"]) == (["name/cos:GetBucketLifecycle"], [f"{resource}*"])


def test_policy_has_a_statement_for_versions() -> None:
    """Apart from the others, for the same bucket."""
    statements = [block for block in map(json.loads, blocks("json")) if isinstance(block, dict)]
    policy, versions = [block for block in statements if {"statement", "effect"} & block.keys()]
    assert versions["action"] == ["name/cos:GetBucketObjectVersions", "name/cos:DeleteObject"]
    assert versions["resource"] == policy["statement"][0]["resource"]


def test_policy_has_statements_for_actions() -> None:
    """Reading and copying results to note them, and one permission for each service."""
    (added,) = [block for block in map(json.loads, blocks("json")) if isinstance(block, list)]
    (policy,) = [block for block in map(json.loads, blocks("json")) if "statement" in block]
    reading, *services = added
    assert reading["action"] == ["name/cos:GetObject", ACTIONS["copy_object"]]
    assert reading["resource"] == policy["statement"][0]["resource"]
    actions = [action for each in services for action in each["action"]]
    assert actions == ["scf:InvokeFunction", "eb:PutEvents", "tdmq:PublishCmqMsg"]


def test_no_resource_of_a_policy_is_everything() -> None:
    """Each statement names a bucket, a function, an event bus or a topic."""
    shown = [block for block in map(json.loads, blocks("json")) if isinstance(block, list) or "resource" in str(block)]
    resources = re.findall(r'"(qcs::[^"]*|\*)"', json.dumps(shown))
    assert len(resources) == 9
    assert all(re.fullmatch(r"qcs::\w+:ap-chongqing:ui[dn]/[0-9]+:[\w/-]{8,}(/\*)?", each) for each in resources)


def test_guide_pins_the_deployment_tool() -> None:
    """To one version, which the text names."""
    (version,) = re.findall(r"npm install -g serverless-cloud-framework@(\S+)", "".join(blocks("sh")))
    assert f"Version {version} is the one" in GUIDE.read_text(encoding="utf-8")


def cos_methods() -> set[str]:
    """Return the methods of the COS SDK that the function calls."""
    called = set()
    for path in (ROOT / "handler").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        called |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return called & set(ACTIONS)


def test_timer_argument_is_a_sweep() -> None:
    """The timer is on, starts once an hour, and the function accepts its argument."""
    (timer,) = [event["timer"] for event in function()["events"] if "timer" in event]
    read = triggers.read({"Type": "Timer", "Message": timer["parameters"]["argument"]})
    assert isinstance(read, Command)
    assert parse_options(sweep.Options, read.name, read.options).hours == 24
    assert timer["parameters"]["enable"] is True


def test_github_workflow_runs_ci_run() -> None:
    """On SCF's Python and the newest one, with permission to read only."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["test"]
    assert workflow["permissions"] == {"contents": "read"}
    assert job["strategy"]["matrix"]["python"] == ["${{ needs.runtime.outputs.python }}", "3.13"]
    assert workflow["jobs"]["runtime"]["steps"][-1]["run"].startswith('echo "python=$(layers/find-python --version)"')
    assert ".ci/run" in [step.get("run") for step in job["steps"]]
    used = [step["uses"] for each in workflow["jobs"].values() for step in each["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each) for each in used)  # a tag can be moved
