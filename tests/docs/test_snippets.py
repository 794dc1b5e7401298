"""Each snippet of the English pages is exercised by a test; the Chinese pages have the same."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from ci_callback.config import settings, then
from tests import ROOT
from tests.deploy.serverless_yml import ENVIRONMENT, FUNCTION, document
from tests.docs.test_deployment import problems
from tests.support.deployment import OWN_TOKEN
from tests.support.pages import PAGES, blocks, page, parts, prose

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

ENGLISH = [
    path.relative_to(ROOT).as_posix() for path in PAGES if ".zh-CN" not in path.name and "results/" not in str(path)
]
GOOD = {
    "BUCKETS": "media-1250000000/ap-guangzhou",
    "CALLBACK_TOKENS": OWN_TOKEN,
    "WEBHOOK_SECRET": "whsec_" + "A" * 43 + "=",
}

# The test of the code blocks of a page in a language. Those in sh and bash are run by test_commands.py.
EXERCISED = {
    ("README.md", "mermaid"): "tests/docs/test_pictures.py::test_picture_is_mermaid",
    ("README.md", "json"): "tests/docs/test_docs.py::test_readme_result_is_that_of_the_recorded_event",
    ("CONTRIBUTING.md", "yaml"): "tests/docs/test_snippets.py::test_shown_mutant_has_the_fields_of_a_mutant",
    ("docs/adding-a-tag.md", "json"): "tests/docs/test_docs.py::test_adding_a_tag_page_adds_a_tag",
    ("docs/adding-a-tag.md", "python"): "tests/long/test_adding_a_tag.py::test_adding_a_tag_by_the_page_ends_green",
    ("docs/adding-a-tag.md", "xml"): "tests/docs/test_docs.py::test_adding_a_tag_page_adds_a_tag",
    ("docs/architecture.md", "mermaid"): "tests/docs/test_pictures.py::test_picture_of_the_packages_is_their_imports",
    ("docs/callback-urls.md", "js"): "tests/docs/test_callback_urls.py::test_shown_programs_are_printed",
    ("docs/callback-urls.md", "python"): "tests/docs/test_callback_urls.py::test_shown_programs_are_printed",
    ("docs/configuration.md", "json"): "tests/docs/test_configuration.py::test_shown_routes_are_valid",
    ("docs/deployment.md", "ini"): "tests/docs/test_deployment.py::test_guide_env_is_valid",
    ("docs/deployment.md", "json"): "tests/docs/test_deployment.py::test_policy_is_least_privilege",
    ("docs/deployment.md", "python"): "tests/docs/test_commands.py::test_guide_sdk_call_sets_the_callback",
    ("docs/doctor.md", "json"): "tests/docs/test_docs.py::test_doctor_page_shows_the_real_fields",
    ("docs/local.md", "js"): "tests/docs/test_clients.py::test_node_sdk_uploads_in_parts_and_sets_tags",
    ("docs/local.md", "json"): "tests/local/cli/test_json.py::test_invoke_has_the_fields_of_the_page",
    ("docs/local.md", "jsonl"): "tests/local/cli/test_json.py::test_serve_prints_one_line_for_each_event",
    ("docs/local.md", "python"): "tests/docs/test_clients.py::test_python_sdk_submits_a_job",
    ("docs/logs.md", "json"): "tests/docs/test_logs.py::test_request_is_valid_for_the_api",
    ("docs/logs.md", "sql"): "tests/docs/test_logs.py::test_query_names_indexed_fields_only",
    ("docs/logs.md", "yaml"): "tests/docs/test_logs.py::test_topic_block_fits_into_the_deployment",
    ("docs/operation.md", "json"): "tests/docs/test_docs.py::test_operation_page_shows_the_real_fields",
    ("docs/queues.md", "yaml"): "tests/docs/test_docs.py::test_trigger_block_is_valid_in_serverless_yml",
    ("docs/results.md", "json"): "tests/docs/test_docs.py::test_results_page_shows_the_stored_object",
    ("docs/results.md", "xml"): "tests/docs/test_docs.py::test_results_page_shows_the_stored_object",
    ("docs/terraform.md", "hcl"): "tests/docs/test_deployment_ways.py::test_terraform_page_shows_the_example_values",
    ("docs/upgrading.md", "json"): "tests/docs/test_snippets.py::test_each_shown_route_is_valid",
    ("docs/using-results.md", "json"): "tests/examples/test_page.py::test_files_of_the_page_exist",
    ("docs/using-results.md", "python"): "tests/examples/test_page.py::test_python_of_the_page_reads_a_result",
    ("docs/using-results.md", "ts"): "tests/examples/test_page.py::test_typescript_of_the_page_compiles",
}


def inline(name: str) -> list[str]:
    """Return the code words of a page, each in one line."""
    return [" ".join(text.split()) for text in re.findall(r"`([^`]+)`", prose(page(name)))]


def indented(name: str) -> list[str]:
    """Return the code of a page that is indented, not between fences."""
    return [text for text in parts(page(name)) if text.startswith("    ") and "```" not in text]


def shown_routes() -> list[str]:
    """Return each list of routes in a page, and each row in a sentence or a table."""
    lists = [text for name in ENGLISH for text in blocks(name, "json") if '"tag": "*"' in text]
    rows = [text for name in ENGLISH for text in inline(name) if text.startswith('{"tag": ')]
    return [*lists, *(f'[{row}, {{"tag": "*", "state": "*", "ignore": true}}]' for row in rows)]


def test_every_block_is_exercised() -> None:
    """Of every language of every page, by a test that exists."""
    found = {(name, language) for name in ENGLISH for language in re.findall(r"^ *```(\w+)$", page(name), re.MULTILINE)}
    assert {each for each in found if each[1] not in {"sh", "bash"}} == EXERCISED.keys()
    for path, _, function in (test.partition("::") for test in EXERCISED.values()):
        assert f"def {function}(" in page(path), function


@pytest.mark.parametrize("text", shown_routes())
def test_each_shown_route_is_valid(text: str) -> None:
    """Also those within sentences, before a row for the rest."""
    assert settings.load({**GOOD, "ROUTES": text}).ROUTES


def test_shown_mutant_has_the_fields_of_a_mutant() -> None:
    """In the order of a real one."""
    (shown,) = (yaml.safe_load(text) for text in blocks("CONTRIBUTING.md", "yaml"))
    real = yaml.safe_load(page("tests/long/mutants/token-compared-by-prefix.yml"))
    assert list(shown) == list(real)
    assert list(shown["edits"][0]) == list(real["edits"][0])
    assert shown["edits"][0]["file"] == real["edits"][0]["file"]


def test_shown_values_of_settings_are_accepted() -> None:
    """Of BUCKETS and ON_DEAD_LETTER, in configuration.md."""
    buckets, _, on_dead_letter = indented("docs/configuration.md")
    assert len(settings.load({**GOOD, "BUCKETS": buckets.strip()}).BUCKETS) == 2
    assert len(settings.load({**GOOD, "ON_DEAD_LETTER": on_dead_letter.strip()}).ON_DEAD_LETTER) == 2
    assert then.read(on_dead_letter)


def test_shown_notice_has_the_real_fields(deploy: Callable[..., Deployment]) -> None:
    """Of a dead letter, in operation.md."""
    (shown,) = (json.loads(text) for text in indented("docs/operation.md") if "ci-callback.dead-letter" in text)
    deployed = deploy(ON_DEAD_LETTER='[{"topic": "t"}]')
    foreign = (
        '{"EventName": "TaskFinish", "JobsDetail": {"JobId": "s1", "Tag": "SoundHound", "State": "Success", "Code": '
    )
    foreign += '"Success", "Input": {"BucketId": "other-1234567890", "Object": "a.mp3"}}}'
    deployed.post(foreign)
    (arrival,) = deployed.cos.receivers.taken()
    sent = json.loads(arrival.content)
    assert (sent.keys(), sent["type"]) == (shown.keys(), shown["type"])
    assert (sent["data"].keys(), sent["data"]["jobs"]) == (shown["data"].keys(), shown["data"]["jobs"])
    assert (sent["data"]["reason"], sent["data"]["passing"]) == (shown["data"]["reason"], shown["data"]["passing"])


def shown_values(pattern: str) -> list[tuple[str, str]]:
    """Return the pairs that a pattern finds in the sentences of the pages."""
    words = {word for name in ENGLISH for word in inline(name)}
    return sorted({(found[1], found[2]) for word in words if (found := re.fullmatch(pattern, word))})


@pytest.mark.parametrize(("key", "value"), shown_values(r"(memorySize|timeout): (\d+)"))
def test_shown_input_is_valid_in_serverless_yml(key: str, value: str) -> None:
    """SCF accepts the memory or the time limit."""
    content = document(FUNCTION, ENVIRONMENT)
    content["inputs"][key] = int(value)
    assert problems(content, "scf.schema.json") == []


@pytest.mark.parametrize(("key", "value"), shown_values(rf"({'|'.join(settings.VARIABLES)})(?:: |=)([\w./-]+)"))
def test_shown_value_of_a_setting_is_accepted(key: str, value: str) -> None:
    """As in `VERIFY=job`."""
    assert settings.load({**GOOD, key: value})


@pytest.mark.parametrize("name", ENGLISH)
def test_named_mutants_exist(name: str) -> None:
    """Each that a command chooses."""
    for mutant in re.findall(r"test_mutants\.py -k ([\w-]+)", page(name)):
        assert (ROOT / "tests" / "long" / "mutants" / f"{mutant}.yml").exists()
