"""Every command that a page shows is carried out, with stand-ins for what only a machine with an account has."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local import sdk
from local.cli import options
from local.cloud import TOKEN, LocalCloud
from tests import ROOT
from tests.support.deployment import BUCKET, Answer
from tests.support.pages import PAGES, blocks, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.deployment import Deployment

URL = "https://1250000000-abcdefghij.ap-chongqing.tencentscf.com"
GUIDES_BUCKET = "media-1250000000"
ENGLISH = [path.relative_to(ROOT).as_posix() for path in PAGES if ".zh-CN" not in path.name]

# Whatever else a page wants to call needs a stand-in here, or a reason to be there.
PROGRAMS = {
    "npm": '[ "$*" = "install -g serverless-cloud-framework" ]',
    "scf": f'exec {sys.executable} {ROOT / "tests/support/standin_scf.py"} "$@"',
    "tccli": f'exec {sys.executable} {ROOT / "tests/support/standin_tccli.py"} "$@"',
    "make": f'exec {shutil.which("make")} -n "$@" > /dev/null',  # what it would do: test_layer does it
}


def shell_blocks() -> list[tuple[str, str, str]]:
    """Return each page's shell blocks, also those in lists: the page, the shell, the commands."""
    fenced = re.compile(r"^( *```(?:sh|bash)\n.*?)^ *```$", re.MULTILINE | re.DOTALL)
    found = [(name, textwrap.dedent(text)) for name in ENGLISH for text in fenced.findall(page(name))]
    return [(name, text.partition("\n")[0].removeprefix("```"), text.partition("\n")[2]) for name, text in found]


def saved_files() -> list[tuple[str, str]]:
    """Return the JSON that logs.md has its reader save, each with the name that it says."""
    names = re.findall(r"as `(\w+\.json)`", page("docs/logs.md"))
    assert names == ["index.json", "notice.json", "alarm.json"]
    return list(zip(names, blocks("docs/logs.md", "json"), strict=False))  # the first of the alarms will do


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """Return a local cloud with a function URL."""
    with LocalCloud(triggers={"function-url": 0}) as running:
        yield running


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Return a folder with what looks like a clone of the project, `.env` in it, and with the programs to be used."""
    clone, programs = tmp_path / "clone", tmp_path / "programs"
    for folder in (clone, programs):
        folder.mkdir()
    for path in ROOT.iterdir():
        if path.name != ".env":
            (clone / path.name).symlink_to(path)
    (example,) = blocks("docs/deployment.md", "ini")
    (clone / ".env").write_text(example.replace("<the token>", TOKEN).replace(GUIDES_BUCKET, BUCKET), encoding="utf-8")
    for name, text in saved_files():
        (clone / name).write_text(text, encoding="utf-8")
    for name, does in PROGRAMS.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def carry_out(text: str, workplace: Path, cloud: LocalCloud, shell: str = "sh") -> tuple[str, list[dict[str, Any]]]:
    """Return what a shell block prints, and what it asked of `scf`; each command of it must succeed."""
    text = text.replace(URL, cloud.triggers["function-url"].address).replace(GUIDES_BUCKET, BUCKET)
    text = text.replace("http://127.0.0.1:9001", cloud.triggers["function-url"].address)
    text = text.replace("http://127.0.0.1:9000", cloud.cos.address)
    calls = workplace / "calls"
    calls.touch()
    path = f"{workplace / 'programs'}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        [shutil.which(shell) or shell, "-eu", "-c", text],
        cwd=workplace / "clone",
        env={"PATH": path, "SCF_CALLS": str(calls), "URL": URL, "TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [json.loads(line) for line in calls.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("name", "shell", "text"), shell_blocks())
def test_shell_blocks_run(  # three of them say which block, three are fixtures
    name: str, shell: str, text: str, workplace: Path, cloud: LocalCloud, deployed: Deployment
) -> None:
    """Every shell block of every page runs to its end, and what it invokes the function with is served."""
    assert name in ENGLISH
    for program in (shell, *(each for each in ("curl", "jq") if each in text)):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    _, calls = carry_out(text, workplace, cloud, shell)
    for call in calls:
        if call["command"] == "invoke":
            answer = Answer(deployed.send(call["event"]))
            assert answer.status == 200, answer.body


def test_the_guides_check_answers_as_it_says(workplace: Path, cloud: LocalCloud) -> None:
    """Without the token 401, with it a result in the bucket, and sent again it is a duplicate."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (text,) = (text for text in blocks("docs/deployment.md", "sh") if "deployment-check" in text)
    cloud.cos.delete(BUCKET, "ci-callback/check.mp3.SoundHound.json")
    for outcome in ("written", "duplicate"):
        printed, _ = carry_out(text, workplace, cloud)
        assert re.findall(r"HTTP/1.1 (\d+)", printed) == ["401", "200"]
        assert f'"outcome":"{outcome}"' in printed.replace(" ", "")
    assert "ci-callback/check.mp3.SoundHound.json" in cloud.listing()


@pytest.mark.parametrize("missing", ["REGION", "SCF_ROLE", "BUCKETS", "CALLBACK_TOKENS"])
def test_the_guides_look_at_the_env_sees_what_is_missing(missing: str, workplace: Path) -> None:
    """The command that the guide has the shell check `.env` with fails where a value is missing."""
    (text,) = (text for text in blocks("docs/deployment.md", "sh") if "complete" in text)
    env = workplace / "clone" / ".env"
    for is_whole in (True, False):
        done = subprocess.run(["/bin/sh", "-c", text], cwd=env.parent, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == is_whole
        env.write_text(re.sub(rf"^{missing}=.*\n", "", env.read_text(), flags=re.MULTILINE), encoding="utf-8")
    assert missing in done.stderr


def test_the_guides_call_of_the_sdk_sets_the_callback(cloud: LocalCloud) -> None:
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
    """Return the events that pages have one invoke the function with, on lines of their own and in sentences."""
    whole = re.compile(r'(?:^    |`)(\{"(?:replay|sweep|doctor|smoke)": \{[^`…]*\}\})(?:$|`)', re.MULTILINE)
    return sorted({text for name in ENGLISH for text in whole.findall(page(name))})


@pytest.mark.parametrize("text", shown_events())
def test_shown_commands_are_taken(text: str, deployed: Deployment) -> None:
    """Each `{"replay": …}`, `{"sweep": …}`, `{"doctor": …}` and `{"smoke": …}` that a page shows is carried out."""
    deployed.context["time_limit_in_ms"] = 2_000
    answer = Answer(deployed.send(json.loads(text.replace("<the token>", TOKEN))))
    assert (answer.status, answer.body.get("error", "")) == (200, "")


def test_each_command_is_shown() -> None:
    """There is an example of every one of them."""
    assert {next(iter(json.loads(text))) for text in shown_events()} == {"replay", "sweep", "doctor", "smoke"}


def local_commands() -> list[str]:
    """Return each `python -m local …` that a page names with more than the command's bare name."""
    texts = "".join(page(name) for name in ENGLISH)
    return sorted(set(re.findall(r"`(?:\.venv/bin/)?python -m local (\w+ [^`]+)`", texts)))


@pytest.mark.parametrize("command", local_commands())
def test_commands_of_the_local_cloud_are_known(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has options that there are; one that asks for help gets it."""
    if command.endswith("--help"):
        with pytest.raises(SystemExit, match="0"):
            options.parser().parse_args(command.split())
        assert "usage: python -m local" in capsys.readouterr().out
    else:
        assert callable(options.parser().parse_args(command.split()).command)
