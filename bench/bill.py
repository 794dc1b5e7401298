"""From counts and prices to CNY: how long a delivery takes, what the platform logs of it, what a million cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import prices
from local.cloud import PROJECT, read_deployment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.prices import Price

MILLION = 1_000_000
GB = 1 << 30
DEPLOYED = read_deployment(PROJECT / "serverless.yml")

# Assumed, since there is nobody here to ask: how long COS, CI or another service lets the function wait for one answer.
WAITS_MS = (30, 60, 120)
WAIT_MS = WAITS_MS[1]

_KEPT_DAYS = 7  # by SCF's own log topic, document 583/52644

# What SCF writes to CLS with every line, in its default format and in the short one (精简格式), and around ours:
# qcloud-documents 030df10, 日志结构说明. The values are of the length that such values have.
_FIELDS = {
    "SCF_FunctionName": "ci-callback-prod",
    "SCF_Namespace": "default",
    "SCF_LogTime": "1760000000000",
    "SCF_RequestId": "00000000-0000-4000-8000-000000000000",
    "SCF_Alias": "$DEFAULT",
    "SCF_Qualifier": "$LATEST",
    "SCF_Message": "",
    "SCF_Type": "Platform",
    "SCF_RetryNum": "0",
}
_MORE_FIELDS = {
    "SCF_StartTime": "1760000000000",
    "SCF_Duration": "67",
    "SCF_MemUsage": "29.734375",
    "SCF_Level": "INFO",
    "SCF_StatusCode": "200",
}
_REQUEST = f"RequestId:{_FIELDS['SCF_RequestId']}"
_START, _END, _RESPONSE = f"START {_REQUEST}", f"END {_REQUEST}", f'Response {_REQUEST} RetMsg:""'
_REPORT = f"Report {_REQUEST} Duration:67ms Memory:256MB MemUsage:29.734375MB"


@dataclass(frozen=True)
class Terms:
    """How the function is set up, where that changes the bill."""

    memory_mb: int = DEPLOYED.memory_mb
    short_format: bool = False  # of SCF's log
    quiet: bool = False  # LOG_LEVEL=WARNING: no line of ours where all is well
    index: Price = prices.LOG_INDEX
    log_storage: Price = prices.LOG_STORAGE


AS_DEPLOYED = Terms()


def duration_ms(found: Mapping[str, Any], wait_ms: float, memory_mb: int = DEPLOYED.memory_mb) -> float:
    """Return how long a delivery takes: one answer after another, and its own work on its share of a core."""
    answers = sum(found["requests"].values()) + found["calls"]
    cpu = found["cpu_ms"]
    cpu_ms = cpu["median"] if isinstance(cpu, dict) else cpu
    return float(answers * wait_ms + cpu_ms / min(1, memory_mb / prices.MB_PER_CORE))


def log_bytes(found: Mapping[str, Any], terms: Terms = AS_DEPLOYED) -> float:
    """Return what a delivery leaves in the log: names, values and messages of our line and of the platform's four."""
    short, full = _size(_FIELDS), _size(_FIELDS) + _size(_MORE_FIELDS)
    each = short if terms.short_format else full
    platform = len(_START) + len(_END) + len(_RESPONSE) + found["reply_bytes"] + 3 * each + len(_REPORT) + full
    return float(platform + (0 if terms.quiet else found["log_bytes"] + each))


def million(found: Mapping[str, Any], wait_ms: float, terms: Terms = AS_DEPLOYED) -> dict[str, float]:
    """Return what a million such deliveries cost, item by item, in CNY."""
    seconds = duration_ms(found, wait_ms, terms.memory_mb) * MILLION / 1000
    gigabytes = log_bytes(found, terms) * MILLION / GB
    requests = sum(count for kind, count in found["requests"].items() if kind != "CI")
    return {
        "function: time": yuan(prices.FUNCTION_TIME, terms.memory_mb / 1024 * seconds),
        "function: calls": yuan(prices.FUNCTION_CALL, MILLION),
        "COS: requests": yuan(prices.COS_REQUEST, requests * MILLION),
        "COS: results kept a month": yuan(prices.COS_STORAGE, found["added_bytes"] * MILLION / GB),
        "logs (CLS)": gigabytes * _log_yuan(terms),
    }


def _log_yuan(terms: Terms) -> float:
    """Return what a gigabyte of log costs: to write, to index, and to keep with its index, which is as large."""
    kept = 2 * _KEPT_DAYS * yuan(terms.log_storage, 1)
    return yuan(prices.LOG_WRITE, 1) + yuan(terms.index, 1) + kept


def total(items: Mapping[str, float]) -> float:
    """Return the sum of the items."""
    return sum(items.values())


def yuan(price: Price, amount: float) -> float:
    """Return what an amount costs; raise ValueError for a price that was not found."""
    if price.yuan is None:
        raise ValueError(f"no public document states the price of {price.name}")
    return price.yuan * amount / price.per


def told(found: Mapping[str, Any]) -> str:
    """Return the requests of one delivery for people: `PUT, 2 HEAD`; `call` is one to a service that is neither."""
    counts = {**found["requests"], **({"call": found["calls"]} if found["calls"] else {})}
    return ", ".join(f"{count:.2g} {kind}".removeprefix("1 ") for kind, count in counts.items())


def _size(fields: Mapping[str, str]) -> int:
    return sum(len(name) + len(value) for name, value in fields.items())
