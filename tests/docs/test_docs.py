"""The README and docs/: every command, example, table and link in them holds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import pytest
import yaml

from ci_callback.config import settings
from ci_callback.delivery import OutcomeName
from ci_callback.errors import ActionRefused, ActionUnavailable
from local.cloud import LocalCloud
from models import catalog
from models.generate import shapes
from models.generate.shapes import result_object
from tests import ROOT
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, TOKEN, Answer
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

GOOD = {"BUCKETS": "media-1250000000/ap-guangzhou", "CALLBACK_TOKENS": TOKEN}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link names a file that is there, and a heading that is in it."""
    for link in links(path.read_text(encoding="utf-8")):
        if link.startswith("https:"):
            continue
        name, _, heading = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), link
        assert not heading or heading in anchors(target.read_text(encoding="utf-8")), link


def test_every_make_target_that_is_named_exists() -> None:
    """`make X` in any page is a target of the Makefile."""
    named = {target for path in PAGES for target in re.findall(r"\bmake ([a-z]+)\b", path.read_text(encoding="utf-8"))}
    named -= {"it", "of"}  # prose
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    assert {"run", "test", "serve", "layer", "bench"} <= named <= targets
    assert {"run", "serve", "test", "lint", "layer"} <= targets


def test_ci_runs_the_readmes_test_command() -> None:
    """CI, here and on GitHub, runs what the README tells a new user to run."""
    assert "make test" in "".join(blocks("README.md", "sh")).splitlines()
    assert page(".ci/run").splitlines()[-3:] == ["make prove", "make oldest", "make test"]
    assert "run: .ci/run" in page(".github/workflows/ci.yml")


@pytest.mark.parametrize("text", blocks("docs/queues.md", "yaml"))
def test_trigger_blocks_fit_into_the_deployment(text: str) -> None:
    """Each trigger that queues.md shows is valid as an event of serverless.yml."""
    schema = json.loads(page("tests/support/schemas/scf.schema.json"))
    for event in yaml.safe_load(text):
        jsonschema.validate(event, {"$ref": "#/$defs/event", "$defs": schema["$defs"]})


def test_the_readmes_routes_are_valid() -> None:
    """The ROUTES of the README are accepted as they stand."""
    assert settings.load({**GOOD, "ROUTES": blocks("README.md", "json")[0]}).ROUTES


def test_the_readmes_result_is_the_real_one() -> None:
    """The result object in the README is what the recorded event leads to."""
    expected = json.loads(page("events/function-url-xml-success.expected.json"))["objects"]
    shown = json.loads(blocks("README.md", "json")[1])
    assert {"input/test.mp3.SoundHound.json": shown} == expected
    assert list(shown) == list(expected["input/test.mp3.SoundHound.json"])


def test_the_shown_callback_becomes_the_shown_object(deployed: Deployment) -> None:
    """The example of results.md is true, to the order of the names."""
    (sent,) = blocks("docs/results.md", "xml")
    deployed.post(sent)
    (shown,) = blocks("docs/results.md", "json")
    stored = deployed.cos.get(BUCKET, "a.mp3.SoundHound.json")
    assert stored.body.decode() == json.dumps(json.loads(shown), ensure_ascii=False, separators=(",", ":"))
    header = re.search(r"x-cos-meta-ci-callback: (.*)…", page("docs/results.md"))
    assert header
    assert stored.metadata["ci-callback"].startswith(header[1])


def test_the_shown_reply_and_letter_have_the_real_fields(deployed: Deployment) -> None:
    """Replies and dead letters look as operation.md shows them."""
    reply, letter, report, swept = (json.loads(text) for text in blocks("docs/operation.md", "json"))
    written = deployed.post(body(job())).body
    assert (written.keys(), written["jobs"][0].keys()) == (reply.keys(), reply["jobs"][0].keys())
    deployed.post(body(job(Input={"BucketId": "other-1234567890", "Object": "x"})))
    (kept,) = deployed.letters()
    assert (kept.keys(), kept["jobs"][0].keys()) == (letter.keys(), letter["jobs"][0].keys())
    assert (kept["reason"], kept["detail"]) == (letter["reason"], letter["detail"])
    replayed = Answer(deployed.send({"replay": {}})).body
    assert (replayed.keys(), replayed["results"][0].keys()) == (report.keys(), report["results"][0].keys())
    deployed.cos.ci.add(BUCKET, job(CreationTime=None))
    found = Answer(deployed.send({"sweep": {}})).body
    assert found.keys() == swept.keys()


