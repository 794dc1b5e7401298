"""Tables of the figures, for the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table as RichTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from bench.thresholds import Verdict

WIDTH = 116  # columns of the widest table


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows; None is an empty cell."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    @classmethod
    def of(cls, title: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> Table:
        """Make a table of rows with the same fields; `columns` are their headings by field."""
        return cls(title, list(columns.values()), [[row[name] for name in columns] for row in rows])


def with_quartiles(found: Mapping[str, float]) -> str:
    """Format a median with its quartiles."""
    return f"{number(found['median'])} [dim]{number(found['low'])}-{number(found['high'])}[/dim]"


def show(console: Console, table: Table, note: str = "") -> None:
    """Print a table, with a note beside its title."""
    printed = RichTable(box=box.SIMPLE_HEAD)
    for at, column in enumerate(table.columns):
        printed.add_column(column, justify="right" if at else "left", no_wrap=True)
    for row in table.rows:
        printed.add_row(*map(_cell, row))
    console.print(f"[bold]{table.title}[/bold]  [dim]{note}[/dim]")
    console.print(printed)


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Print every threshold with the figure measured."""
    words = {True: "[green]pass[/green]", False: "[red]FAIL[/red]", None: "[dim]not measured[/dim]"}
    rows = [
        (each.threshold.name, each.threshold.at_most, each.measured, f"{each.threshold.unit:26}", words[each.passed])
        for each in verdicts
    ]
    show(console, Table("Thresholds", ("", "at most", "measured", "", ""), rows))


def _cell(value: Any) -> str:
    return number(value) if isinstance(value, (int, float)) else value or ""


def number(value: float) -> str:
    """Format three significant digits, or the whole number above."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004  # three digits
