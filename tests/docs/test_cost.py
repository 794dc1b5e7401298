"""docs/cost.md: its tables are those of the kept figures and the prices, and what it says beside them holds."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from bench import bill, cost_page, prices
from bench.questions import scale
from tests.support.pages import page

PAGE = "docs/cost.md"


def test_the_tables_are_those_of_the_kept_figures() -> None:
    """Each table is what the last figures, the prices and the limits come to: else `python -m bench.cost_page`."""
    text = page(PAGE)
    assert re.findall(r"^<!-- bench: (\w+) -->$", text, re.MULTILINE) == list(cost_page.TABLES)
    assert cost_page.render(text, cost_page.kept()) == text


def test_a_table_that_was_changed_by_hand_is_made_anew() -> None:
    """Whatever stands below a mark gives way to the table, and nothing else does."""
    text = page(PAGE)
    changed = text.replace("| function: calls | 1.33", "| function: calls | 0.01").replace("# Cost", "# Costs")
    assert cost_page.render(changed, cost_page.kept()) == text.replace("# Cost", "# Costs")


def test_every_price_and_limit_has_its_source() -> None:
    """Each names a public document and how old its text is; one that was not found says so and is no number."""
    for each in (*prices.PRICES, *prices.LIMITS):
        assert re.fullmatch(r"https://(?:buy\.)?(?:cloud\.tencent|tencentcloud)\.com/\S+", each.source), each
        assert each.state, each
        assert each.source in page(PAGE)
    missing = {each.name for each in prices.PRICES if each.yuan is None}
    assert missing == {"CI, query of a job or of a list", "EventBridge, event", "CKafka, instance"}
    assert page(PAGE).count("| *not found* |") == len(missing)


def test_what_is_assumed_is_said() -> None:
    """The page names the wait that its sums rest on, those beside it, and the share of a core of what is deployed."""
    text = page(PAGE)
    others = [wait for wait in bill.WAITS_MS if wait != bill.WAIT_MS]
    assert f"**assumed**: that COS, CI and every other service takes {bill.WAIT_MS} ms" in text
    assert f"the sums for {others[0]} and {others[1]} ms stand beside" in text
    assert bill.DEPLOYED.memory_mb / prices.MB_PER_CORE == pytest.approx(1 / 5)
    assert f"the fifth of a core that SCF gives to {bill.DEPLOYED.memory_mb} MB" in text


def test_what_the_page_says_of_its_tables_is_so() -> None:
    """The order of the items, the platform's share of the log, and what a sweep asks are as the sentences have it."""
    figures = cost_page.kept()
    written, there = figures["cases"]["written"], figures["commands"]["sweep, result there"]
    items = bill.million(written, bill.WAIT_MS)
    order = ["function: time", "logs (CLS)", "function: calls", "COS: requests"]
    assert sorted(order, key=items.__getitem__, reverse=True) == order
    assert 1 - written["log_bytes"] / bill.log_bytes(written) == pytest.approx(5 / 6, abs=0.02)
    assert (there["requests"]["CI"] * 1000, there["requests"]["HEAD"] * 1000) == (10, 1000)
    queue = bill.yuan(prices.CMQ_CALL, 3 * bill.MILLION)
    assert queue == pytest.approx(bill.total(items), rel=0.2)
    look_s = bill.duration_ms(there, bill.WAIT_MS) / 1000
    look = bill.yuan(prices.FUNCTION_TIME, bill.DEPLOYED.memory_mb / 1024 * look_s) + bill.yuan(prices.COS_REQUEST, 1)
    assert 1.25 * look * bill.MILLION == pytest.approx(bill.total(items) * 0.6, rel=0.1)
    a_day = 24 * scale.reached(there, bill.DEPLOYED.timeout_s, bill.WAIT_MS)
    assert a_day / 1.25 == pytest.approx(7000, rel=0.05)
    assert a_day == pytest.approx(9000, rel=0.05)


def test_the_deployed_sweep_is_the_one_that_is_spoken_of() -> None:
    """The timer of serverless.yml runs each hour, over a window of 24 hours and every Tag."""
    events = yaml.safe_load(page("serverless.yml"))["inputs"]["events"]
    (timer,) = (event["timer"]["parameters"] for event in events if "timer" in event)
    assert json.loads(timer["argument"]) == {"sweep": {"hours": 24}}
    assert re.fullmatch(r"0 \d+ \* \* \* \* \*", timer["cronExpression"])


def test_each_wall_stands_where_the_page_says() -> None:
    """What is named as too little for a number of callbacks is bold in its column, and in no earlier one."""
    walls: dict[str, int] = {
        "CI: jobs at work at once, 10 s each": 1_000_000,
        "sweep: jobs an hour": 1_000_000,
        "action `topic`: calls a second": 10_000_000,
        "COS: listings, where the bucket has versions": 10_000_000,
        f"their memory at {bill.DEPLOYED.memory_mb} MB each": 100_000_000,
        "instances that the burst starts": 100_000_000,
        "COS: writes a second in the burst": 300_000_000,
    }
    rows = {row.name: row for row in scale.rows(cost_page.kept())}
    for name, first in walls.items():
        row = rows[name]
        assert row.most is not None
        over = [number for number, value in zip(scale.A_DAY, row.values, strict=True) if value > row.most]
        assert min(over) == first, name