def test_the_shown_findings_have_the_real_fields(deployed: Deployment) -> None:
    """The reports of doctor and smoke look as doctor.md shows them, and say what is quoted there."""
    examined, smoked = (json.loads(text) for text in blocks("docs/doctor.md", "json"))
    deployed.cos.policy = lambda action, _bucket, key: action != "name/cos:HeadObject" or "dead" not in key
    report = Answer(deployed.send({"doctor": {}})).body
    assert report.keys() == examined.keys()
    assert list(report["findings"][0]) == list(examined["findings"][0])
    assert report["findings"][0]["message"].replace(BUCKET, "media-1250000000") == examined["findings"][0]["message"]
    assert list(report["findings"][-1]) == list(examined["findings"][-1])
    source = (ROOT / "handler" / "ci_callback" / "commands" / "smoke.py").read_text(encoding="utf-8")
    told = set(re.findall(r'"(submitted_ms|ended_ms|stored_ms|job_id|tag|bucket|key)"', source))
    assert smoked.keys() == {"request_id", "ok", "warnings", "problems", "findings", *told}


def test_every_check_has_its_row() -> None:
    """The table of what the doctor looks at is complete."""
    section = page("docs/doctor.md").partition("## Smoke")[0].partition("| check |")[2]
    rows = {name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    sources = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "handler" / "ci_callback" / "commands" / "doctor").glob("*.py")
    ]
    made = re.compile(r'\b(?:ok|warning|problem|Finding|unexamined)\(\s*"([a-z]+)"')
    assert rows == {name for source in sources for name in made.findall(source)}


def test_every_reason_an_action_can_give_is_listed() -> None:
    """The table of reasons knows what a letter says of an action."""
    for error in (ActionUnavailable, ActionRefused):
        assert f"| `{error.reason}` |" in page("docs/operation.md")


def test_every_outcome_has_its_row() -> None:
    """The table of outcomes is complete."""
    section = page("docs/operation.md").partition("| outcome |")[2].partition("##")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == set(get_args(OutcomeName))


def test_every_test_that_a_guarantee_names_exists() -> None:
    """Each promise names tests, and each named test is there."""
    text = page("docs/guarantees.md")
    for section in text.split("\n## ")[1:]:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", section)
        assert named, section
        for path, name in named:
            assert f"def {name}(" in page(path), name


def test_the_map_of_the_code_is_complete() -> None:
    """architecture.md names every package and every module at the root of the function."""
    text = page("docs/architecture.md")
    function = ROOT / "handler" / "ci_callback"
    for module in function.glob("[a-z]*.py"):
        assert re.search(rf"\b{module.name}\b", text), module.name
    for source in (function, ROOT / "local"):
        for folder in source.glob("[a-z]*/"):
            assert f"{folder.name}/" in text, folder


def test_adding_a_tag_goes_as_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that adding-a-tag.md shows is found, and makes of the callback the object that is shown."""
    name = "docs/adding-a-tag.md"
    (source,), (sent,), (shown,) = blocks(name, "python"), blocks(name, "xml"), blocks(name, "json")
    module = ModuleType("models.humming")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(source, vars(module))  # noqa: S102 - the page's own code
    (entry,) = catalog.collect(each for each in vars(module).values() if isinstance(each, type)).values()
    assert (entry.tag, entry.module) == ("Humming", "humming")
    assert result_object(entry, sent) == json.loads(shown)
    assert "Humming" in shapes.write({"Humming": entry})["handler/ci_callback/shapes/humming.py"]


def test_the_readmes_commands_work_against_the_local_cloud() -> None:
    """The curl commands of the README write a result and read it back, as `make serve` promises."""
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


def test_the_readmes_invoke_works() -> None:
    """The one-event command of the README runs, and ends with the result in the bucket."""
    command = re.search(r"`\.venv/bin/python -m local (invoke \S+)`", page("README.md"))
    assert command
    done = subprocess.run(
        [sys.executable, "-m", "local", *command[1].split()], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "audio/晨曲 01.mp3.SoundHound.json" in done.stdout


def test_the_picture_of_the_page_is_small() -> None:
    """The README shows what `make screenshot` has made, at a size that a clone does not feel."""
    assert "](docs/page.png)" in page("README.md")
    picture = (ROOT / "docs" / "page.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000


def test_the_project_speaks_of_itself_alone() -> None:
    """No file names a path of somebody's machine or a package registry's host."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so other files may lie here too")
    files = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    foreign = re.compile(r"/(?:home|Users|root)/\w|\b(?:pypi|pythonhosted|npmjs)\.org")
    for name in files:
        if name and name != "tests/docs/test_docs.py" and not name.endswith(".png"):
            assert not foreign.search((ROOT / name).read_text(encoding="utf-8")), name
