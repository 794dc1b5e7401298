"""A log topic as Tencent's documents describe CLS, as far as docs/logs.md needs one: index, search, SQL, alarms.

Conditions before the `|` follow https://cloud.tencent.com/document/product/614/47044, of whose grammar it has what the
page uses. SQL runs on SQLite, with the functions that CLS has besides. Alarms: 614/51756.
"""

from __future__ import annotations

import json
import operator
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Row = dict[str, Any]

HOUR_MS = 3_600_000

_TYPES: dict[str, Callable[[str], Any]] = {"text": str, "long": int, "double": float}
_SQL_TYPES = {"text": "TEXT", "long": "INTEGER", "double": "REAL"}
_COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}
_TOKENS = re.compile(r'\s*([()]|AND\b|OR\b|NOT\b|\w+:|>=|<=|[><=]|"[^"]*"|\*|[\w.-]+)')
_CLAUSES = re.compile(r"\s(?=WHERE\b|GROUP BY\b|ORDER BY\b|LIMIT\b)|$")


class QueryError(ValueError):
    """CLS would not take the query, or it goes beyond what is known here."""


@dataclass(frozen=True)
class Topic:
    """A log topic with an index, as CreateIndex takes it."""

    index: Mapping[str, Any]
    rows: list[Row] = field(default_factory=list)

    @property
    def columns(self) -> dict[str, Mapping[str, Any]]:
        """How each field is indexed, by its name."""
        return {entry["Key"]: entry["Value"] for entry in self.index["Rule"]["KeyValue"]["KeyValues"]}

    def ship(self, lines: Iterable[str], at_ms: int) -> None:
        """Take what a function printed: of a line that is a JSON object the numbers and texts, else the whole."""
        for line in lines:
            self.add(_fields(line), at_ms)

    def add(self, fields: Mapping[str, Any], at_ms: int) -> None:
        """Take a log; what is not indexed can be seen, and neither searched nor counted."""
        typed = {name: _TYPES[how["Type"]](str(fields[name])) for name, how in self.columns.items() if name in fields}
        self.rows.append({"__TIMESTAMP__": at_ms, **typed})

    def ask(self, query: str, since_ms: int = 0) -> list[Row]:
        """Return what a query finds; raise QueryError."""
        search, _, sql = query.partition("|")
        matches = self.condition(search)
        return self._select(sql, [row for row in self.rows if row["__TIMESTAMP__"] >= since_ms and matches(row)])

    def alarm(self, policy: Mapping[str, Any], now_ms: int) -> bool:
        """Whether an alarm policy with one target, looked at now, would tell somebody."""
        (target,) = policy["AlarmTargets"]
        since = now_ms + target["StartTimeOffset"] * 60_000
        condition = re.sub(r"\$1\.(\w+)", r":\1", policy["Condition"]).replace("&&", "AND").replace("||", "OR")
        found = self.ask(target["Query"], since)
        with closing(sqlite3.connect(":memory:")) as database:
            results = [database.execute(f"SELECT {condition}", row).fetchone() for row in found]
        return any(bool(result) for (result,) in results)

    def condition(self, search: str) -> Callable[[Row], bool]:
        """Return what decides whether a log is found; raise QueryError."""
        search = search.strip()
        tokens = _TOKENS.findall(search)
        if "".join("".join(tokens).split()) != "".join(search.split()):
            raise QueryError(search)
        reader = _Reader(tokens, self.columns)
        matches = reader.any_of()
        if reader.tokens:
            raise QueryError(" ".join(reader.tokens))
        return matches

    def _select(self, sql: str, rows: Sequence[Row]) -> list[Row]:
        """Return the rows of a SELECT, of which CLS gives 100 where no LIMIT is named."""
        counted = {name: how["Type"] for name, how in self.columns.items() if how.get("SqlFlag")}
        columns = {"__TIMESTAMP__": "long", **counted}
        described = ", ".join(f'"{name}" {_SQL_TYPES[kind]}' for name, kind in columns.items())
        with closing(sqlite3.connect(":memory:")) as database:
            database.row_factory = sqlite3.Row
            database.create_function("histogram", 2, lambda moment, width: moment - moment % width)
            for name, arguments, aggregate in _AGGREGATES:
                database.create_aggregate(name, arguments, aggregate)
            database.execute(f"CREATE TABLE log ({described})")
            values = [[row.get(name) for name in columns] for row in rows]
            database.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(columns))})", values)  # noqa: S608 - marks
            try:
                found = database.execute(_as_sqlite(sql)).fetchall()
            except sqlite3.OperationalError as error:
                raise QueryError(str(error)) from None
        return [dict(row) for row in (found if "LIMIT" in sql else found[:100])]


