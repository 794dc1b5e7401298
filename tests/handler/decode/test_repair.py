"""Characters that XML forbids, invalid bytes and the white space of indented XML."""

from __future__ import annotations

import json
import re
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback.decode.encoding import decode
from ci_callback.decode.job import Callback
from ci_callback.decode.tree import parse, read
from tests.support.bodies import body, job, to_xml
from tests.support.decoded import document, only_job
from tests.support.decoded import read as decoded

if TYPE_CHECKING:
    from tests.support.bodies import Format
    from tests.support.deployment import Deployment

XML = "<R><A>%s</A></R>"
JSON = '{"R":{"A":"%s"}}'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (XML % "a\x0bb", "a\ufffdb"),
        (XML % "a\x00\x01b", "a\ufffd\ufffdb"),
        (XML % "a\uffffb", "a\ufffdb"),
        (XML % "a&#x8;b", "a\ufffdb"),
        (XML % "a&#0012;b&#x000000041;", "a\ufffdbA"),
        (XML % "a&#xDFFF;b", "a\ufffdb"),
        (XML % "a&#99999999999999999999;b", "a\ufffdb"),
        (XML % "\x01<![CDATA[&#1;<!--]]>&#1;<!--&#1;-->&#9;]]&gt;", "\ufffd&#1;<!--\ufffd\t]]>"),
        (f"\x00{XML}\x00\x00" % "a", "a"),
        ("<R>\x02<A>a</A>\n\x03</R>", "a"),
        (JSON % "a\\u0008b", "a\ufffdb"),
        (JSON % "a\\b\\fb", "a\ufffd\ufffdb"),
        (JSON % "a\x0bb", "a\ufffdb"),
        (JSON % "a\\ud83d", "a\ufffd"),
        (JSON % "a\\udc00\\ud83d\\ude00", "a\ufffd\U0001f600"),
        (JSON % "a\ufffe\\\\u0001", "a\ufffd\\u0001"),
        (JSON % "a\\uFFFFb", "a\ufffdb"),
        (f"{JSON % 'a'}\x00", "a"),
        ('{"R":{"A":"a","\\u0001":["\\u0000",1,true,null]}}', "a"),
    ],
)
def test_forbidden_characters_become_the_replacement_character(content: str, text: str) -> None:
    """One character never costs a result: U+FFFD is in its place, and the body is marked."""
    assert parse(content).tree["R"]["A"] == text
    assert parse(content).repaired


@pytest.mark.parametrize(
    "content",
    [XML % "a\ufffd\x7f\x85\t&#xFFFD;&#10;", JSON % "a\ufffd\\ufffd\\n\\ud83d\\ude00\x7f", '{"a":"b",}', JSON % "a\tb"],
)
def test_a_body_of_legal_characters_is_not_marked(content: str) -> None:
    """The replacement character itself, escapes and pairs of surrogates are as good as any."""
    assert not parse(content).repaired


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"a":"b\xff\xc3"}', "b\ufffd\ufffd"),
        (b"<a>b\xed\xa0\x80\xe5\xaf</a>", "b\ufffd\ufffd"),
        (b'<?xml version="1.0" encoding="GBK"?><a>\xba\xa3\xff</a>', "海\ufffd"),
        ("<a>b</a>".encode("utf-16") + b"\x00", "b"),
        (b'\xff{"a":"b"}', "b"),
    ],
)
def test_invalid_bytes_become_the_replacement_character(content: bytes, text: str) -> None:
    """Bytes that the encoding does not know are replaced, half a surrogate pair by one character."""
    assert read(content, is_text=False) == ({"a": text}, True)


