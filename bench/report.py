"""What was measured, for people: tables on the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich import table as rich_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from bench.thresholds import Verdict

WIDTH = 116  # columns that the widest table needs


@dataclass(frozen=True)
class Table:
    """A table: its first column names the rows; None is a figure there is none of."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def with_quartiles(found: Mapping[str, float]) -> str:
    """Return a median with its quartiles."""
    return f"{_number(found['median'])} [dim]{_number(found['low'])}-{_number(found['high'])}[/dim]"


def show(console: Console, table: Table, note: str = "") -> None:
    """Print a table, a note beside its title."""
    laid_out = rich_table.Table(box=box.SIMPLE_HEAD)
    for at, column in enumerate(table.columns):
        laid_out.add_column(column, justify="right" if at else "left", no_wrap=True)
    for row in table.rows:
        laid_out.add_row(*map(_cell, row))
    console.print(f"[bold]{table.title}[/bold]  [dim]{note}[/dim]")
    console.print(laid_out)


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Print every bar with what was measured."""
    words = {True: "[green]pass[/green]", False: "[red]FAIL[/red]", None: "[dim]not measured[/dim]"}
    rows = [
        (each.bar.name, each.bar.at_most, each.measured, f"{each.bar.unit:26}", words[each.passed]) for each in verdicts
    ]
    show(console, Table("StageProgress", ("", "at most", "measured", "", ""), rows))


def _cell(value: Any) -> str:
    return _number(value) if isinstance(value, (int, float)) else value or ""


def _number(value: float) -> str:
    """Return three digits, or all there are before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