class _Reader:
    """Reads a search condition: OR binds less than AND, AND less than NOT."""

    def __init__(self, tokens: list[str], columns: Mapping[str, Mapping[str, Any]]) -> None:
        self.tokens = tokens
        self._columns = columns

    def any_of(self) -> Callable[[Row], bool]:
        """Read conditions joined by OR."""
        either = [self._all_of()]
        while self._takes("OR"):
            either.append(self._all_of())
        return lambda row: any(matches(row) for matches in either)

    def _all_of(self) -> Callable[[Row], bool]:
        each = [self._one()]
        while self._takes("AND"):
            each.append(self._one())
        return lambda row: all(matches(row) for matches in each)

    def _one(self) -> Callable[[Row], bool]:
        if self._takes("NOT"):
            matches = self._one()
            return lambda row: not matches(row)
        if self._takes("("):
            matches = self.any_of()
            self._expect(")")
            return matches
        token = self._next()
        if token == "*":
            return lambda _: True
        name = token.removesuffix(":")
        if name == token or name not in self._columns:
            raise QueryError(token)  # without a full-text index only indexed fields are searched
        return self._value(name)

    def _value(self, name: str) -> Callable[[Row], bool]:
        if self._takes("("):
            either = [self._value(name)]
            while self._takes("OR"):
                either.append(self._value(name))
            self._expect(")")
            return lambda row: any(matches(row) for matches in either)
        how = self._columns[name]
        token = self._next()
        if token in _COMPARISONS:
            return self._compared(name, _COMPARISONS[token], self._next())
        if how["Type"] != "text":
            return self._compared(name, operator.eq, token)
        if token == "*":
            return lambda row: name in row
        wanted = _words(token.strip('"'), how)
        return lambda row: name in row and _holds(_words(row[name], how), wanted)

    def _compared(self, name: str, compare: Callable[[Any, Any], bool], number: str) -> Callable[[Row], bool]:
        if self._columns[name]["Type"] == "text":
            raise QueryError(f"{name} is a text and has no size")
        return lambda row: name in row and compare(row[name], float(number))

    def _next(self) -> str:
        if not self.tokens:
            raise QueryError("the condition ends early")
        return self.tokens.pop(0)

    def _takes(self, token: str) -> bool:
        return self.tokens[:1] == [token] and bool(self.tokens.pop(0))

    def _expect(self, token: str) -> None:
        if not self._takes(token):
            raise QueryError(f"{token} is missing")


def _fields(line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return {"SCF_Message": line, "SCF_Type": "Custom"}
    kept = {name: value for name, value in content.items() if type(value) in {int, float, str}}
    return {**kept, "SCF_RequestId": content.get("request_id", ""), "SCF_Type": "Custom", "SCF_StatusCode": 202}


def _words(text: str, how: Mapping[str, Any]) -> list[str]:
    """Return the words a text is found by: itself, where nothing separates words."""
    separators = how.get("Tokenizer", "")
    return re.split(f"[{re.escape(separators)}]+", text.lower()) if separators else [text.lower()]


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))


def _as_sqlite(sql: str) -> str:
    """Return the SELECT as SQLite takes it: from a table, an interval as a number, conditions counted."""
    sql = " ".join(sql.split()).replace("INTERVAL 1 HOUR", str(HOUR_MS))
    sql = re.sub(r"count_if\(([^()]*)\)", r"count(CASE WHEN \1 THEN 1 END)", sql)
    if '"' in sql:
        raise QueryError("SQLite would take an unknown field in double quotes for a text")
    return _CLAUSES.sub(" FROM log ", sql, count=1)


class _Arbitrary:
    def __init__(self) -> None:
        self.values: list[Any] = []

    def step(self, value: Any) -> None:
        """Take a row's value, unless it is NULL."""
        if value is not None:
            self.values.append(value)

    def finalize(self) -> Any:
        """Return any of them."""
        return self.values[0] if self.values else None


class _Percentile:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.share = 0.0

    def step(self, value: float | None, share: float) -> None:
        """Take a row's value, unless it is NULL."""
        self.share = share
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        """Return the value below which this share of them lies."""
        last = len(self.values) - 1
        return sorted(self.values)[min(last, int(self.share * len(self.values)))] if self.values else None


_AGGREGATES: tuple[tuple[str, int, type], ...] = (
    ("arbitrary", 1, _Arbitrary),
    ("approx_percentile", 2, _Percentile),
)
