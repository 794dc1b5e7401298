"""Bytes to tree: encodings, the syntax of JSON and XML, its bounds and tolerances."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given

from ci_callback.decode.envelope import Rejection
from ci_callback.decode.tree import parse
from tests.support.bodies import JSON_VALUES, body, job, to_xml
from tests.support.decoded import only_job, read

GBK = '<?xml version="1.0" encoding="{}"?>' + to_xml("Response", {"JobsDetail": job(Message="海边的歌")})


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + body(job(Message="海边的歌")).encode(),
        body(job(Message="海边的歌")).encode("utf-16"),
        body(job(Message="海边的歌"), form="xml").encode("utf-16"),
        GBK.format("utf-16").encode("utf-16-le"),
        GBK.format("utf-16").encode("utf-16-be"),
        GBK.format("UTF-16").encode(),
        GBK.format("GBK").encode("gbk"),
        GBK.format("gb18030").encode("gb18030"),
        GBK.format("utf-8").encode(),
    ],
)
def test_encodings_are_read(content: bytes) -> None:
    """A byte order mark decides, else the XML declaration, else it is UTF-8."""
    assert only_job(content).fields["Message"] == "海边的歌"


def test_text_from_the_trigger_is_not_decoded_twice() -> None:
    """Text in an event has been decoded already, despite its XML declaration."""
    assert only_job(GBK.format("GBK")).fields["Message"] == "海边的歌"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty-body"),
        (b" \r\n", "empty-body"),
        (b"EventName=TaskFinish", "not-xml-or-json"),
        (b'["TaskFinish"]', "not-xml-or-json"),
        (b"\xff\xfe\x00", "not-xml-or-json"),
        (b"{\xff}", "bad-json"),
        (b'<?xml version="1.0" encoding="koi8-r"?><a/>', "unknown-encoding"),
        (b'{"a":1', "bad-json"),
        (b'{"a":[,]}', "bad-json"),
        (b'{"a":[1,,]}', "bad-json"),
        (b'{"a":1,"a":2}', "duplicate-name"),
        (b'{"a\\u0000":1,"a\\u0001":2}', "duplicate-name"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too-deep"),
        (b'{"a":' + b"[" * 65 + b"1" + b"]" * 65 + b"}", "too-deep"),
        (b'{"a":' * 60_000, "too-deep"),
        (b'{"a":[' + b"1," * 700_001 + b"1]}", "too-many-values"),
        (b'{"a":[' + b"{}," * 200_001 + b"1]}", "too-many-values"),
        (b'{"a":[' + b'{"b":1,"c":1},' * 140_001 + b"1]}", "too-many-values"),
        (b"<a>", "bad-xml"),
        (b"<a/><b/>", "bad-xml"),
        (b"<a\x00/>", "bad-xml"),
        (b"<a>\x00", "bad-xml"),
        (b"<a>&b;</a>", "bad-xml"),
        (b"<a>" * 65, "too-deep"),
        (b"<a/>" * 700_001, "too-many-values"),
        (b"{%s}" % b",".join(b'"n%d":1' % at for at in range(10_001)), "too-many-values"),
        (b"<a>%s</a>" % b"".join(b"<n%d>1</n%d>" % (at, at) for at in range(10_001)), "too-many-values"),
        (b'{"a":["\xf0\x9f\x98\x80\1%s",%s1]}' % (b"a" * 2_000_000, b"1," * 600_000), "too-many-values"),
        (b"<a>text<b/></a>", "mixed-content"),
        (b"<a><b/>text</a>", "mixed-content"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "dtd"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "dtd"),
        (b'{"Response":"x"}', "not-an-object"),
        (b'{"JobsDetail":["x"]}', "not-an-object"),
        (b'{"JobsDetail":{"State":["a","b"]}}', "bad-field"),
        (b'{"JobsDetail":{"Input":"text"}}', "bad-field"),
        (b'{"JobsDetail":{"Operation":"text"}}', "bad-field"),
        (b'{"EventName":["TaskFinish","x"],"JobsDetail":{}}', "bad-field"),
        (b'{"JobsDetail":{"Tag":"' + b"x" * 257 + b'"}}', "bad-field"),
        (b'{"JobsDetail":{"Tag":{"a":"b"},"Operation":{"c":"d"}}}', "bad-field"),
    ],
)
@pytest.mark.usefixtures("no_gc")
def test_unreadable_bodies_are_rejected_with_a_reason(content: bytes, reason: str) -> None:
    """Each rule a body can break has a reason of its own, and one sentence."""
    rejection = read(content, is_text=False)
    assert isinstance(rejection, Rejection)
    assert rejection.reason == reason
    assert 10 < len(rejection.detail) < 400


@pytest.mark.parametrize(
    ("around", "unit"), [('{"a":[%s]}', '{"n%d":1}'), ("<a>%s</a>", "<n%d/>")], ids=["json", "xml"]
)
def test_body_of_too_many_different_names_is_rejected(around: str, unit: str) -> None:
    """Each takes memory that a name which repeats does not."""
    separator = "," if "{" in unit else ""

    def of_names(different: int) -> bytes:
        return (around % separator.join(unit % (at % different) for at in range(20_001))).encode()

    assert not isinstance(read(of_names(19_999)), Rejection)  # with that of the outer element as many as are taken
    rejection = read(of_names(20_000))
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, "20,000 different names" in rejection.detail) == ("too-many-values", True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", 340_000),
        ("\U0001f600" + "a" * 4_000_000, 270_000),
        ("\U0001f600\1" + "a" * 2_500_000, 230_000),
    ],
    ids=["names", "names and an emoji", "names and an emoji to repair"],
)
def test_body_of_too_many_names_is_rejected(text: str, names: int) -> None:
    """An emoji makes the text four times as large as the body, and a repair has two texts."""
    rejection = read(('{"a":"' + text + '",' + '"b":1,' * names + '"c":1}').encode())
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.detail[:39]) == ("too-many-values", "The body holds too many names or values")


@pytest.mark.parametrize(
    ("content", "strict"),
    [
        ('{"a":[1 , ] ,\n}', '{"a":[1]}'),
        ('{"a":["x,]",],}', '{"a":["x,]"]}'),
        ('{"a":"\\\\",}', '{"a":"\\\\"}'),
        ('{"a":"\\",}",}', '{"a":"\\",}"}'),
    ],
)
def test_trailing_commas_are_accepted_and_texts_unchanged(content: str, strict: str) -> None:
    """CI's published JSON has trailing commas; a comma inside a text is no trailing comma."""
    assert parse(content).tree == json.loads(strict)


