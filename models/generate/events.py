"""events/tags/: a callback for each Tag as SCF event, in XML and in JSON, and beside it what it must lead to.

The events are made of the models alone. What they lead to is recorded from the function itself: whoever runs
`make generate` reads the difference before it is committed, and the tests hold the function, the schemas and the
models to it from then on.
"""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.cloud import BUCKET, CREDENTIALS, REGION, TOKEN
from local.cos.server import LocalCos
from local.events import generated
from models import wire as body
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from models.catalog import Entry

FOLDER = "events/tags"
_LETTERS = "ci-callback/dead-letter/"
_FORMS = ("-xml", "-json")


def write(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return the text of every event under its path in the project."""
    return {f"{FOLDER}/{name}.json": _text(event) for entry in entries.values() for name, event in _events(entry)}


def write_expected(events: Mapping[str, str], tell: Callable[[int, int], None] = lambda *_: None) -> dict[str, str]:
    """Return what each event leads to, under its path; both formats of a Tag lead to the same.

    `tell` is told how many of how many are done.
    """
    first: dict[str, str] = {}
    for path, text in events.items():
        first.setdefault(expected_path(path), text)
    expected = {}
    for done, (path, text) in enumerate(first.items()):
        tell(done, len(first))
        expected[path] = _text(_observed(json.loads(text)))
    tell(len(first), len(first))
    return expected


def expected_path(path: str) -> str:
    """Return where it stands what an event leads to: `X.expected.json` for `X-xml.json` and `X-json.json`."""
    name = path.removesuffix(".json")
    for form in _FORMS:
        name = name.removesuffix(form)
    return f"{name}.expected.json"


def observe(reply: Mapping[str, Any], cos: LocalCos) -> dict[str, Any]:
    """Return what came of an event: the reply, the requests to COS, the objects and the dead letters there."""
    objects = {key: json.loads(cos.get(BUCKET, key).body) for key in cos.keys(BUCKET)}
    letters = {key: each for key, each in objects.items() if key.startswith(_LETTERS)}
    text = reply["body"]
    for key in letters:
        text = text.replace(key, "<dead letter>")
    answer = {name: value for name, value in json.loads(text).items() if name != "request_id"}
    return {
        "status": reply["statusCode"],
        "body": answer,
        "requests": [request.method for request in cos.requests],
        "objects": {key: each for key, each in objects.items() if key not in letters},
        "dead_letters": [{"reason": each["reason"], "jobs": each["jobs"]} for each in letters.values()],
    }


def _events(entry: Entry) -> Iterator[tuple[str, Any]]:
    """Yield the Tag's events by name; lists have one item, which JSON has as the item itself."""
    order = Order(entry, bucket=BUCKET, region=REGION)
    if body.is_review(entry):
        yield f"{entry.tag}-json", generated.make(order, "json")
        if body.has_simple_form(entry):
            yield f"{entry.tag}-simple", generated.make(replace(order, simple=True), "json")
        return
    yield f"{entry.tag}-xml", generated.make(order, "xml")
    yield f"{entry.tag}-json", generated.make(order, "json")


def _observed(event: Any) -> dict[str, Any]:
    # here, because these modules read the shapes that were only just written
    from ci_callback.function import Function  # noqa: PLC0415

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
