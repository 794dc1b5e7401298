"""XML and JSON beyond a callback: document types, entities, numbers, duplicate names, depth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job, to_xml
from tests.support.deployment import BUCKET, OTHER_BUCKET
from tests.support.sources import RESULT

if TYPE_CHECKING:
    from tests.support.sources import Deliver, Wording


def doctype(inside: str, use: str = "&e;") -> str:
    """Return a callback with a document type; `use` replaces the job's message."""
    return f"<!DOCTYPE Response [{inside}]>{body(job(Message='here'), form='xml').replace('here', use)}"


@pytest.mark.parametrize(
    "content",
    [
        doctype('<!ENTITY e "x">'),
        doctype('<!ENTITY e SYSTEM "file:///etc/passwd">'),
        doctype('<!ENTITY e SYSTEM "http://127.0.0.1:1/">'),
        doctype('<!ENTITY e PUBLIC "p" "file:///etc/passwd">'),
        doctype('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;', "x"),
        doctype("<!ELEMENT Response ANY>", "x"),
        doctype("", "x"),
        doctype('<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;">'),
        doctype('<!ENTITY e "' + "x" * 100_000 + '">', "&e;" * 10_000),
        '<?xml version="1.0"?>\n<!-- c -->' + doctype('<!ENTITY e "x">'),
        "\ufeff" + doctype('<!ENTITY e "x">'),
        '<!DOCTYPE Response SYSTEM "http://127.0.0.1:1/x.dtd">' + body(job(), form="xml"),
    ],
    ids=range(12),
)
def test_a_document_type_is_rejected(content: str, source: Wording, deliver: Deliver) -> None:
    """No DTD, hence no entities, files or requests: the delivery is kept unread."""
    seen = deliver(source(content))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, "dtd", [])


@pytest.mark.parametrize(
    "inside",
    [
        '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
        '<?xml-stylesheet href="http://127.0.0.1:1/"?>',
        "<?php system('id') ?>",
        "<!--#include file='/etc/passwd'-->",
    ],
)
def test_xml_instructions_are_ignored(inside: str, source: Wording, deliver: Deliver) -> None:
    """Inclusions, stylesheets and instructions are no data: the result is the same without them."""
    content = body(job(Message="here"), form="xml").replace("<Message>here</Message>", f"<Message/>{inside}")
    assert deliver(source(content)).results == [RESULT]


@pytest.mark.parametrize(
    "content",
    [
        *(body(job(Progress="here")).replace('"here"', each) for each in ("9" * 5000, "1e999", "-1E+400", "-Infinity")),
        body(job(Message="here")).replace("here", "\\ud800"),
        body(job(Message="here")).replace("here", "\\udfff\\ud800"),
        body(job(here="x")).replace("here", "\\uD800"),
        body(job(Message="\ud800")),
        body(job(Message="here"), form="xml").replace("here", "&#xD800;"),
        body(job(Message="here"), form="xml").replace("here", "&#0;"),
        body(job(Message="here"), form="xml").replace("here", "\ud800"),
    ],
    ids=range(11),
)
def test_invalid_numbers_and_characters_do_no_harm(content: str, source: Wording, deliver: Deliver) -> None:
    """Numbers beyond all bounds stay text, and U+FFFD replaces half a surrogate pair, raw or escaped."""
    assert deliver(source(content)).results == [RESULT]


@pytest.mark.parametrize("number", ["9" * 4000, "1e308", "1e-999", "-0.0", "0" * 5000 + "1", "1" * 5000, "1e999999999"])
@pytest.mark.parametrize("field", ["JobLevel", "Inlier", "Progress"])
def test_a_huge_number_stays_text(field: str, number: str, source: Wording, deliver: Deliver) -> None:
    """CI sends numbers as text; one beyond the range of its type stays text."""
    operation = {"JobLevel": "0", "SoundHoundResult": {"SongList": {"Inlier": "0"}}, "Progress": "0"}
    content = json.dumps(operation).replace(f'"{field}": "0"', f'"{field}": "{number}"')
    assert deliver(source(body(job(Operation=json.loads(content))))).results == [RESULT]


def twice(name: str, first: Any, second: Any) -> str:
    """Return an object with the same name twice."""
    return f'{{"{name}":{json.dumps(first)},"{name}":{json.dumps(second)}}}'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (twice("JobsDetail", [job()], [job(Input={"BucketId": OTHER_BUCKET, "Object": "x"})]), "duplicate-name"),
        (twice("EventName", "TaskFinish", "Other"), "duplicate-name"),
        (f'{{"Response":{twice("JobsDetail", [], [job()])}}}', "duplicate-name"),
        (f'{{"JobsDetail":[{twice("JobId", "a", "b")}]}}', "duplicate-name"),
        (f'{{"JobsDetail":[{{"Input":{twice("Object", "a", "b")}}}]}}', "duplicate-name"),
        ('{"JobsDetail":[{"Input":{"\\u004fbject":"a","Object":"b"}}]}', "duplicate-name"),
        (f'{{"JobsDetail":[{{"Input":{twice("Object", "a", "b")},}}],}}', "duplicate-name"),
        (to_xml("Response", {"JobsDetail": job(JobId=["a", "b"])}), "bad-field"),
        (to_xml("Response", {"JobsDetail": job(Tag=["a", "b"])}), "bad-field"),
        (to_xml("Response", {"JobsDetail": job(Input=[{"Object": "a"}, {"Object": "b"}])}), "bad-field"),
        (to_xml("Response", {"JobsDetail": job(Input={"Object": ["a", "b"]})}), "bad-field"),
        (
            to_xml("Response", {"JobsDetail": job(Input={"BucketId": [BUCKET, OTHER_BUCKET], "Object": "x"})}),
            "bad-field",
        ),
    ],
    ids=range(12),
)
def test_duplicate_names_are_rejected(content: str, reason: str, source: Wording, deliver: Deliver) -> None:
    """Where a check and a use could see different values, the delivery is kept and not used."""
    seen = deliver(source(content))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, reason, [])


@pytest.mark.parametrize(
    "content",
    [
        '{"JobsDetail":' * 65 + "1" + "}" * 65,
        "{" + '"a":{' * 100_000,
        '{"a":' + "[" * 100_000,
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        "<a>" * 65 + "</a>" * 65,
        "<a>" * 100_000,
    ],
    ids=range(6),
)
@pytest.mark.usefixtures("no_gc")
def test_a_deeply_nested_body_is_rejected(content: str, source: Wording, deliver: Deliver) -> None:
    """Depth is bounded before any recursion; the delivery is kept whole."""
    seen = deliver(source(content))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, "too-deep", [])