@given(JSON_VALUES)
def test_a_trailing_comma_anywhere_changes_nothing(value: Any) -> None:
    """JSON with a comma after every last item reads as the JSON without."""
    strict = json.dumps({"value": value}, indent=1)
    tolerant = re.sub(r"(?<=[^\[{,\s])\n(?=\s*[}\]])", ",\n", strict)
    assert parse(tolerant) == parse(strict)


def test_namespaces_attributes_and_comments_are_dropped() -> None:
    """Names count without their namespace; attributes, comments and instructions are no data."""
    inner = '<!-- c --><?p i?><JobsDetail a="b"><Tag>T</Tag></JobsDetail>'
    content = f'<?xml version="1.0"?><r:Response xmlns:r="urn:x">{inner}</r:Response>'
    assert only_job(content).tag == "T"


def test_prefix_without_a_namespace_is_dropped() -> None:
    """Namespaces are not resolved: expat would build the whole URI again for each tag."""
    assert only_job("<r:Response><r:JobsDetail><Tag>T</Tag></r:JobsDetail></r:Response>").tag == "T"


@pytest.mark.parametrize(("digits", "kept"), [(400, int), (401, str), (5000, str)])
def test_integer_of_many_digits_stays_text(digits: int, kept: type) -> None:
    """Converting it would take quadratic time, where Python does not refuse."""
    assert type(parse(f'{{"a":{"9" * digits}}}').tree["a"]) is kept


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('{"b":[[{}],[0,[""]],null],"a":false}', '{"a": false, "b": [[0]]}'),
        ('{"b":{"d":1,"c":""},"a":[[[]]]}', '{"b": {"d": 1}}'),
    ],
)
def test_empty_values_are_left_out_at_any_depth(text: str, tree: str) -> None:
    """Names are in order; zero and false are values."""
    assert json.dumps(parse(text).tree) == tree
