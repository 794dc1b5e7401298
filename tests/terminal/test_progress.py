"""Progress bars on a terminal, on standard error."""

from __future__ import annotations

import re

import pytest

from terminal.progress import StageProgress

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make rich treat standard error as a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


def lines(text: str) -> list[str]:
    """Return the lines of the last picture, without colours and bars."""
    last = text.rsplit("\x1b[2K", maxsplit=1)[-1] if "\x1b[2K" in text else text
    plain = [re.sub(r"[━╸╺ ]+", " ", _ESCAPE.sub("", line)).strip() for line in last.splitlines()]
    return [line for line in plain if line]


@pytest.mark.usefixtures("on_a_terminal")
def test_each_stage_has_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Stages with a total have numbers; others run until the next stage or the end."""
    with StageProgress() as progress:
        progress.show("first")
        progress.show("second", 1, 4)
        progress.show("second", 3, 4)
        progress.show("third")
    captured = capsys.readouterr()
    assert captured.out == ""
    shown = [re.sub(r" \d:\d\d:\d\d| -:--:--", "", line) for line in lines(captured.err)]
    assert [line for line in shown if line in {"first", "second 3/4", "third"}] == shown[-3:]


@pytest.mark.usefixtures("on_a_terminal")
def test_transient_bars_are_removed_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Their lines are free for the next output."""
    with StageProgress(transient=True) as progress:
        progress.show("first", 1, 2)
        progress.refresh()
    error = capsys.readouterr().err
    assert "first" in error
    assert "first" not in "".join(lines(error))


@pytest.mark.usefixtures("on_a_terminal")
def test_standard_output_is_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    """It may be a file or a pipe."""
    with StageProgress() as progress:
        progress.show("first")
        print("a result")  # noqa: T201  # the subject of the test
    assert capsys.readouterr().out == "a result\n"


@pytest.mark.usefixtures("on_a_terminal")
def test_failed_stage_is_not_completed(capsys: pytest.CaptureFixture[str]) -> None:
    """Its bar has no total."""
    progress = StageProgress()

    def fail() -> None:
        with progress:
            progress.show("first")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert progress.tasks[-1].total is None
    assert "first" in capsys.readouterr().err


def test_output_without_a_terminal_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe or CI gets no bars."""
    with StageProgress() as progress:
        progress.show("first")
        progress.show("second", 1, 4)
    assert capsys.readouterr() == ("", "")
