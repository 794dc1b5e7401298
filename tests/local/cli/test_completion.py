"""`python -m local completion`: what a real shell completes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.__main__ import main
from local.cli import completion
from local.cli.options import parser
from local.events.generated import TRIGGERS
from models.catalog import catalog
from models.wire import STATES
from tests import ROOT
from tests.support.pages import blocks, page
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

LONG = (".venv/bin/python", "-m", "local")
SHORT = (completion.NAME,)

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the script for bash."""
    path = tmp_path_factory.mktemp("completion") / "script"
    path.write_text(completion.script(parser(), "bash", completion.NAME), encoding="utf-8")
    return path


def bash(script: Path, program: str, *, cwd: Path = ROOT) -> str:
    """Return what a bash prints that has read the script."""
    # as a user's shell, it has this machine's environment, but no start-up files
    command = ["bash", "--norc", "--noprofile", "-c", f"source {shlex.quote(str(script))}\n{program}"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def completed(script: Path, *words: str, cwd: Path = ROOT) -> list[str]:
    """Return what bash offers for the last of the words: by the very function that it has for the first one."""
    listed = " ".join(map(shlex.quote, words))
    program = f"""
spec=$(complete -p {shlex.quote(words[0])})
[[ $spec =~ -F\\ ([^ ]+) ]]
COMP_WORDS=({listed})
COMP_CWORD={len(words) - 1}
${{BASH_REMATCH[1]}} {shlex.quote(words[0])}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    return bash(script, program, cwd=cwd).split("\n")[:-1]


@needs_bash
@pytest.mark.parametrize("command", [SHORT, LONG, (sys.executable, *LONG[1:])], ids=["short", "long", "absolute"])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ([""], ["run", "serve", "invoke", "event", "soak", "completion"]),
        (["s"], ["serve", "soak"]),
        (["serve", "--p"], ["--port", "--page-port"]),
        (["event", "--tag", ""], [*catalog()]),
        (["event", "--tag", "Speech"], ["SpeechRecognition"]),
        (["event", "--tag", "=", ""], [*catalog()]),
        (["event", "--tag", "=", "Speech"], ["SpeechRecognition"]),
        (["event", "--tag", "="], [*catalog()]),
        (["event", "--tag", "Tts", "--state", ""], [*STATES]),
        (["event", "--trigger", ""], [*TRIGGERS]),
        (["event", "--mutate", "tr"], ["truncate", "trailing-comma"]),
        (["serve", "--faults", ""], ["none", "flaky"]),
        (["soak", "--ci", "r"], ["flaky"]),
        (["completion", ""], [*completion.SHELLS]),
    ],
)
def test_words_are_completed(script: Path, command: tuple[str, ...], words: list[str], offered: list[str]) -> None:
    """Commands, options, choices and Tags, however the program is called, and after --option= as well."""
    assert completed(script, *command, *words) == offered


@needs_bash
def test_every_option_is_offered(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `--help` of a command has, completion has."""
    for command in ("run", "serve", "invoke", "event", "soak", "completion"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        options = set(re.findall(r"^  (?:-h, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
        assert set(completed(script, *SHORT, command, "--")) == options


@needs_bash
@pytest.mark.parametrize("command", [SHORT, LONG], ids=["short", "long"])
def test_files_and_folders_are_completed(script: Path, command: tuple[str, ...], tmp_path: Path) -> None:
    """Events are JSON files, without those that say what an event must lead to; a code root is a folder."""
    assert completed(script, *command, "invoke", "events/function-url-no") == ["events/function-url-no-body.json"]
    for name in ("a.json", "a.expected.json", "a.py"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    assert completed(script, *command, "invoke", "", cwd=tmp_path) == ["a.json", "folder"]
    assert completed(script, *command, "run", "--code-root", "", cwd=tmp_path) == ["folder"]
    assert completed(script, *command, "run", "--events", "", cwd=tmp_path) == ["folder"]


@needs_bash
@pytest.mark.parametrize("words", [["-m", "pytest", ""], ["-m", "lo"], ["-m", "local"], [""]])
def test_other_uses_of_that_python_are_left_alone(script: Path, words: list[str]) -> None:
    """Nothing is offered, so that bash falls back to files; and `python` itself has got no completion."""
    assert completed(script, LONG[0], *words) == [""]
    assert "nothing" in bash(script, "complete -p python 2>/dev/null || echo nothing")


@needs_bash
def test_the_short_command_works_in_any_folder(script: Path, tmp_path: Path) -> None:
    """It is this very program, wherever it is called, and files are named from there."""
    (tmp_path / "an event.json").write_text('{"doctor": {}}', encoding="utf-8")
    output = bash(script, f"{completion.NAME} invoke 'an event.json'", cwd=tmp_path)
    assert output.startswith("Event an event.json\n  reply        200\n")


@needs_bash
def test_the_short_command_s_name_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--name` names it; the script is what the command prints."""
    assert main(["completion", "bash", "--name", "my-cloud"]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    assert completed(script, "my-cloud", "sw") == [""]
    assert completed(script, "my-cloud", "so") == ["soak"]
    assert "function" in bash(script, "type my-cloud")


@pytest.mark.parametrize("name", ["local", "", "a b", "-x", "1", "a;b", "$x"])
def test_a_name_that_a_shell_would_not_take_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Among them `local`, a word of the shell that the script itself needs."""
    with pytest.raises(SystemExit) as ended:
        main(["completion", "bash", f"--name={name}"])
    assert ended.value.code == 2
    assert "can be no command of yours: take letters, digits, - and _" in capsys.readouterr().err


@needs_bash
def test_a_bash_that_somebody_types_in_completes(script: Path) -> None:
    """The Tab key itself: with readline, which splits words as it likes."""
    with Terminal(["bash", "--norc", "--noprofile", "-i"], ROOT) as shell:
        shell.run(f"source {shlex.quote(str(script))}")
        assert shell.completed("ci-local event --tag=Spee") == "ci-local event --tag=SpeechRecognition"
        assert shell.completed(".venv/bin/python -m local inv") == ".venv/bin/python -m local invoke"


@needs_zsh
def test_a_zsh_that_somebody_types_in_completes(tmp_path: Path) -> None:
    """The same in zsh, for the short command and the long one."""
    script = tmp_path / "script"
    script.write_text(completion.script(parser(), "zsh", completion.NAME), encoding="utf-8")
    with Terminal(["zsh", "-f", "-i"], ROOT) as shell:
        shell.run(f'ZDOTDIR={shlex.quote(str(tmp_path))}; eval "$(<{shlex.quote(str(script))})"')
        assert shell.completed("ci-local event --tag Spee") == "ci-local event --tag SpeechRecognition"
        assert shell.completed(f"{sys.executable} -m local inv") == f"{sys.executable} -m local invoke"


def test_tcsh_gets_an_alias(capsys: pytest.CaptureFixture[str]) -> None:
    """Its script defines the short command and completes by that name."""
    assert main(["completion", "tcsh"]) == 0
    output = capsys.readouterr().out
    assert f"\nalias {completion.NAME} 'env PYTHONPATH=" in output
    assert re.search(rf"^complete {completion.NAME} ", output, re.MULTILINE)
    assert " SpeechRecognition " in output


def test_other_commands_do_not_load_shtab() -> None:
    """Nothing but this command takes the time to import it."""
    program = (
        "import sys; from local.__main__ import main; main(['event', '--tag', 'Tts']); sys.exit('shtab' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


def test_the_page_shows_the_command() -> None:
    """docs/local.md has the line that `--help` has, and names what it defines."""
    (line,) = (text for text in blocks("docs/local.md", "bash") if "completion" in text)
    assert line.strip() in completion.EXAMPLES
    assert f"`{completion.NAME} event --tag Sou<Tab>`" in page("docs/local.md")
