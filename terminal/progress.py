"""Progress bars for long commands: on standard error, and only if it is a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Task


class StageProgress(Progress):
    """One progress bar for each stage, inside a `with`; `transient` bars are removed at the end."""

    def __init__(self, *, transient: bool = False) -> None:
        console = Console(stderr=True)
        super().__init__(
            TextColumn("{task.description:26}"),
            BarColumn(),
            _Count(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=transient,
            redirect_stdout=False,  # it may be a file or a pipe
        )
        self._stage, self._bar = "", self.add_task("", total=0, visible=False, is_counted=False)

    def show(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Advance the stage's bar, or start a new one; without a total the bar runs until the next stage."""
        if stage != self._stage:
            self._finish()
            self._stage, self._bar = stage, self.add_task(stage, total=total, is_counted=total is not None)
        self.update(self._bar, completed=done, total=total)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, and complete the last stage unless an exception was raised."""
        if error is None:
            self._finish()
        super().__exit__(kind, error, traceback)

    def _finish(self) -> None:
        if self.tasks[self._bar].total is None:
            self.update(self._bar, completed=1, total=1)


class _Count(MofNCompleteColumn):
    """A column `done/total`, empty for a stage without a total."""

    def render(self, task: Task) -> Text:
        """Return the two numbers."""
        return super().render(task) if task.fields["is_counted"] else Text()
