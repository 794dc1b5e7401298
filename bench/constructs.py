"""Callback bodies of any size: one for each combination of a place, a frame and a unit, in XML and JSON.

A unit is the smallest part that repeats, a frame repeats it up to a size, and a place is a callback around that.
Only the standard library is imported, since an instance of the function makes its bodies itself.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Unit = str  # "#" in it is the number of the unit, so that names can differ
_LONG = "\N{SECTION SIGN}"  # in a place: a name as long as all units together

_CHAIN = 20  # levels of a deep unit

# --- JSON: values, then what repeats inside one text ---------------------------------------------------------------

_VALUES: dict[str, Unit] = {
    "texts": '"x"',
    "empty texts": '""',
    "blank texts": r'" \n"',
    "numbers as texts": '"1.5"',
    "exponents as texts": '"1.5e3"',
    "times": '"2024-05-06 07:08:09"',
    "dashes": '"-"',
    "integers": "#",
    "fractions": "1.5",
    "exponents": "1e9",
    "infinite numbers": "1e999",
    "long integers": "9" * 300,
    "flags": "true",
    "nulls": "null",
    "empty objects": "{}",
    "empty arrays": "[]",
    "objects": '{"a":"x"}',
    "objects of many names": '{"a#":"x"}',
    "objects of many names to repair": '{"a\uffff#":1,"b\uffff#":1}',
    "objects of texts to repair": '{"a":"\x01\x01","b":"\x01\x01"}',
    "objects with secrets": '{"EncryptKey":"x","b":1}',
    "arrays": "[1]",
    "words": '{"OffsetEndMs":"170","OffsetStartMs":"#","VoiceType":"0","Word":"hello"}',
    "jobs": '{"JobId":"j#","Tag":"Transcode","State":"Success","Input":{"BucketId":"test-1234567890","Object":"o#"}}',
    "deep objects": '{"a":' * _CHAIN + "1" + "}" * _CHAIN,
    "deep arrays": "[" * _CHAIN + "1" + "]" * _CHAIN,
    "half surrogates": r'"\ud800"',
    "forbidden escapes": r'"\u0001"',
    "raw control characters": '"\x01"',
    "Chinese texts": '"\u6c49"',
    "emoji": '"\U0001f600"',
}
_CHARACTERS: dict[str, Unit] = {
    "letters": "x",
    "digits": "7",
    "spaces": " ",
    "Chinese": "\u6c49",
    "emoji": "\U0001f600",
    "escaped quotes": r"\"",
    "line breaks": r"\n",
    "forbidden escapes": r"\u0001",
    "half surrogates": r"\ud800",
    "surrogate pairs": r"\ud83d\ude00",
    "noncharacters": "\uffff",
    "raw control characters": "\x01",
    "slashes": "/",
    "dots": "../",
    "commas and brackets": ",]",
    "percents": "%41",
    "braces": "${a}",
}

_JSON_FRAMES: dict[str, tuple[str, str, str]] = {  # start, separator, end
    "an array of": ("[", ",", "]"),
    "an array with a trailing comma of": ("[", ",", ",]"),
    "an indented array of": ("[\n        ", ",\n        ", "\n]"),
    "an object of different names for": ('{"n0":', ',"n#":', "}"),
    "an object of long names for": ('{"n0":', ',"' + "n" * 60 + '#":', "}"),
    "an object of one name for": ('{"n":', ',"n":', "}"),
    "an object of result elements for": ('{"n0Result":', ',"n#Result":', "}"),
    "arrays in an array of": ("[[", "],[", "]]"),
}
_TEXT_FRAME = ('"', "", '"')

_INPUT = '"Input":{"BucketId":"test-1234567890","Object":"in/a.mp3"}'
_IDS = '"JobId":"s1","State":"Success","Code":"Success"'
_JOB = _IDS + ',"Tag":"SpeechRecognition",' + _INPUT
_TASK = '{"EventName":"TaskFinish","JobsDetail":%s}'
_SPEECH = '"Operation":{"SpeechRecognitionResult":{%s}}'


def _job(field: str, start: str = _JOB) -> str:
    return _TASK % ("{" + start + "," + field + "}")


_JSON_PLACES: dict[str, str] = {
    "the only field": '{"a":%s}',
    "the EventName": '{"EventName":%s,"JobsDetail":{' + _JOB + "}}",
    "JobsDetail": _TASK,
    "JobsDetail in a Response": '{"Response":' + _TASK + "}",
    "beside a Response": '{"Response":' + _TASK % ("{" + _JOB + "}") + ',"b":%s}',
    "beside one job": '{"EventName":"TaskFinish","a":%s,"JobsDetail":{' + _JOB + "}}",
    "beside many jobs": '{"a":%s,"JobsDetail":[' + ",".join(["{" + _JOB + "}"] * 50) + "]}",
    "WorkflowExecution": '{"EventName":"WorkflowFinish","WorkflowExecution":%s}',
    "Tasks of a run": '{"EventName":"WorkflowFinish","WorkflowExecution":{"RunId":"r","State":"Success","Tasks":%s}}',
    "the data of a review": '{"code":0,"data":%s}',
    "a field of a review": '{"code":0,"message":"ok","data":{"event":"ReviewImage","trace_id":"t","porn_info":%s}}',
    "an unknown field": _job('"Unknown":%s'),
    "an unknown Tag": _job('"Operation":{"XResult":%s}', _IDS + ',"Tag":"X",' + _INPUT),
    "the Operation": _job('"Operation":%s'),
    "the Operation of no Tag": _job('"Operation":%s', _IDS + "," + _INPUT),
    "the Output": _job('"Operation":{"Output":%s}', _IDS + ',"Tag":"Transcode",' + _INPUT),
    "the Output's Object": _job('"Operation":{"Output":{"Object":%s}}', _IDS + ',"Tag":"Transcode",' + _INPUT),
    "a list of words": _job(_SPEECH % '"ResultDetail":[{"Words":%s}]'),
    "a list of sentences": _job(_SPEECH % '"ResultDetail":%s'),
    "a list of texts": _job(_SPEECH % '"Result":%s'),
    "a number": _job(_SPEECH % '"AudioTime":%s'),
    "a text": _job(_SPEECH % '"ObjectName":%s'),
    "a flag": _job('"Operation":{"SpeechRecognition":{"FlashAsr":%s}}'),
    "a secret": _job('"Operation":{"EncryptKey":%s}'),
    "the Workflow": _job('"Workflow":%s'),
    "the Input": _job('"Operation":{}', _IDS + ',"Tag":"DNA","Input":%s'),
    "the input's Object": _job(
        '"Operation":{}', _IDS + ',"Tag":"DNA","Input":{"BucketId":"test-1234567890","Object":%s}'
    ),
    "the input's Url": _job('"Operation":{}', _IDS + ',"Tag":"DNA","Input":{"Url":%s}'),
    "the JobId": _job('"JobId":%s', '"Tag":"DNA"'),
    "the Tag": _job('"Tag":%s', '"JobId":"s1"'),
    "the EndTime": _job('"EndTime":%s'),
    "beside a long field, the jobs": '{"a":"\N{SECTION SIGN}","JobsDetail":%s}',
    "beside a long name, the jobs": '{"\N{SECTION SIGN}":1,"JobsDetail":%s}',
    "beside an array as long, the jobs": '{"a":["\N{SECTION SIGN}"],"JobsDetail":%s}',
}

# --- XML ------------------------------------------------------------------------------------------------------------

_ELEMENTS: dict[str, Unit] = {
    "elements": "<a>x</a>",
    "different elements": "<a#>x</a#>",
    "long names": "<" + "a" * 60 + "#>x</" + "a" * 60 + "#>",
    "empty elements": "<a/>",
    "blank elements": "<a>\n </a>",
    "attributes": '<a b#="x">x</a>',
    "many attributes": "<a " + " ".join(f'b{at}="x"' for at in range(50)) + ">x</a>",
    "namespaces": '<p#:a xmlns:p#="urn:u">x</p#:a>',
    "one long namespace": '<a xmlns="urn:' + "u" * 500 + '">x</a>',
    "numbers": "<a>1.5</a>",
    "times": "<a>2024-05-06T07:08:09+0800</a>",
    "items": "<a><b>#</b></a>",
    "items to repair": "<a><b>\x01\x01</b></a>",
    "deep elements": "<a>" * _CHAIN + "x" + "</a>" * _CHAIN,
    "secrets": "<EncryptKey>x</EncryptKey><b>1</b>",
    "results": "<a#Result>x</a#Result>",
    "jobs": "<JobsDetail><JobId>j#</JobId><Tag>Transcode</Tag><State>Success</State></JobsDetail>",
    "tasks": "<Tasks><Type>Transcode</Type><State>Success</State></Tasks>",
    "words": "<Words><OffsetEndMs>170</OffsetEndMs><OffsetStartMs>#</OffsetStartMs><Word>hello</Word></Words>",
    "mixed content": "<a>x</a>x",
    "comments": "<!--x-->",
    "comments between elements": "<!--x--><a>x</a>",
    "instructions": "<?a x?>",
    "white space": "\n        ",
    "broken tags": "<a></b>",
    "unclosed tags": "<a>",
}
_XML_TEXT: dict[str, Unit] = {
    **{name: unit for name, unit in _CHARACTERS.items() if "\\" not in unit},
    "references": "&#65;",
    "forbidden references": "&#1;",
    "long references": "&#x" + "0" * 40 + "41;",
    "entities": "&amp;",
    "unknown entities": "&b;",
    "sections": "<![CDATA[x]]>",
    "sections with references": "<![CDATA[&#1;]]>&#1;",
    "text between comments": "x<!--x-->",
    "references in comments": "<!--&#1;-->",
    "ends of sections": "]]>",
    "carriage returns": "\r\n",
}

_XML_JOB = "<Response><EventName>TaskFinish</EventName>{before}<JobsDetail>{job}</JobsDetail></Response>"
_XML_IDS = (
    "<JobId>s1</JobId><State>Success</State><Tag>SpeechRecognition</Tag>"
    "<Input><BucketId>test-1234567890</BucketId><Object>in/a.mp3</Object></Input>"
)
_XML_SPEECH = _XML_IDS + "<Operation><SpeechRecognitionResult>%s</SpeechRecognitionResult></Operation>"


def _xml(job: str, before: str = "") -> str:
    return _XML_JOB.format(job=job, before=before)


_XML_PLACES: dict[str, str] = {
    "the root": "<Response>%s</Response>",
    "before the root": "%s<Response/>",
    "no root": "<EventName>TaskFinish</EventName>%s",
    "before the job": _xml(_XML_IDS, "%s"),
    "beside many jobs": "<Response>%s" + f"<JobsDetail>{_XML_IDS}</JobsDetail>" * 50 + "</Response>",
    "the job": _xml(_XML_IDS + "%s"),
    "the run": "<Response><WorkflowExecution><RunId>r</RunId>%s</WorkflowExecution></Response>",
    "the Operation": _xml(_XML_IDS + "<Operation>%s</Operation>"),
    "the Input": _xml("<JobId>s1</JobId><Input>%s</Input>"),
    "the Output": _xml("<Tag>Transcode</Tag><Operation><Output>%s</Output></Operation>"),
    "the result": _xml(_XML_SPEECH),
    "a sentence": _xml(_XML_SPEECH % "<ResultDetail>%s</ResultDetail>"),
    "the Message": _xml(_XML_IDS + "<Message>%s</Message>"),
    "the Tag": _xml("<JobId>s1</JobId><Tag>%s</Tag>"),
    "the input's Object": _xml("<JobId>s1</JobId><Input><Object>%s</Object></Input>"),
    "the EndTime": _xml(_XML_IDS + "<EndTime>%s</EndTime>"),
    "a root of a long namespace": '<Response xmlns="urn:\N{SECTION SIGN}">%s</Response>',
    "a root of a long prefixed namespace": '<Response xmlns:p0="urn:\N{SECTION SIGN}">%s</Response>',
    "a root of a long name": "<\N{SECTION SIGN}>%s</\N{SECTION SIGN}>",
    "a root of a long attribute": '<Response a="\N{SECTION SIGN}">%s</Response>',
}

# --- bytes: encodings, marks, and what is no callback ---------------------------------------------------------------

_ENCODED: dict[str, tuple[str, str, str]] = {  # codec, declaration, text
    "UTF-16 with a mark": ("utf-16", "", "\u6c49"),
    "UTF-16 without a mark": ("utf-16-le", '<?xml version="1.0" encoding="UTF-16"?>', "\u6c49"),
    "GBK": ("gbk", '<?xml version="1.0" encoding="GBK"?>', "\u6c49"),
    "GB18030": ("gb18030", '<?xml version="1.0" encoding="gb18030"?>', "\U0001f600"),
    "UTF-8 with a mark": ("utf-8-sig", "", "\u6c49"),
    "an unknown encoding": ("utf-8", '<?xml version="1.0" encoding="latin-1"?>', "x"),
    "a document type": ("utf-8", "<!DOCTYPE a>", "x"),
}
_RAW: dict[str, bytes] = {
    "invalid bytes": b"\xff",
    "half surrogates in UTF-8": b"\xed\xa0\x80",
    "cut characters": b"\xe6\xb1",
    "zeros": b"\0",
    "forms": b"a=1&",
    "opening brackets": b"[",
    "opening braces": b'{"a":',
    "opening tags": b"<a>",
    "opening comments": b"<!--",
    "unclosed strings": b'"\\',
    "commas": b",",
    "quotes": b'"',
    "spaces": b" ",
    "xml declarations": b"<?xml ",
    "less-than signs": b"<",
    "numbers": b"1 ",
}
_RAW_PLACES: dict[str, tuple[bytes, bytes]] = {
    "the whole body": (b"", b""),
    "after a brace": (b"{", b""),
    "after a tag": (b"<a>", b""),
    "a text of a JSON body": ((_job('"Unknown":"')).encode(), b'"}}'),
    "a text of an XML body": (b"<Response><JobsDetail><Message>", b"</Message></JobsDetail></Response>"),
    "after a job": ((_job('"Unknown":1')).encode(), b""),
}


class Construct(NamedTuple):
    """A kind of body; `make` returns one of about so many bytes."""

    name: str
    make: Callable[[int], bytes]


def constructs() -> Iterator[Construct]:
    """Yield a construct for each unit in each place; the frames take turns."""
    frames = itertools.cycle(_JSON_FRAMES.items())
    for place, around in _JSON_PLACES.items():
        for values, unit in _VALUES.items():
            frame, form = next(frames)
            yield _construct(f"JSON: {place} is {frame} {values}", around, form, unit)
        for characters, unit in _CHARACTERS.items():
            yield _construct(f"JSON: {place} is a text of {characters}", around, _TEXT_FRAME, unit)
        yield _construct(f"JSON: {place} is one number", around, ("1", "", ""), "9")
    for place, around in _XML_PLACES.items():
        for name, unit in (*_ELEMENTS.items(), *_XML_TEXT.items()):
            yield _construct(f"XML: {place} holds {name}", around, ("", "", ""), unit)
    for name, (codec, declaration, text) in _ENCODED.items():
        around = declaration + _xml(_XML_IDS + "<Message>%s</Message>")
        yield _construct(f"XML in {name}", around, ("", "", ""), text, codec)
    for place, (start, end) in _RAW_PLACES.items():
        for name, raw in _RAW.items():
            yield Construct(f"bytes: {place} is {name}", _repeat(start, raw, end))


def _construct(name: str, around: str, frame: tuple[str, str, str], unit: Unit, codec: str = "utf-8") -> Construct:
    start, separator, end = frame

    def make(size: int) -> bytes:
        before, after = around.split("%s")
        share = size // 2 if _LONG in around else size
        inner = f"{before}{start}{_repeated(unit, separator, share)}{end}{after}"
        return inner.replace(_LONG, "n" * share).encode(codec, "replace")

    return Construct(name, make)


def _repeated(unit: Unit, separator: str, size: int) -> str:
    """Repeat a unit up to about so many bytes, its numbers and those of its separator counted."""
    both = unit + separator
    length = len(both.encode()) + 4 * both.count("#")
    count = max(2, size // length)
    if "#" not in both:
        return separator.join([unit] * count)
    parts = (f"{separator if at else ''}{unit}".replace("#", str(at)) for at in range(count))
    return "".join(parts)


def _repeat(start: bytes, unit: bytes, end: bytes) -> Callable[[int], bytes]:
    return lambda size: start + unit * (size // len(unit)) + end
