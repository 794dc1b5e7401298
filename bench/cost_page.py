"""`python -m bench.cost_page`: write the tables of docs/cost.md from the kept figures and the prices.

Each stands below a line `<!-- bench: <name> -->`. A whole run of the bench does the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import bill, prices
from bench.questions import scale
from local.cloud import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bench.prices import Limit, Price

PAGE = PROJECT / "docs" / "cost.md"
KEPT = Path(__file__).parent / "results" / "bench.json"
_TABLE = re.compile(r"(<!-- bench: (\w+) -->\n)(?:\|.*\n)*")
_BILLED = {"written": "default", "with an action": "an action", "VERIFY=job": "`VERIFY=job`", "duplicate": "duplicate"}
_SIZES = ("our line", "its whole log", "object")
_HOURS_A_MONTH = 720
_DAY_S = 24 * 3600
_TIMERS = 10  # that a function may have, document 583/11637


def render(page: str, figures: Mapping[str, Any]) -> str:
    """Return the page with its tables made anew."""
    return _TABLE.sub(lambda match: match[1] + TABLES[match[2]](figures), page)


def write(figures: Mapping[str, Any]) -> None:
    """Make the page's tables anew."""
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")


def kept() -> Mapping[str, Any]:
    """Return the figures of the last run."""
    figures: Mapping[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))["figures"]["cost"]
    return figures


def _bill(figures: Mapping[str, Any]) -> str:
    """Return what a million of each kind cost, item by item."""
    bills = {name: bill.million(figures["cases"][name], bill.WAIT_MS) for name in _BILLED}
    totals = {name: bill.total(items) for name, items in bills.items()}
    rows = [
        [item, *(f"{items[item]:.2f} ({items[item] / totals[name]:.0%})" for name, items in bills.items())]
        for item in next(iter(bills.values()))
    ]
    queries = {name: figures["cases"][name]["requests"].get("CI", 0) for name in bills}
    rows.append(["CI: queries", *(f"{count:.2f} M × *p*" if count else "" for count in queries.values())])
    sums = (f"**{total:.2f}**{' + *p*' if queries[name] else ''}" for name, total in totals.items())
    rows.append(["**all**", *sums])
    return _markdown(["CNY for a million", *_BILLED.values()], rows)


def _waits(figures: Mapping[str, Any]) -> str:
    """Return the sums for other waits."""
    cases = figures["cases"]
    rows = [
        [name, *(f"{bill.total(bill.million(found, wait)):.2f}" for wait in bill.WAITS_MS)]
        for name, found in cases.items()
    ]
    return _markdown(["CNY for a million", *(f"{wait} ms" for wait in bill.WAITS_MS)], rows)


def _levers(figures: Mapping[str, Any]) -> str:
    """Return the sum of the default under other settings."""
    now, found = bill.AS_DEPLOYED, figures["cases"]["written"]
    low = replace(now, index=prices.LOG_INDEX_LOW, log_storage=prices.LOG_STORAGE_LOW)
    settings = {
        "as deployed": now,
        "`memorySize: 128`": replace(now, memory_mb=128),
        "`LOG_LEVEL: WARNING`": replace(now, quiet=True),
        "SCF's short log format (精简格式)": replace(now, short_format=True),
        "a log topic of your own, low frequency": low,
        "all four": replace(low, memory_mb=128, quiet=True, short_format=True),
    }
    rows = [
        [name, *(f"{bill.total(bill.million(found, wait, terms)):.2f}" for wait in bill.WAITS_MS)]
        for name, terms in settings.items()
    ]
    calls = bill.yuan(prices.CMQ_CALL, 3 * bill.MILLION)
    rows.append(["a CMQ topic in place of the URL, up to", *[f"+ {calls:.2f}"] * len(bill.WAITS_MS)])
    sent = bill.yuan(prices.TRAFFIC_OUT, found["sent_bytes"] * bill.MILLION / bill.GB)
    rows.append(["if the way to COS were billed as internet traffic", *[f"+ {sent:.2f}"] * len(bill.WAITS_MS)])
    return _markdown(["CNY for a million", *(f"{wait} ms" for wait in bill.WAITS_MS)], rows)


