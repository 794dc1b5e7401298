"""Submitted reviews and virus scans: each ends after a moment, is recorded for look-ups, and is called back once.

    POST /image/auditing    document 436/63593; /video/ 436/47316, /document/ 436/59378, and the other kinds
    POST /virus/detect      document 436/50132

The verdict is that of the models' samples. Open: the form of a callback where a request names none (here: Detail for
pictures, documents and pages, Simple for the others, as the SDK's documentation has it), and that of a virus scan's.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from local.ci import callbacks
from local.ci.jobs import ci_time
from local.ci.queues import check_url
from local.ci.request_body import invalid, part, parts, read, text
from local.http.xml import xml_response
from models import wire
from models.catalog import catalog
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.ci.others import Kind, Others
    from local.ci.request_body import Tree
    from local.ci.worker import Worker
    from local.http.message import Response
    from models.catalog import Entry

_DETAIL_BY_DEFAULT = {"ReviewImage", "ReviewDocument", "ReviewHtml"}


@functools.cache
def entries() -> dict[str, Entry]:
    """Return the entries of reviews and virus scans, by the path to which they are submitted."""
    return {entry.api: entry for entry in catalog().values() if entry.api.endswith(("/auditing", "/detect"))}


class Reviews:
    """Takes the reviews of one local cloud; `others` answers look-ups, `worker` has the time and the threads."""

    def __init__(self, others: Others, worker: Worker, clock: Callable[[], float]) -> None:
        self._others = others
        self._worker = worker
        self._clock = clock
        self._seeds = itertools.count(1)

    def submit(self, content: bytes, path: str, bucket: str, region: str) -> Response:
        """Start the reviews of a request, all or none, and answer it; raise ServiceError."""
        entry, asked = entries()[path], read(content)
        conf, inputs = part(asked, "Conf"), parts(asked, "Input")
        url, version = text(conf, "Callback"), text(conf, "CallbackVersion", ("Simple", "Detail"))
        if url:
            check_url("Conf.Callback", url)
        if not inputs or not all(_input(each) for each in inputs):
            raise invalid("Each Input needs an Object, a Url or a Content.")
        is_simple = (version or ("Detail" if entry.tag in _DETAIL_BY_DEFAULT else "Simple")) == "Simple"
        is_simple = is_simple and wire.has_simple_form(entry)
        orders = [
            Order(entry, seed=next(self._seeds), object=text(each, "Object"), bucket=bucket, region=region)
            for each in inputs
        ]
        details = [_detail(order, each) for order, each in zip(orders, inputs, strict=True)]
        for order, detail in zip(orders, details, strict=True):
            body = _simple_body(order) if is_simple else _detail_body(entry, detail)
            self._worker.later(functools.partial(self._end, cast("Kind", path), bucket, detail, url, body))
        begun = {"State": "Submitted", "CreationTime": ci_time(self._clock())}
        answers = [
            {"JobId": each["JobId"], **begun, **_input(given)} for each, given in zip(details, inputs, strict=True)
        ]
        return xml_response("Response", {"JobsDetail": answers, "RequestId": "local"})

    def _end(self, kind: Kind, bucket: str, detail: Tree, url: str, body: bytes) -> None:
        self._others.add(bucket, kind, detail)
        if url:
            callbacks.post(url, "native", body)


def _input(given: Tree) -> Tree:
    return {name: value for name in ("Object", "Url", "Content", "DataId") if (value := text(given, name))}


def _detail(order: Order, given: Tree) -> Tree:
    detail: dict[str, Any] = wire.callback(order)["JobsDetail"][0]
    named = _input(given)
    return {**{name: value for name, value in detail.items() if name != "Object"}, **named}


def _detail_body(entry: Entry, detail: Tree) -> bytes:
    event = {"EventName": entry.tag} if wire.is_review(entry) else {}
    return wire.as_native_json(entry, {**event, "JobsDetail": [detail]}).encode()


def _simple_body(order: Order) -> bytes:
    return wire.as_native_json(order.entry, wire.callback(replace(order, simple=True))).encode()
