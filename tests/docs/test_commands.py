"""Every command of the pages runs, with substitutes for programs that need an account."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.exceptions import Exit

from local import sdk
from local.cli.command_line import cli
from local.cloud import LocalCloud
from local.defaults import RECORD_SECRET, TOKEN
from tests import ROOT
from tests.support.deployment import BUCKET, Answer
from tests.support.pages import PAGES, blocks, page, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.deployment import Deployment

URL = "https://1250000000-abcdefghij.ap-chongqing.tencentscf.com"
GUIDES_BUCKET = "media-1250000000"
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
ENGLISH = [path.relative_to(ROOT).as_posix() for path in PAGES if ".zh-CN" not in path.name]

COMMANDS = ("replay", "sweep", "doctor", "smoke")

# The programs that pages may call besides those of a shell: substitutes for those that need an account.
PROGRAMS = {
    "npm": """case "$*" in
        "install -g serverless-cloud-framework@1.3.0" | "install cos-nodejs-sdk-v5") ;;
        "ci --prefix tests/support/node") [ -f tests/support/node/package-lock.json ] ;;
        *) exit 1 ;;
    esac""",
    "pip": """case "$*" in
        "install tccli" | "install coscmd" | "install cos-python-sdk-v5") ;;
        "install dist/ci_callback_results-"*.whl) ;;
        *) exit 1 ;;
    esac""",
    "gh": '[ "$*" = "attestation verify dist/function.zip --repo owner/ci-callback" ] && [ -f dist/function.zip ]',
    "git": """case "$*" in
        "fetch --tags" | "checkout v0.1.0") ;;
        "clone https://github.com/OWNER/ci-callback") ln -s . ci-callback ;;
        *) exit 1 ;;
    esac""",
    "terraform": f'exec {sys.executable} {ROOT / "tests/support/programs/terraform.py"} "$@"',
    "scf": f'exec {sys.executable} {ROOT / "tests/support/programs/scf.py"} "$@"',
    "tccli": f'exec {sys.executable} {ROOT / "tests/support/programs/tccli.py"} "$@"',
    "make": f'SCF_PYTHON=python3 exec {shutil.which("make")} -n "$@" > /dev/null',  # a dry run
}
COMMAND = re.compile(rf"(?:[A-Z_]+=\w+ )?(?:{'|'.join(PROGRAMS)}) [^`]+|python3 [^`]+")


def shell_blocks() -> list[tuple[str, str, str]]:
    """Return the shell blocks of all pages, also those in lists: page, shell, commands."""
    fenced = re.compile(r"^( *```(?:sh|bash)\n.*?)^ *```$", re.MULTILINE | re.DOTALL)
    found = [(name, textwrap.dedent(text)) for name in ENGLISH for text in fenced.findall(page(name))]
    return [(name, text.partition("\n")[0].removeprefix("```"), text.partition("\n")[2]) for name, text in found]


def inline_commands() -> tuple[str, str, str]:
    """Return the commands in the sentences and tables of all pages, as one block."""
    words = [" ".join(word.split()) for name in ENGLISH for word in re.findall(r"`([^`]+)`", prose(page(name)))]
    commands = [word.replace("<owner>", "owner") for word in dict.fromkeys(words) if COMMAND.fullmatch(word)]
    return "sentences", "sh", "\n".join(["set -x", *commands])  # a failure then shows the command


def saved_files() -> list[tuple[str, str]]:
    """Return the JSON files that logs.md has its reader save: name and content."""
    names = re.findall(r"as `(\w+\.json)`", page("docs/logs.md"))
    assert names == ["index.json", "notice.json", "alarm.json"]
    return list(zip(names, blocks("docs/logs.md", "json"), strict=False))  # one of the alarms is enough


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """Return a local cloud with a function URL."""
    with LocalCloud(triggers={"function-url": 0}) as running:
        yield running


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Return a folder with a clone of the project, its `.env`, and the substitute programs."""
    clone, programs = tmp_path / "clone", tmp_path / "programs"
    for folder in (clone, programs):
        folder.mkdir()
    for path in ROOT.iterdir():
        if path.name not in {".env", ".venv", "deploy", "dist"}:
            (clone / path.name).symlink_to(path)
    (clone / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "deploy", clone / "deploy")  # pages write into it, and into dist/
    add_packages(clone / "dist")
    (example,) = blocks("docs/deployment.md", "ini")
    values = {"<the token>": TOKEN, "<the other secret>": RECORD_SECRET, GUIDES_BUCKET: BUCKET}
    values |= {"<the id of the key>": "an-id", "<the key>": "a-key"}
    for name, value in values.items():
        example = example.replace(name, value)
    (clone / ".env").write_text(example, encoding="utf-8")
    for name, text in saved_files():
        (clone / name).write_text(text, encoding="utf-8")
    for name, does in PROGRAMS.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def add_packages(dist: Path) -> None:
    """Write packages as `make package` does, with other content."""
    dist.mkdir()
    sums = ""
    for name in ("function.zip", "layer.zip"):
        (dist / name).write_text(name)
        sums += f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n"
    (dist / "SHA256SUMS").write_text(sums)


