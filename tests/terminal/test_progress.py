"""Progress bars: on a terminal, on standard error, and nowhere else."""

from __future__ import annotations

import re

import pytest

from terminal.progress import StageProgress

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have standard error taken for a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


def lines(text: str) -> list[str]:
    """Return what was left on the terminal: the last picture of each line, without colours and bars."""
    last = text.rsplit("\x1b[2K", maxsplit=1)[-1] if "\x1b[2K" in text else text
    plain = [re.sub(r"[━╸╺ ]+", " ", _ESCAPE.sub("", line)).strip() for line in last.splitlines()]
    return [line for line in plain if line]


@pytest.mark.usefixtures("on_a_terminal")
def test_each_stage_has_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Stages with a total are counted; others run until the next begins, and the last until the end."""
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
def test_transient_bars_are_gone_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    """What comes next on the terminal stands where they were."""
    with StageProgress(transient=True) as progress:
        progress.show("first", 1, 2)
        progress.refresh()
    error = capsys.readouterr().err
    assert "first" in error
    assert "first" not in "".join(lines(error))


@pytest.mark.usefixtures("on_a_terminal")
def test_what_is_printed_goes_where_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays what it is while bars are shown: it may lead elsewhere."""
    with StageProgress() as progress:
        progress.show("first")
        print("a result")  # noqa: T201  # that is the point
    assert capsys.readouterr().out == "a result\n"


@pytest.mark.usefixtures("on_a_terminal")
def test_a_stage_that_failed_is_not_shown_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    """Its bar stays where it was."""
    progress = StageProgress()

    def fail() -> None:
        with progress:
            progress.show("first")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert progress.tasks[-1].total is None
    assert "first" in capsys.readouterr().err


def test_without_a_terminal_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe or in CI nothing is printed."""
    with StageProgress() as progress:
        progress.show("first")
        progress.show("second", 1, 4)
    assert capsys.readouterr() == ("", "")
