"""Callback bodies of any size: transcripts, the largest bodies that CI sends."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Literal

from local.defaults import BUCKET, REGION, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

Format = Literal["xml", "json"]

OBJECT = "input/talk.mp3"
_WORDS = ("今天", "天气", "hello", "world", "很", "好", "我们", "去", "公园", "散步")
_WORDS_A_SENTENCE = 20
_SAMPLE = 10_000  # words


def transcript(size: int, form: Format) -> str:
    """Make a SpeechRecognition callback of about this many bytes in UTF-8; 5 MB of XML hold over 20,000 words."""
    empty, sample = (len(_text(_callback(_sentences(words)), form).encode()) for words in (0, _SAMPLE))
    return _text(_callback(_sentences(round((size - empty) / (sample - empty) * _SAMPLE))), form)


def words_in(text: str) -> int:
    """Count the words of a transcript."""
    return text.count("OffsetStartMs") // (2 if text.startswith("<") else 1)


def event(body: str) -> dict[str, Any]:
    """Wrap a body in an event of the function URL."""
    headers = {"content-type": "application/xml", "user-agent": "Go-http-client/1.1"}
    return {"httpMethod": "POST", "path": f"/{TOKEN}", "headers": headers, "queryString": {}, "body": body}


def _callback(sentences: list[dict[str, Any]]) -> dict[str, Any]:
    result = {"AudioTime": "3600.5", "ResultDetail": sentences}
    return {
        "EventName": "TaskFinish",
        "JobsDetail": {
            "Code": "Success",
            "CreationTime": "2025-03-01T09:00:01+0800",
            "EndTime": "2025-03-01T09:00:09+0800",
            "Input": {"BucketId": BUCKET, "Object": OBJECT, "Region": REGION},
            "JobId": "s0123456789abcdef0123456789abcdef",
            "Operation": {"JobLevel": "0", "SpeechRecognitionResult": result, "UserData": "bench"},
            "QueueId": "p0123456789abcdef0123456789abcdef",
            "StartTime": "2025-03-01T09:00:02+0800",
            "State": "Success",
            "Tag": "SpeechRecognition",
        },
    }


def _sentences(words: int) -> list[dict[str, Any]]:
    recognised = _words(words)
    sentences = []
    while chunk := list(itertools.islice(recognised, _WORDS_A_SENTENCE)):
        texts = [word["Word"] for word in chunk]
        sentences.append(
            {
                "EndMs": chunk[-1]["OffsetEndMs"],
                "FinalSentence": "".join(texts),
                "SliceSentence": " ".join(texts),
                "SpeakerId": "0",
                "SpeechSpeed": "2.4",
                "StartMs": chunk[0]["OffsetStartMs"],
                "Words": chunk,
            }
        )
    return sentences


def _words(count: int) -> Iterator[dict[str, str]]:
    for at, word in zip(range(count), itertools.cycle(_WORDS)):
        yield {
            "OffsetEndMs": str(at * 180 + 170),
            "OffsetStartMs": str(at * 180),
            "VoiceType": "0",
            "Word": word,
        }


def _text(callback: dict[str, Any], form: Format) -> str:
    return json.dumps(callback, ensure_ascii=False) if form == "json" else "\n".join(_lines("Response", callback, 0))


def _lines(name: str, value: Any, depth: int) -> Iterator[str]:
    """Yield an element's lines, indented as CI indents them."""
    indent = "  " * depth
    if isinstance(value, list):
        for item in value:
            yield from _lines(name, item, depth)
    elif isinstance(value, dict):
        yield f"{indent}<{name}>"
        for child, inner in value.items():
            yield from _lines(child, inner, depth + 1)
        yield f"{indent}</{name}>"
    else:
        yield f"{indent}<{name}>{value}</{name}>"
