"""Progress bars for whatever takes long: on a terminal, on standard error, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Task


class Bars(Progress):
    """A bar for each stage, inside a `with`; `transient` ones are gone afterwards."""

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
            redirect_stdout=False,  # it may lead elsewhere
        )
        self._stage, self._bar = "", self.add_task("", total=0, visible=False, is_counted=False)

    def show(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Move the stage's bar on; another stage gets another bar. Without a total it runs until the next stage."""
        if stage != self._stage:
            self._finish()
            self._stage, self._bar = stage, self.add_task(stage, total=total, is_counted=total is not None)
        self.update(self._bar, completed=done, total=total)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop; the last stage is done unless something was raised."""
        if error is None:
            self._finish()
        super().__exit__(kind, error, traceback)

    def _finish(self) -> None:
        if self.tasks[self._bar].total is None:
            self.update(self._bar, completed=1, total=1)


class _Count(MofNCompleteColumn):
    """How many of how many, where that is known."""

    def render(self, task: Task) -> Text:
        """Return the two numbers."""
        return super().render(task) if task.fields["is_counted"] else Text()
