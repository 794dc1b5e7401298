"""The README and docs/: their links, examples and tables are true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_args

import jsonschema_rs
import pytest
import yaml

from ci_callback.commands.limits import LIMITS
from ci_callback.commands.sweep import listing
from ci_callback.config import settings
from ci_callback.delivery import OutcomeName
from ci_callback.errors import ActionRefused, ActionUnavailable
from local.cloud import LocalCloud
from models import catalog
from models.generate import shapes
from models.generate.shapes import result_object
from tests import ROOT
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, OWN_TOKEN, Answer
from tests.support.pages import (
    PAGES,
    anchors,
    blocks,
    links,
    page,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.deployment import Deployment

GOOD = {"BUCKETS": "media-1250000000/ap-guangzhou", "CALLBACK_TOKENS": OWN_TOKEN}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_link_targets_exist(path: Path) -> None:
    """Every relative link names an existing file, and a heading in it."""
    for link in links(path.read_text(encoding="utf-8")):
        if link.startswith("https:"):
            continue
        name, _, heading = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), link
        assert not heading or heading in anchors(target.read_text(encoding="utf-8")), link


def test_named_make_targets_exist() -> None:
    """`make X` in any page is a target of the Makefile."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    named = set(re.findall(r"\bmake ([a-z][a-z0-9-]*)\b", text))
    named -= {"it", "of"}  # prose
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", page("Makefile"), re.MULTILINE))
    assert {"run", "test", "serve", "layer", "bench"} <= named <= targets
    assert {"run", "serve", "test", "lint", "layer"} <= targets


def test_each_push_runs_the_readme_test_command() -> None:
    """The workflow runs `.ci/run`, and that the targets."""
    assert "make test" in "".join(blocks("README.md", "sh")).splitlines()
    assert re.findall(r"\bmake ([a-z-]+)", page(".ci/run")) == ["test-long", "test-runtime", "coverage", "test"]
    assert "run: .ci/run" in page(".github/workflows/ci.yml")


@pytest.mark.parametrize("text", blocks("docs/queues.md", "yaml"))
def test_trigger_block_is_valid_in_serverless_yml(text: str) -> None:
    """Each trigger of queues.md is an event that serverless.yml can have."""
    schema = json.loads(page("tests/support/schemas/scf.schema.json"))
    for event in yaml.safe_load(text):
        jsonschema_rs.validate({"$ref": "#/$defs/event", "$defs": schema["$defs"]}, event)


def test_readme_leads_to_every_page() -> None:
    """Of the documentation; the generated ones of each Tag are linked from results.md."""
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md") if ".zh-CN" not in path.name}
    assert pages <= {link.partition("#")[0] for link in links(page("README.md"))}


def test_readme_routes_are_valid() -> None:
    """The settings accept the ROUTES of the README unchanged."""
    assert settings.load({**GOOD, "ROUTES": blocks("README.md", "json")[0]}).ROUTES


def test_readme_result_is_that_of_the_recorded_event() -> None:
    """Field by field, in the same order."""
    expected = json.loads(page("events/function-url-xml-success.expected.json"))["objects"]
    shown = json.loads(blocks("README.md", "json")[1])
    assert {"input/test.mp3.SoundHound.json": shown} == expected
    assert list(shown) == list(expected["input/test.mp3.SoundHound.json"])


def test_results_page_shows_the_stored_object(deployed: Deployment) -> None:
    """The callback of results.md is stored as the object below it, byte for byte."""
    (sent,) = blocks("docs/results.md", "xml")
    deployed.post(sent)
    (shown,) = blocks("docs/results.md", "json")
    stored = deployed.cos.get(BUCKET, "a.mp3.SoundHound.json")
    assert stored.body.decode() == json.dumps(json.loads(shown), ensure_ascii=False, separators=(",", ":"))
    header = re.search(r"x-cos-meta-ci-callback: (.*)…", page("docs/results.md"))
    assert header
    assert stored.metadata["ci-callback"].startswith(header[1])


def test_operation_page_shows_the_real_fields(deployed: Deployment) -> None:
    """Of a reply, a dead letter and the reports of replay and sweep."""
    reply, dead_letter, report, swept = (json.loads(text) for text in blocks("docs/operation.md", "json"))
    written = deployed.post(body(job())).body
    assert (written.keys(), written["jobs"][0].keys()) == (reply.keys(), reply["jobs"][0].keys())
    deployed.post(body(job(Input={"BucketId": "other-1234567890", "Object": "x"})))
    (kept,) = deployed.dead_letters()
    assert (kept.keys(), kept["jobs"][0].keys()) == (dead_letter.keys(), dead_letter["jobs"][0].keys())
    assert (kept["reason"], kept["detail"]) == (dead_letter["reason"], dead_letter["detail"])
    replayed = Answer(deployed.send({"replay": {}})).body
    assert (replayed.keys(), replayed["results"][0].keys()) == (report.keys(), report["results"][0].keys())
    deployed.cos.ci.add(BUCKET, job(CreationTime=None))
    found = Answer(deployed.send({"sweep": {}})).body
    assert found.keys() == swept.keys()


