"""The fields of random jobs for each Tag, and those of their results.

The results are written here by docs/results.md, independently of the function that they test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.defaults import BUCKET, REGION

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from local.ci.jobs import Family

_LETTERS = "你好，世界 <a> & \"b\" 'c' \\ 🎵 "

# The fields of a job, and those of its result.
Pair = tuple[dict[str, Any], dict[str, Any]]


def _input(source: str) -> dict[str, Any]:
    return {"BucketId": BUCKET, "Region": REGION, "Object": source}


def _sound_hound(source: str, chance: random.Random, state: str) -> Pair:
    """Return songs: in CI's JSON one is an object, several are a list, and the confidence is text."""
    songs = [
        {"Inlier": f"0.{share:02}", "SingerName": "周杰伦", "SongName": f"青花瓷 & <{share}>"}
        for share in chance.choices(range(1, 100), k=chance.randint(1, 3) if state == "Success" else 0)
    ]
    given: dict[str, Any] = {"JobLevel": "1", "UserData": f"order {chance.randint(0, 9999)}"}
    expected: dict[str, Any] = {**given, "JobLevel": 1}
    if songs:
        given["SoundHoundResult"] = {"SongList": songs}
        expected["SoundHoundResult"] = {"SongList": [{**song, "Inlier": float(song["Inlier"])} for song in songs]}
    return {"Input": _input(source), "Operation": given}, {"Input": _input(source), "Operation": expected}


def _transcode(source: str, chance: random.Random, _state: str) -> Pair:
    """Return the location of the output, and headers of the upload: a list of one."""
    output = {"Bucket": BUCKET, "Region": REGION, "Object": f"out/{chance.getrandbits(32):08x}.mp4"}
    operation = {"Output": output, "TemplateId": f"t{chance.getrandbits(32):08x}"}
    upload = {"CosHeaders": [{"Key": "EventName", "Value": "cos:ObjectCreated:Put"}]}
    given = {"Input": {**_input(source), **upload}, "Operation": {"JobLevel": 0, **operation}}
    return given, given


def _speech(source: str, chance: random.Random, state: str) -> Pair:
    """Return a long text with every character that XML and JSON escape, in a list of one channel."""
    text = "".join(chance.choices(_LETTERS, k=chance.randint(1, 2000))).strip() or "silence"
    operation = {"SpeechRecognitionResult": {"Result": [text]}} if state == "Success" else {"UserData": "speech"}
    given = {"Input": _input(source), "Operation": operation}
    return given, given


def _document(source: str, _chance: random.Random, _state: str) -> Pair:
    """Return an input without a bucket."""
    given = {"Input": {"Object": source}, "Operation": {"DocProcessResult": {"TgtType": "jpg"}}}
    return given, given


def _picture(source: str, chance: random.Random, _state: str) -> Pair:
    """Return the rule of the request, the only result."""
    rule = f"imageMogr2/rotate/{chance.randint(0, 359)}"
    given = {"Input": _input(source), "Operation": {"PicProcess": {"ProcessRule": rule}}}
    return given, given


def _tts(source: str, _chance: random.Random, _state: str) -> Pair:
    """Return no input at all: speech is made from a text, so the result belongs next to the output."""
    output = {"Bucket": BUCKET, "Region": REGION, "Object": source}
    given = {"Operation": {"UserData": "tts", "Output": output}}
    return given, given


TAGS: dict[str, tuple[Family, Callable[[str, random.Random, str], Pair]]] = {
    "SoundHound": ("jobs", _sound_hound),
    "Transcode": ("jobs", _transcode),
    "SpeechRecognition": ("asr_jobs", _speech),
    "DocProcess": ("doc_jobs", _document),
    "PicProcess": ("pic_jobs", _picture),
    "Tts": ("jobs", _tts),
}