@pytest.mark.parametrize(
    ("unit", "replaced"), [(b"\xed\xa0\x80", "\ufffd"), (b"\xed\xa0\x80x", "\ufffdx"), (b"\xff", "\ufffd")]
)
def test_invalid_bytes_need_bounded_memory(unit: bytes, replaced: str) -> None:
    """However many are replaced; no half pair is cut in two."""
    content = unit * 300_000
    tracemalloc.start()
    text = decode(content, is_text=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert text == (replaced * 300_000, True)
    assert peak < 8_000_000 + 4 * len(content)


@pytest.mark.parametrize("item", ['"\x01%d"', '{"a":"\x01%d"}', '{"a\x01":"%d","b":[1]}'])
def test_repair_takes_no_second_tree(item: str) -> None:
    """A tree is repaired in place: texts that all need it may fill most of the memory."""
    count = 5000
    content = '{"a":[' + ",".join(item % at for at in range(count)) + "]}"
    tracemalloc.start()
    tree = parse(content).tree
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(tree["a"]) == count
    assert peak < 1.5 * size


@pytest.mark.parametrize(
    "number", ["NaN", "1e999", "9" * 5000, "1." + "1" * 401, "-1e16", "123456789012345678.5"], ids=range(6)
)
def test_json_numbers_beyond_the_exact_range_stay_text(number: str) -> None:
    """One digit too many never costs a result; a native number keeps its digits, as its text in XML does."""
    assert parse(f'{{"a":{number},"b":12}}').tree == {"a": number, "b": 12}


@given(st.text(st.characters(exclude_characters="\r")))
def test_xml_and_json_repair_the_same_characters(text: str) -> None:
    """Any text, half surrogates included, is the same in both formats."""
    one = job(Operation={"UserData": text, "New": [f"{text}a", "x"]})
    xml = decoded(body(one, form="xml").encode("utf-8", "surrogatepass"))
    from_json = decoded(body(one))
    assert isinstance(xml, Callback)
    assert isinstance(from_json, Callback)
    assert xml.jobs[0].document == from_json.jobs[0].document
    assert xml.jobs[0].repaired == from_json.jobs[0].repaired


def test_only_a_job_with_a_replaced_character_is_marked() -> None:
    """Its neighbours in the body are whole."""
    callback = decoded(body(job(Message="a\x01"), job()))
    assert isinstance(callback, Callback)
    assert [one.repaired for one in callback.jobs] == [True, False]


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_repaired_result_is_logged_as_such(
    form: Format, deployed: Deployment, capfd: pytest.CaptureFixture[str]
) -> None:
    """The result is written, and the log has a field that lets it be found."""
    assert deployed.post(body(job(Message="a\x01b"), form=form)).outcomes == ["written"]
    assert deployed.result("audio/song.mp3.SoundHound.json")["Message"] == "a\ufffdb"
    assert json.loads(capfd.readouterr().out)["repaired"] == 1


def test_a_key_with_a_replaced_character_names_no_object(deployed: Deployment) -> None:
    """It is not the key of the input, and perhaps that of two."""
    answer = deployed.post(body(job(Input={"BucketId": "test-1234567890", "Object": "a\x01b"})))
    assert not any("\ufffd" in key for key in deployed.listing())
    assert answer.status == 200


# --- white space --------------------------------------------------------------------------------------------------


_LEAVES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
_NAMES = st.from_regex(r"[A-Z][a-z]{0,4}", fullmatch=True)
_TREES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner), max_leaves=9)


@given(st.dictionaries(st.sampled_from(["UserData", "SoundHoundResult", "New"]), _TREES), st.data())
def test_indented_xml_gives_the_bytes_of_compact_xml(operation: dict[str, Any], data: st.DataObject) -> None:
    """White space between elements, and a line break alone in one, is no data."""
    compact = body(job(Operation=operation, Message=data.draw(_LEAVES)), form="xml")
    space = st.from_regex(r"(\r\n|\n)[ \t]{0,4}", fullmatch=True)

    expanded = re.sub(r"<([A-Za-z]+)/>", r"<\1></\1>", compact)
    indented = re.sub("><", lambda _: f">{data.draw(space)}<", expanded)
    assert only_job(indented).document == only_job(compact).document


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\n", None),
        (" \r\n\t", None),
        ("\r", None),
        (" ", " "),
        ("\t", "\t"),
        ("\n x\n", "\n x\n"),
        ("\n\xa0", "\n\xa0"),
    ],
)
def test_white_space_with_a_line_break_is_empty(text: str, kept: str | None) -> None:
    """An element of white space and a line break is an empty one that was indented, in JSON as in XML."""
    in_json = document(only_job(body(job(Message=text, Operation={"UserData": text, "New": [text, {"A": text}]}))))
    assert in_json["Message"] == (kept or "")
    assert in_json.get("Operation", {}).get("UserData") == kept
    if "\r" not in text:  # XML has no other line break than this
        sent = {"EventName": "TaskFinish", "JobsDetail": job(Message=text, Operation={"UserData": text})}
        in_xml = document(only_job(to_xml("Response", sent)))
        assert in_xml.get("Operation", {}).get("UserData") == kept
