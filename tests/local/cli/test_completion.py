"""Shell completion of `ci-local`."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from local.__main__ import main
from local.events.generated import TRIGGERS
from local.events.mutations import ALL as MUTATIONS
from models.catalog import catalog
from models.wire import STATES
from tests import ROOT
from tests.support.pages import blocks


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("", ["check", "event", "invoke", "run", "serve", "snippet", "soak"]),
        ("serve --p", ["--port", "--page-port"]),
        ("event --tag ", [*catalog()]),
        ("event --tag Speech", ["SpeechRecognition"]),
        ("event --tag Tts --state ", [*STATES]),
        ("event --trigger ", [*TRIGGERS]),
        ("event --mutate ", [*MUTATIONS]),
        ("serve --trigger ", ["function-url", "apigw"]),
        ("serve --faults ", ["none", "flaky", "slow"]),
        ("soak --ci f", ["flaky"]),
    ],
)
def test_words_are_completed(
    words: str, offered: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands, options, Tags, States, triggers, mutations and presets."""
    line = f"ci-local {words}"
    monkeypatch.setenv("_CI_LOCAL_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    with pytest.raises(SystemExit, match="0"):
        main([])
    assert capsys.readouterr().out.splitlines() == [f"plain,{each}" for each in offered]


BASH = shutil.which("bash") or ""


@pytest.mark.skipif(not BASH or not (ROOT / ".venv").exists(), reason="bash or .venv is missing")
def test_bash_completes_after_the_commands_of_the_page() -> None:
    """`ci-local` is on the PATH, and bash knows its completion."""
    (setup,) = (text for text in blocks("docs/local.md", "bash") if "_CI_LOCAL_COMPLETE" in text)
    typed = 'COMP_WORDS=(ci-local soa); COMP_CWORD=1; _ci_local_completion ci-local; echo "$COMPREPLY"'
    done = subprocess.run(
        [BASH, "--norc", "-c", f"{setup}\n{typed}"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "soak\n", "")