def _measured(figures: Mapping[str, Any]) -> str:
    """Return what was counted."""
    rows = [
        [
            name,
            bill.told(found),
            f"{found['cpu_ms']['median']:.1f}",
            f"{bill.duration_ms(found, bill.WAIT_MS):.0f}",
            f"{found['log_bytes']:,.0f}",
            f"{bill.log_bytes(found):,.0f}",
            f"{found['object_bytes']:,.0f}",
            f"{found['peak_mb']:.0f}",
        ]
        for name, found in figures["cases"].items()
    ]
    rows += [
        [name, bill.told(found), f"{found['cpu_ms']:.1f}", f"{bill.duration_ms(found, bill.WAIT_MS):.0f}", *[""] * 4]
        for name, found in figures["commands"].items()
    ]
    sizes = [f"{what}, bytes" for what in _SIZES]
    columns = ["one of each", "requests", "CPU ms", f"ms billed ({bill.WAIT_MS} ms)", *sizes, "peak MB"]
    return _markdown(columns, rows)


def _sweep(figures: Mapping[str, Any]) -> str:
    """Return how far a run gets, and what runs that use all their time cost in a month."""
    there, letter = figures["commands"]["sweep, result there"], figures["commands"]["replay"]
    rows = [
        [
            f"`timeout: {timeout}`",
            *(f"{scale.reached(there, timeout, wait):,.0f}" for wait in bill.WAITS_MS),
            f"{_TIMERS * scale.reached(there, timeout, bill.WAIT_MS) * _DAY_S / timeout / bill.MILLION:.1f} M",
            f"{_month(there, timeout):.2f}",
            f"{scale.replayed(letter, timeout, bill.WAIT_MS):,.0f}",
        ]
        for timeout in scale.TIMEOUTS_S
    ]
    waits = [f"{wait} ms" for wait in bill.WAITS_MS]
    columns = [f"a day, {_TIMERS} timers without a pause", "CNY a month, hourly", "letters a replay reaches"]
    return _markdown(["jobs a run reaches", *waits, *(f"{name} ({bill.WAIT_MS} ms)" for name in columns)], rows)


def _month(there: Mapping[str, Any], timeout_s: float) -> float:
    """Return what an hourly sweep costs in a month if every run uses all its time."""
    heads = scale.reached(there, timeout_s, bill.WAIT_MS) * there["requests"]["HEAD"]
    time = bill.yuan(prices.FUNCTION_TIME, bill.DEPLOYED.memory_mb / 1024 * timeout_s)
    return _HOURS_A_MONTH * (time + bill.yuan(prices.COS_REQUEST, heads))


def _scale(figures: Mapping[str, Any]) -> str:
    """Return what each number of callbacks a day asks for; bold where there is less of it."""
    rows = [
        [
            row.name,
            *(_number(value, row.most) for value in row.values),
            "" if row.most is None else f"{row.most:,.0f} {row.of}",
        ]
        for row in scale.rows(figures)
    ]
    return _markdown(["callbacks a day", *(f"{number:,}" for number in scale.A_DAY), "there is"], rows)


def _limits(_figures: Mapping[str, Any]) -> str:
    rows = [[each.name, f"{each.most:,}", each.moved_by, _source(each), each.state] for each in prices.LIMITS]
    return _markdown(["limit", "by default", "what moves it", "document", "its state"], rows)


def _prices(_figures: Mapping[str, Any]) -> str:
    rows = [
        [each.name, "*not found*" if each.yuan is None else f"{each.yuan}", _per(each), _source(each), each.state]
        for each in prices.PRICES
    ]
    return _markdown(["price", "CNY", "for", "document", "its state"], rows)


def _per(price: Price) -> str:
    return price.unit if price.per == 1 else f"{price.per:,} {price.unit}"


def _source(each: Price | Limit) -> str:
    name = each.source.partition("/document/product/")[2] or each.source.partition("https://")[2]
    return f"[{name}]({each.source})"


def _number(value: float, most: float | None) -> str:
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
    return text if most is None or value <= most else f"**{text}**"


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "bill": _bill,
    "waits": _waits,
    "levers": _levers,
    "measured": _measured,
    "sweep": _sweep,
    "scale": _scale,
    "limits": _limits,
    "prices": _prices,
}

if __name__ == "__main__":
    write(kept())
