"""Generated SCF events: a callback for any Tag and State, in any format, through any trigger, valid or malformed."""

from __future__ import annotations

import bisect
import functools
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from local.defaults import TOKEN
from local.events import mutations, reviews
from local.http.message import Request
from local.json_text import parsed
from local.scf.trigger import apigw_event, function_url_event
from models import introspect
from models import wire as body
from models.catalog import catalog, find
from terminal.user_error import UserError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.events.reviews import Verdict
    from models.catalog import Entry
    from models.wire import Format, Order, Tree

TriggerKind = Literal["function-url", "apigw", "invoke", "cmq", "ckafka"]
TRIGGERS: tuple[TriggerKind, ...] = get_args(TriggerKind)
_WITH_REQUEST = ("function-url", "apigw")

_CLIENT = "203.0.113.24"
_TOPIC = "ci-done"
_MOST_FIELDS = 500_000  # about 6 MB, SCF's limit
_T = TypeVar("_T")


class BadOrderError(UserError):
    """The event cannot be generated."""


def entry_of(tag: str) -> Entry:
    """Return the Tag's entry; raise BadOrderError."""
    if entry := find(tag):
        return entry
    hint = nearest(tag, catalog()) or "docs/results.md lists those there are."
    raise BadOrderError(f"there is no Tag {tag!r}: {hint}")


def make(  # noqa: PLR0913  # the options of the command line
    order: Order,
    form: Format,
    trigger: TriggerKind = "function-url",
    *,
    mutate: Sequence[str] = (),
    array: bool = False,
    wrapped: bool = False,
    native: bool = False,
    result: Verdict | None = None,
    live: bool = False,
) -> Any:
    """Generate the event with a callback; the same order gives the same event. Raise BadOrderError."""
    options = {"array": array, "wrapped": wrapped, "native": native, "result": result, "live": live}
    if problem := _problem(order, form, {name for name, value in options.items() if value}) or _size_problem(order):
        raise BadOrderError(problem)
    tree = _mutated(_tree(order, result, live=live), mutate, mutations.OF_TREE)
    is_native = native or body.is_review(order.entry)
    text = _text(order, form, tree, array=array, wrapped=wrapped, native=is_native)
    text = _mutated(text, mutate, mutations.OF_TEXT)
    if trigger in _WITH_REQUEST:
        request = _mutated(_request(order, form, text), mutate, mutations.OF_REQUEST)
        return _of_request(order, trigger, request)
    for name in mutations.OF_REQUEST.keys() & mutate:
        raise BadOrderError(f"{name} needs an HTTP request: take --trigger function-url or apigw.")
    return _of_invoke(form, text) if trigger == "invoke" else _of_queue(order, trigger, text)


def _problem(order: Order, form: Format, options: set[str]) -> str:
    """Return the reason why CI posts no such callback, or ""."""
    tag, is_review = order.entry.tag, body.is_review(order.entry)
    json_options = options & {"array", "wrapped", "native"}
    for is_wrong, problem in (
        (form == "xml" and json_options, "--array, --wrapped and --native are forms of JSON: take --format json."),
        (form == "xml" and is_review, f"CI posts {tag} as JSON alone: take --format json."),
        (json_options >= {"wrapped", "native"}, "native JSON is never wrapped: leave --wrapped out."),
        (order.simple and not body.has_simple_form(order.entry), f"{tag} has no Simple form: leave --simple out."),
        ("result" in options and not is_review, f"{tag} is not a review: leave --result out."),
        ("live" in options and tag != reviews.LIVE, f"{tag} has no live streams: take --tag {reviews.LIVE}."),
    ):
        if is_wrong:
            return problem
    return ""


def _size_problem(order: Order) -> str:
    fields = functools.partial(introspect.leaves, order.entry.model)
    if fields(order.items) <= _MOST_FIELDS:
        return ""
    most = bisect.bisect_right(range(_MOST_FIELDS), _MOST_FIELDS, key=fields) - 1
    return f"that would be {fields(order.items):,} fields, more than an event holds: take --items {most} at most."


def _tree(order: Order, result: Verdict | None, *, live: bool) -> Tree:
    # Each segment of a live review has findings, in every State.
    tree = body.callback(replace(order, state="Success") if live else order)
    if live:
        tree = reviews.as_live(tree, order.state)
    return reviews.with_verdict(tree, result) if result else tree


def _mutated(value: _T, names: Sequence[str], table: Mapping[str, Callable[[_T], _T]]) -> _T:
    """Apply those of the named mutations that are in the table."""
    for name in [each for each in names if each in table]:
        before, value = value, table[name](value)
        if repr(before) == repr(value):  # not equality: the order of fields counts
            raise BadOrderError(f"{name} changes nothing in this callback: leave it out.")
    return value


def _text(  # noqa: PLR0913  # the options of the command line
    order: Order, form: Format, tree: Tree, *, array: bool, wrapped: bool, native: bool
) -> str:
    if form == "xml":
        return body.as_xml(tree)
    if native:
        return body.as_native_json(order.entry, tree, array=array or not body.is_review(order.entry))
    return body.as_json(tree, array=array, wrapped=wrapped)


def _request(order: Order, form: Format, text: str) -> Request:
    content = text.encode()
    version = "Simple" if order.simple else "Detail"
    headers = (
        ("User-Agent", "Go-http-client/1.1"),
        ("Content-Length", str(len(content))),
        ("Content-Type", f"application/{form}"),
        *((("X-Ci-Content-Version", version),) if body.is_review(order.entry) else ()),
        ("Accept-Encoding", "gzip"),
    )
    return Request("POST", f"/{TOKEN}", headers, content, client=_CLIENT)


def _of_request(order: Order, trigger: TriggerKind, request: Request) -> Any:
    if trigger == "function-url":
        return function_url_event(request)
    event = apigw_event(request)
    event["headers"]["x-api-requestid"] = hashlib.sha256(f"{order.seed} {order.entry.tag}".encode()).hexdigest()[:32]
    return event


def _of_invoke(form: Format, text: str) -> Any:
    """Return the callback object itself, or an object with the text if it is no JSON."""
    as_text = {"body": text}
    return parsed(text, as_text) if form == "json" else as_text


def _of_queue(order: Order, trigger: TriggerKind, text: str) -> Any:
    if trigger == "ckafka":
        message = {"topic": _TOPIC, "partition": 0, "offset": order.seed, "msgKey": "None", "msgBody": text}
        return {"Records": [{"Ckafka": message}]}
    message = {
        "type": "topic",
        "topicOwner": 1250000000,
        "topicName": _TOPIC,
        "subscriptionName": "ci-callback",
        "publishTime": "2025-03-03T01:00:10Z",
        "msgId": str(order.seed),
        "requestId": str(order.seed),
        "msgTag": "",
        "msgBody": text,
    }
    return {"Records": [{"CMQ": message}]}
