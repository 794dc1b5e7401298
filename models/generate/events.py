"""events/tags/: callbacks of each Tag as SCF events, and their expected outcome.

Outcomes are recorded from the function itself: review the diff before you commit it.
"""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.cos.server import LocalCos
from local.defaults import BUCKET, CREDENTIALS, REGION, TOKEN
from local.events import generated, reviews
from models import wire
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from models.catalog import Entry

FOLDER = "events/tags"
_DEAD_LETTERS = "ci-callback/dead-letter/"
_FORMS = ("-xml", "-json", "-native")  # these have one outcome


def write(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return every event by path."""
    return {f"{FOLDER}/{name}.json": _text(event) for entry in entries.values() for name, event in _events(entry)}


def outcomes(events: Mapping[str, str], show: Callable[[int, int], None]) -> dict[str, str]:
    """Return the outcome of each event by path; the formats of a Tag share one. `show` receives the progress."""
    first: dict[str, str] = {}
    for path, text in events.items():
        first.setdefault(expected_path(path), text)
    expected = {}
    for done, (path, text) in enumerate(first.items()):
        show(done, len(first))
        expected[path] = _text(_observed(json.loads(text)))
    show(len(first), len(first))
    return expected


def expected_path(path: str) -> str:
    """Return the path of an event's outcome: `X.expected.json` for `X-xml.json` and `X-json.json`."""
    name = path.removesuffix(".json")
    for form in _FORMS:
        name = name.removesuffix(form)
    return f"{name}.expected.json"


def observe(reply: Mapping[str, Any], cos: LocalCos) -> dict[str, Any]:
    """Describe an outcome: the reply, the requests to COS, the objects and dead letters there."""
    objects = {key: json.loads(cos.get(BUCKET, key).body) for key in cos.keys(BUCKET)}
    dead_letters = {key: each for key, each in objects.items() if key.startswith(_DEAD_LETTERS)}
    text = reply["body"]
    for key in dead_letters:
        text = text.replace(key, "<dead letter>")
    answer = {name: value for name, value in json.loads(text).items() if name != "request_id"}
    return {
        "status": reply["statusCode"],
        "body": answer,
        "requests": [request.method for request in cos.requests],
        "objects": {key: each for key, each in objects.items() if key not in dead_letters},
        "dead_letters": [{"reason": each["reason"], "jobs": each["jobs"]} for each in dead_letters.values()],
    }


def _events(entry: Entry) -> Iterator[tuple[str, Any]]:
    """Yield the Tag's events by name, with one item in every list."""
    order = Order(entry, bucket=BUCKET, region=REGION)
    yield f"{entry.tag}-json", generated.make(order, "json")
    if not wire.is_review(entry):
        yield f"{entry.tag}-xml", generated.make(order, "xml")
        if entry.is_job:  # of runs and virus scans CI's native JSON is unknown
            yield f"{entry.tag}-native", generated.make(order, "json", native=True)
        return
    if wire.has_simple_form(entry):
        yield f"{entry.tag}-simple", generated.make(replace(order, simple=True), "json")
    if entry.tag == reviews.LIVE:
        live = replace(order, state=reviews.LIVE_STATE)
        yield f"{entry.tag}-live", generated.make(live, "json", live=True)
        yield f"{entry.tag}-live-simple", generated.make(replace(live, simple=True), "json", live=True)


def _observed(event: Any) -> dict[str, Any]:
    from ci_callback.function import Function  # noqa: PLC0415 - it reads the shapes, which may just be regenerated

    environ = {
        "BUCKETS": f"{BUCKET}/{REGION}",
        "CALLBACK_TOKENS": TOKEN,
        "TENCENTCLOUD_SECRETID": CREDENTIALS.secret_id,
        "TENCENTCLOUD_SECRETKEY": CREDENTIALS.secret_key,
        "TENCENTCLOUD_SESSIONTOKEN": CREDENTIALS.token,
    }
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos, contextlib.redirect_stdout(io.StringIO()):
        reply = Function({**environ, "COS_ENDPOINT": cos.address}).handle(event, {"time_limit_in_ms": 30_000})
        return observe(reply, cos)


def _text(value: Any) -> str:
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n"