def run_shell(text: str, workplace: Path, cloud: LocalCloud, shell: str = "sh") -> tuple[str, list[dict[str, Any]]]:
    """Run a shell block, each command of which must succeed; return its output and its calls of `scf`."""
    text = text.replace(URL, cloud.triggers["function-url"].address).replace(GUIDES_BUCKET, BUCKET)
    text = text.replace("<the token>", TOKEN)
    text = text.replace("http://127.0.0.1:9001", cloud.triggers["function-url"].address)
    text = text.replace("http://127.0.0.1:9000", cloud.cos.address)
    calls = workplace / "calls"
    calls.touch()
    path = f"{workplace / 'programs'}:{PATH}"
    done = subprocess.run(
        [shutil.which(shell) or shell, "-eu", "-c", text],
        cwd=workplace / "clone",
        env={
            "PATH": path,
            "HOME": str(workplace),
            "SCF_CALLS": str(calls),
            "FUNCTION_URL": cloud.triggers["function-url"].address,
            "URL": URL,
            "TOKEN": TOKEN,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [json.loads(line) for line in calls.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("name", "shell", "text"), [*shell_blocks(), inline_commands()])
def test_shell_blocks_run(  # three parameters and three fixtures
    name: str, shell: str, text: str, workplace: Path, cloud: LocalCloud, deployed: Deployment
) -> None:
    """Every command of every page succeeds, also in sentences, and the function serves the events that it sends."""
    assert name in {*ENGLISH, "sentences"}
    asked = [each for each in ("curl", "jq", "coscmd") if re.search(rf"(^|\|)\s*{each} ", text, re.MULTILINE)]
    for program in (shell, *asked):
        if shutil.which(program, path=PATH) is None:
            pytest.skip(f"{program} is not installed")
    _, calls = run_shell(text, workplace, cloud, shell)
    deployed.context["time_limit_in_ms"] = 2_000  # a smoke test waits so long
    for call in calls:
        if call["command"] == "invoke":
            answer = Answer(deployed.send(call["event"]))
            assert answer.status == 200, answer.body


@pytest.mark.parametrize("name", ["docs/deployment.md", "docs/terraform.md"])
def test_deployment_check_writes_a_result_once(name: str, workplace: Path, cloud: LocalCloud) -> None:
    """Without the token 401, with it a result, and a duplicate the second time."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (text,) = (text for text in blocks(name, "sh") if "deployment-check" in text)
    cloud.cos.delete(BUCKET, "ci-callback/check.mp3.SoundHound.json")
    for outcome in ("written", "duplicate"):
        printed, _ = run_shell(text, workplace, cloud)
        assert re.findall(r"HTTP/1.1 (\d+)", printed) == ["401", "200"]
        assert f'"outcome":"{outcome}"' in printed.replace(" ", "")
    assert "ci-callback/check.mp3.SoundHound.json" in cloud.listing()


@pytest.mark.parametrize("missing", ["REGION", "CALLBACK_TOKENS", "RECORD_SECRET", "TENCENT_SECRET_KEY"])
def test_env_check_names_a_missing_value(missing: str, workplace: Path) -> None:
    """The guide's command fails unless `.env` is complete."""
    (text,) = (text for text in blocks("docs/deployment.md", "sh") if "complete" in text)
    env = workplace / "clone" / ".env"
    for complete in (True, False):
        done = subprocess.run(["/bin/sh", "-c", text], cwd=env.parent, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == complete
        env.write_text(re.sub(rf"^{missing}=.*\n", "", env.read_text(), flags=re.MULTILINE), encoding="utf-8")
    assert missing in done.stderr


def test_guide_sdk_call_sets_the_callback(cloud: LocalCloud) -> None:
    """The Python of the guide gives a queue the callback URL."""
    (code,) = blocks("docs/deployment.md", "python")
    with sdk.session_to(cloud.cos.address) as session:
        client = sdk.client(session)
        (queue,) = client.ci_get_media_queue(Bucket=BUCKET)["QueueList"]
        code = code.replace("<the queue>", queue["QueueId"]).replace("<its name>", queue["Name"])
        code = code.replace(URL, cloud.triggers["function-url"].address).replace(GUIDES_BUCKET, BUCKET)
        exec(code.replace("<the token>", TOKEN), {"client": client})  # noqa: S102 - the page's own code
        (queue,) = client.ci_get_media_queue(Bucket=BUCKET)["QueueList"]
    assert queue["NotifyConfig"]["Url"] == f"{cloud.triggers['function-url'].address}/{TOKEN}"
    assert queue["NotifyConfig"]["State"] == "On"


def shown_events() -> list[str]:
    """Return the events of the pages, in commands and within sentences."""
    whole = re.compile(r"['`](\{\"(?:replay|sweep|doctor|smoke)\": \{[^`…]*?\}\})['`]", re.MULTILINE)
    return sorted({text for name in ENGLISH for text in whole.findall(page(name))})


@pytest.mark.parametrize("text", shown_events())
def test_shown_event_is_accepted(text: str, deployed: Deployment) -> None:
    """Each `{"replay": …}`, `{"sweep": …}`, `{"doctor": …}` and `{"smoke": …}` of the pages."""
    deployed.context["time_limit_in_ms"] = 2_000
    answer = Answer(deployed.send(json.loads(text.replace("<the token>", TOKEN))))
    assert (answer.status, answer.body.get("error", "")) == (200, "")


def test_every_command_has_an_example() -> None:
    """The pages show an event of each."""
    assert {next(iter(json.loads(text))) for text in shown_events()} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_lines(command: str) -> None:
    """For `scf` and for `tccli`, with the same event."""
    texts = "".join(page(name) for name in ("docs/operation.md", "docs/doctor.md"))
    tools = "scf invoke --data|tccli scf InvokeFunction --FunctionName ci-callback-prod --Event"
    lines = re.findall(rf"^({tools}) '(\{{\"{command}\": .*)'$", texts, re.MULTILINE)
    of_scf, of_tccli = ([event for tool, event in lines if tool.startswith(name)] for name in ("scf", "tccli"))
    assert of_scf == of_tccli != []
    assert all(json.loads(event).keys() == {command} for event in of_scf)


def local_commands() -> list[str]:
    """Return each `python -m local …` of the pages that has options."""
    texts = "".join(page(name) for name in ENGLISH)
    return sorted(set(re.findall(r"`(?:\.venv/bin/)?python -m local (\w+ [^`]+)`", texts)))


@pytest.mark.parametrize("command", local_commands())
def test_local_command_is_accepted(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its options exist, and --help prints the usage."""
    name, *options = command.split()
    if command.endswith("--help"):
        with pytest.raises(Exit):
            cli.commands[name].make_context(name, options)
        assert "Usage: " in capsys.readouterr().out
    else:
        assert cli.commands[name].make_context(name, options).command.name == name