def test_doctor_page_shows_the_real_fields(deployed: Deployment) -> None:
    """Of the reports of doctor and smoke, with a real finding."""
    examined, smoked = (json.loads(text) for text in blocks("docs/doctor.md", "json"))
    deployed.cos.policy = lambda action, _bucket, key: action != "name/cos:HeadObject" or "dead" not in key
    report = Answer(deployed.send({"doctor": {}})).body
    assert report.keys() == examined.keys()
    assert list(report["findings"][0]) == list(examined["findings"][0])
    assert report["findings"][0]["message"].replace(BUCKET, "media-1250000000") == examined["findings"][0]["message"]
    assert list(report["findings"][-1]) == list(examined["findings"][-1])
    source = (ROOT / "handler" / "ci_callback" / "commands" / "smoke.py").read_text(encoding="utf-8")
    fields = set(re.findall(r'"(submitted_ms|ended_ms|stored_ms|job_id|tag|bucket|key)"', source))
    assert smoked.keys() == {"request_id", "ok", "warnings", "problems", "findings", *fields}


def test_every_doctor_check_has_its_row() -> None:
    """The table of checks in doctor.md is complete."""
    section = page("docs/doctor.md").partition("## Smoke")[0].partition("| check |")[2]
    rows = {name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    sources = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "handler" / "ci_callback" / "commands" / "doctor").glob("*.py")
    ]
    made = re.compile(r'\b(?:ok|warning|problem|Finding|unexamined)\(\s*"([a-z]+)"')
    assert rows == {name for source in sources for name in made.findall(source)}


def test_every_action_reason_has_its_row() -> None:
    """The table of dead-letter reasons has those of actions."""
    for error in (ActionUnavailable, ActionRefused):
        assert f"| `{error.reason}` |" in page("docs/operation.md")


def test_every_outcome_has_its_row() -> None:
    """The table of outcomes in operation.md is complete."""
    section = page("docs/operation.md").partition("| outcome |")[2].partition("##")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == set(get_args(OutcomeName))


def test_every_guarantee_names_a_test() -> None:
    """Each section of guarantees.md has at least one."""
    for section in page("docs/guarantees.md").split("\n## ")[1:]:
        assert re.search(r"`tests/[\w/]+\.py::\w+`", section), section


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_named_tests_exist(path: Path) -> None:
    """Every test file that a page names, and every function in it."""
    for name, function in re.findall(r"\b(tests/[\w/]+\.py)(?:::(\w+))?", path.read_text(encoding="utf-8")):
        assert f"def {function}(" in page(name) if function else (ROOT / name).exists(), (name, function)


def test_adding_a_tag_page_adds_a_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its model is found, and turns its callback into its object."""
    name = "docs/adding-a-tag.md"
    (source,), (sent,), (shown,) = blocks(name, "python"), blocks(name, "xml"), blocks(name, "json")
    module = ModuleType("humming")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(source, vars(module))  # noqa: S102 - the page's own code
    (entry,) = catalog.collect(each for each in vars(module).values() if isinstance(each, type)).values()
    assert (entry.tag, entry.module) == ("Humming", "humming")
    assert result_object(entry, sent) == json.loads(shown)
    assert "Humming" in shapes.write({"Humming": entry})["handler/ci_callback/shapes/humming.py"]


def test_readme_curl_commands_write_and_read_a_result() -> None:
    """Against a local cloud as `make serve` starts it."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (commands,) = (text for text in blocks("README.md", "sh") if "curl" in text)
    with LocalCloud(triggers={"function-url": 0}) as cloud:
        commands = commands.replace("http://127.0.0.1:9001", cloud.triggers["function-url"].address)
        commands = commands.replace("http://127.0.0.1:9000", cloud.cos.address)
        done = subprocess.run(["/bin/sh", "-e", "-c", commands], capture_output=True, text=True, check=True)
    reply, end = json.JSONDecoder().raw_decode(done.stdout)
    result: Any = json.loads(done.stdout[end:])
    assert reply["jobs"][0]["outcome"] == "written"
    songs = result["Operation"]["SoundHoundResult"]["SongList"]
    assert songs == [{"Inlier": 98, "SingerName": "周杰伦", "SongName": "青花瓷"}]


def test_readme_invoke_writes_a_result() -> None:
    """Its command prints the key of the result."""
    command = re.search(r"`\.venv/bin/python -m local (invoke \S+)`", page("README.md"))
    assert command
    done = subprocess.run(
        [sys.executable, "-m", "local", *command[1].split()], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "audio/晨曲 01.mp3.SoundHound.json" in done.stdout


def test_page_picture_is_small() -> None:
    """The README shows the picture of `make screenshot`, of less than 200 kB."""
    assert "](docs/page.png)" in page("README.md")
    picture = (ROOT / "docs" / "page.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000


def test_cost_example_adds_up() -> None:
    """The items have their amounts' products, and the sum is that of the items."""
    rows = re.findall(r"^\| .*? \|(.*?)\| \**([\d.]+)\** \|$", page("docs/cost.md"), re.MULTILINE)
    *items, (_, total) = [(amount, float(cost)) for amount, cost in rows]
    assert sum(cost for _, cost in items) == pytest.approx(total, abs=0.005)
    for amount, cost in items:
        terms = re.sub(r" (?:GB|s)\b|,", "", amount.rpartition("=")[2]).replace("×", "*")
        assert eval(terms) == pytest.approx(cost, abs=0.01), amount  # noqa: S307  # the page's own arithmetic


def test_cost_page_has_the_numbers_of_a_sweep() -> None:
    """The lists of each Tag, in round numbers, so that another Tag changes nothing."""
    text = page("docs/cost.md")
    lists = round(len(listing.TAGS), -1)
    assert f"(about {lists} requests a bucket with the default routes)" in text
    assert f"(timeout − {LIMITS.time_s + 0.3} s − {lists} answers)" in text
