"""The feed of the page: deliveries of any event, reply and log as bounded text."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.defaults import PROJECT, TOKEN
from local.events.recorded import read_event
from local.page.delivery import MOST_TEXT, arrival_of, ending_of
from local.page.feed import Feed
from local.scf.server import Invocation

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside, max_size=3),
    max_leaves=8,
)
HTTP = st.dictionaries(
    st.sampled_from(["httpMethod", "path", "headers", "queryString", "body", "isBase64Encoded", "requestContext"]), JSON
)
LOG = st.dictionaries(st.sampled_from(["outcome", "tag", "state", "key", "reason", "command"]), JSON)


def invocation(result: Any = None, error: Any = None, log: str = "") -> Invocation:
    """Return an invocation."""
    return Invocation("request-1", result, error, log, None, 12, 128, 10.0)


def test_token_in_the_log_is_hidden() -> None:
    """Another function may log the path."""
    feed = Feed()
    event = read_event(PROJECT / "events" / "apigw-json-success.json")
    shown = json.dumps(event)
    feed.watch(lambda _: invocation({"statusCode": 200, "headers": {}, "body": shown}, log=shown))(event)
    (delivery,) = feed.since(0)
    assert TOKEN in shown
    assert TOKEN not in repr((delivery.arrival.request, delivery.ending))


def test_running_delivery_is_listed() -> None:
    """It changes when the function has answered."""
    feed, go_on = Feed(), threading.Event()

    def invoke(_: Any) -> Invocation:
        go_on.wait(30)
        return invocation({"statusCode": 200, "body": ""})

    sender = threading.Thread(target=feed.watch(invoke), args=({"httpMethod": "POST", "path": "/"},))
    sender.start()
    while not feed.since(0):
        time.sleep(0.01)
    (running,) = feed.since(0)
    go_on.set()
    sender.join()
    (done,) = feed.since(running.change)
    assert (running.number, running.ending) == (done.number, None)
    assert done.ending is not None


def test_feed_is_bounded() -> None:
    """Only the newest deliveries are kept, each with limited text; a dropped one may still end."""
    feed = Feed(3)
    large = "x" * (MOST_TEXT + 5)
    event = {"httpMethod": "POST", "path": "/", "headers": {"a": large}, "body": large}
    watched = feed.watch(lambda _: invocation({"statusCode": 200, "body": large}, log=large))
    for _ in range(5):
        watched(event)
    assert [each.number for each in feed.since(0)] == [3, 4, 5]
    assert feed.get(2) is None
    kept = feed.get(5)
    assert kept is not None
    assert kept.ending is not None
    assert (len(kept.arrival.request.body), kept.arrival.request.left_out) == (MOST_TEXT, 5)
    assert (len(kept.ending.reply.body), kept.ending.reply.left_out) == (MOST_TEXT, 5)
    assert len(kept.ending.log) == len(kept.arrival.request.headers) == MOST_TEXT
    feed.watch(lambda _: [watched(event) for _ in range(3)].pop())(event)
    assert [each.number for each in feed.since(0)] == [7, 8, 9]


@pytest.mark.parametrize(
    ("event", "result", "error", "shown"),
    [
        ({"httpMethod": "POST"}, None, {"statusCode": 430, "errorMessage": "x"}, (502, "failed")),
        ({"httpMethod": "POST", "requestContext": {}}, None, {"statusCode": 433, "errorMessage": "x"}, (200, "failed")),
        ({"httpMethod": "POST", "requestContext": {}}, "text", None, (403, "")),
        ({"httpMethod": "POST"}, {"statusCode": 200, "headers": ["no", "headers"]}, None, (500, "")),
        ({"Records": []}, None, {"statusCode": 439, "errorMessage": "x"}, (439, "failed")),
        ({"a": 1}, {"statusCode": 400, "body": "x"}, None, (400, "")),
        ({"a": 1}, {"any": "thing"}, None, (None, "")),
    ],
)
def test_status_is_that_of_the_caller(event: Any, result: Any, error: Any, shown: tuple[Any, str]) -> None:
    """Over HTTP it is the trigger's, else the function's own or the platform's; a failed function is named so."""
    ending = ending_of(arrival_of(event), invocation(result, error))
    assert (ending.status, ending.word) == shown


@pytest.mark.parametrize(
    ("event", "trigger"),
    [
        ([], "invoke"),
        ({"replay": {}}, "invoke"),
        ({"Type": "Timer"}, "timer"),
        ({"Records": [{"CMQ": {}}]}, "cmq"),
        ({"Records": [{"Ckafka": {}}]}, "ckafka"),
        ({"Records": [7]}, "queue"),
        ({"Records": 7}, "invoke"),
    ],
)
def test_trigger_is_recognised_by_the_shape_of_the_event(event: Any, trigger: str) -> None:
    """The event has no other sign of it."""
    assert arrival_of(event).trigger == trigger


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ({"body": "6Z2S6Iqx55O3", "isBase64Encoded": True}, "青花瓷"),
        ({"body": "/w==", "isBase64Encoded": True}, "/w=="),
        ({"body": "no base64", "isBase64Encoded": True}, "no base64"),
        ({"body": {"a": 1}}, '{"a": 1}'),
        ({}, ""),
    ],
)
def test_text_body_is_decoded(event: Any, body: str) -> None:
    """Base64 of text is decoded, anything else is unchanged."""
    assert arrival_of({"httpMethod": "POST", **event}).request.body == body


@given(HTTP | JSON, JSON, st.lists(LOG, max_size=3))
def test_any_event_reply_and_log_can_be_shown(event: Any, result: Any, log: list[Any]) -> None:
    """The texts are valid JSON."""
    feed = Feed()
    lines = "\n".join(["no JSON", "[" * 5000, *map(json.dumps, log)])
    feed.watch(lambda _: invocation(result, log=lines))(event)
    (delivery,) = feed.since(0)
    shown = delivery.details()
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert all(isinstance(word, str) for name in ("tags", "states", "outcomes", "keys") for word in shown[name])
