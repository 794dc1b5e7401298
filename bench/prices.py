"""What the platform's public documents say that things cost, and where they end: mainland China, list prices, CNY.

A price that no public document was found to state is None, and says where to look it up. `state` is how old the text is
that it was read in: `qcloud-documents` is Tencent's own copy of its documents on GitHub, here with its commit.
"""

from __future__ import annotations

from typing import NamedTuple

_DOCUMENT = "https://cloud.tencent.com/document/product/"
_INTERNATIONAL = "https://tencentcloud.com/document/product/"


class Price(NamedTuple):
    """What `per` units of something cost."""

    name: str
    yuan: float | None
    per: int
    unit: str
    source: str
    state: str


class Limit(NamedTuple):
    """How much of something there is, and what moves that."""

    name: str
    most: int
    unit: str
    moved_by: str
    source: str
    state: str


FUNCTION_TIME = Price(
    "SCF, memory × duration", 0.00011108, 1, "GB·s", f"{_DOCUMENT}583/12281", "qcloud-documents 154e470, about 2022"
)
FUNCTION_CALL = Price("SCF, call", 0.0133, 10_000, "calls", FUNCTION_TIME.source, FUNCTION_TIME.state)
TRAFFIC_OUT = Price("SCF, traffic to the internet", 0.80, 1, "GB", FUNCTION_TIME.source, FUNCTION_TIME.state)
COS_REQUEST = Price(
    "COS, request (standard storage)",
    0.01,
    10_000,
    "requests",
    "https://buy.cloud.tencent.com/price/cos",
    "as others quote the page, 2026-10; Tencent's own NextCloud example has the same",
)
COS_STORAGE = Price("COS, standard storage", 0.118, 1, "GB a month", COS_REQUEST.source, COS_REQUEST.state)
_CLS = f"{_DOCUMENT}614/45803"
_CLS_STATE = "qcloud-documents 05df478, September 2022"
LOG_INDEX = Price("CLS, index traffic", 0.35, 1, "GB", _CLS, _CLS_STATE)
LOG_WRITE = Price("CLS, write traffic", 0.18, 1, "GB", _CLS, _CLS_STATE)
LOG_STORAGE = Price("CLS, storage of logs and of the index", 0.0115, 1, "GB a day", _CLS, _CLS_STATE)
LOG_INDEX_LOW = Price("CLS, index traffic, low frequency", 0.10, 1, "GB", _CLS, _CLS_STATE)
LOG_STORAGE_LOW = Price("CLS, storage, low frequency", 0.0025, 1, "GB a day", _CLS, _CLS_STATE)
CMQ_CALL = Price(
    "CMQ: sending, receiving or confirming 2 KB",
    2.00,
    1_000_000,
    "calls",
    f"{_INTERNATIONAL}1111/47656",
    "in CNY from a copy of 1496 价格总览, 2024-09",
)
CI_QUERY = Price(
    "CI, query of a job or of a list", None, 1, "requests", f"{_INTERNATIONAL}1045/33431", "no billable item names it"
)
EVENT = Price("EventBridge, event", None, 1, "events", f"{_DOCUMENT}1359", "not found; 产品定价 there")
CKAFKA = Price("CKafka, instance", None, 1, "months", f"{_DOCUMENT}597", "not found; 价格说明 there")

PRICES = (
    *(FUNCTION_TIME, FUNCTION_CALL, TRAFFIC_OUT, COS_REQUEST, COS_STORAGE),
    *(LOG_INDEX, LOG_WRITE, LOG_STORAGE, LOG_INDEX_LOW, LOG_STORAGE_LOW),
    *(CMQ_CALL, CI_QUERY, EVENT, CKAFKA),
)

CONCURRENCY = Limit(
    "SCF, memory of all that runs at once, a region (Guangzhou, Shanghai, Beijing, Chengdu)",
    128_000,
    "MB",
    "a smaller `memorySize`; a function package (583/71468) or a ticket",
    f"{_DOCUMENT}583/11637",
    "2025-10-16",
)
GROWTH = Limit(
    "SCF, new instances a minute, a region",
    500,
    "instances",
    "`provisionedNum`; a function package or a ticket",
    f"{_DOCUMENT}583/45757",
    "qcloud-documents 054bcab, about 2022",
)
_COS_LIMITS, _COS_STATE = f"{_DOCUMENT}436/14518", "2025-12-08"
COS_WRITES = Limit(
    "COS, writes a second, a bucket", 30_000, "requests", "another bucket; a ticket", _COS_LIMITS, _COS_STATE
)
COS_LISTS = Limit(
    "COS, listings a second, a bucket", 1_000, "requests", "no versions; another bucket", _COS_LIMITS, _COS_STATE
)
CI_PARALLEL = Limit(
    "CI, jobs at work at once, a queue",
    10,
    "jobs",
    "a ticket; `MaxConcurrent` of your own queues says what you have",
    f"{_DOCUMENT}436/54045",
    "a published sample answer, no promise; one queue a feature (436/46412)",
)
TOPIC_CALLS = Limit(
    "CMQ, `PublishCmqMsg` a second, an account",
    20,
    "calls",
    "another action than `topic`",
    f"{_DOCUMENT}1496/109809",
    "2024-08-09",
)
TOPIC_MESSAGES = Limit(
    "CMQ, messages a second, a topic", 5_000, "messages", "a ticket", f"{_DOCUMENT}1496/60993", "2025-06-20"
)
EVENTS = Limit(
    "EventBridge, `PutEvents` a second, a region",
    5_000,
    "calls",
    "a ticket",
    f"{_INTERNATIONAL}1108/42271",
    "2024-07-23",
)
EVENTS_TO_A_TARGET = Limit(
    "EventBridge, events a day to a target",
    2_000,
    "events",
    "a ticket; the page does not say which targets",
    EVENTS.source,
    EVENTS.state,
)
LOG_PARTITION = Limit(
    "CLS, MB written a second, a partition of a topic",
    5,
    "MB",
    "more partitions, 50 a topic",
    f"{_DOCUMENT}614/17413",
    "qcloud-documents 05ca6f7",
)

LIMITS = (
    *(CI_PARALLEL, CONCURRENCY, GROWTH, COS_WRITES, COS_LISTS),
    *(TOPIC_CALLS, TOPIC_MESSAGES, EVENTS, EVENTS_TO_A_TARGET, LOG_PARTITION),
)
MB_PER_CORE = 1280  # what SCF gives a whole core for, in proportion: qcloud-documents 136dd2f, 函数算力支持
