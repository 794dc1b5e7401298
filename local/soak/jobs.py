"""Random jobs of several Tags in both final states, each with its expected result.

The results are written here by docs/results.md, independently of the function that they test.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from local.defaults import BUCKET, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.ci.jobs import Family

# SoundHound's results of both states compete for one key; all others have a key for each state.
ROUTES = json.dumps(
    [
        {"tag": "SoundHound", "state": "*", "write": "{object}.{tag}.json"},
        {"tag": "*", "state": "Success", "write": "{object}.{tag}.json"},
        {"tag": "*", "state": "Failed", "write": "{object}.{tag}.failed.json"},
        {"tag": "*", "state": "*", "ignore": True},
    ]
)

_BEIJING = timezone(timedelta(hours=8))
_NAMES = ("song.mp3", "晨曲 01.mp3", "a+b & c=d.wav", "no-ending", "100%.mp4")
_OLDEST_S = 20 * 3600  # the sweep's window is a day
_FAILURES, _WORKFLOWS = 0.15, 0.1  # of all jobs
_RIVALS = 0.1  # of all keys have two results
_LETTERS = "你好，世界 <a> & \"b\" 'c' \\ 🎵 "

# The fields of a job, and those of its result.
_Pair = tuple[dict[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class Made:
    """A job in CI's field names, and the bytes of its result."""

    detail: Mapping[str, Any]
    family: Family
    document: bytes = field(repr=False)


@dataclass(frozen=True)
class Goal:
    """A key, and the jobs whose results compete for it, the oldest first: the last one's must be stored in the end."""

    key: str
    jobs: tuple[Made, ...]

    @property
    def document(self) -> bytes:
        """The content of the key in the end."""
        return self.jobs[-1].document

    def holds(self, found: bytes | None, at_least: Made) -> bool:
        """Return whether the content of the key is this job's result or a newer one."""
        return found in [job.document for job in self.jobs[self.jobs.index(at_least) :]]


@dataclass(frozen=True)
class _Task:
    """The identity of a job, before its content is generated."""

    tag: str
    source: str
    job_id: str
    state: str
    ended: datetime

    def earlier(self, seconds: float, **other: str) -> _Task:
        """Return another task that ended before this one."""
        return replace(self, ended=self.ended - timedelta(seconds=seconds), **other)


def goals(count: int, *, seed: int, now: datetime) -> list[Goal]:
    """Generate keys with their jobs; the same seed gives the same jobs, except for their times."""
    chance = random.Random(seed)  # noqa: S311  # chance, no secret
    return [_goal(number, chance, now.replace(microsecond=0)) for number in range(count)]


def _goal(number: int, chance: random.Random, now: datetime) -> Goal:
    source = f"soak/{number % 100:02}/{number:06} {chance.choice(_NAMES)}"
    state = "Failed" if chance.random() < _FAILURES else "Success"
    ended = now - timedelta(seconds=chance.randint(60, _OLDEST_S))
    task = _Task(chance.choice(list(_TAGS)), source, f"{chance.getrandbits(128):032x}", state, ended)
    tasks = [task]
    if chance.random() < _RIVALS:
        tasks = chance.choice([_of_one_job, _of_two_jobs])(replace(task, tag="SoundHound"), chance)
    newest = tasks[-1]
    ending = ".failed.json" if newest.state == "Failed" and newest.tag != "SoundHound" else ".json"
    return Goal(f"{source}.{newest.tag}{ending}", tuple(_made(each, chance) for each in tasks))


def _of_one_job(task: _Task, chance: random.Random) -> list[_Task]:
    """Return a failure and the success after it; in the same second the success is newer."""
    return [task.earlier(chance.choice([0, 1, 30]), state="Failed"), replace(task, state="Success")]


def _of_two_jobs(task: _Task, chance: random.Random) -> list[_Task]:
    """Return two jobs on one object."""
    state = chance.choice(["Success", "Failed"])
    return [task.earlier(chance.choice([1, 30, 3600]), state=state, job_id=f"older-{task.job_id}"), task]


def _made(task: _Task, chance: random.Random) -> Made:
    family, make = _TAGS[task.tag]
    given, expected = make(task.source, chance, task.state)
    is_good = task.state == "Success"
    head = {
        "JobId": task.job_id,
        "Tag": task.tag,
        "State": task.state,
        "Code": "Success" if is_good else "InputObjectBroken",
        "Message": "" if is_good else "the input <cannot> be read",
    }
    started = task.ended - timedelta(seconds=chance.randint(1, 20))
    created = started - timedelta(seconds=chance.randint(1, 20))
    queue = {"QueueId": f"p{chance.getrandbits(64):016x}"}
    workflow = _workflow(chance) if chance.random() < _WORKFLOWS else {}
    detail = {
        **head,
        "CreationTime": _ci_time(created),
        "StartTime": _ci_time(started) if is_good else "-",
        "EndTime": _ci_time(task.ended),
        **queue,
        **given,
        **workflow,
    }
    document = {
        "EventName": "TaskFinish",
        **head,
        "CreationTime": _rfc_time(created),
        **expected,
        "EndTime": _rfc_time(task.ended),
        **queue,
        **({"StartTime": _rfc_time(started)} if is_good else {}),
        **workflow,
    }
    return Made(detail, family, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _ci_time(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).strftime("%Y-%m-%dT%H:%M:%S%z")


def _rfc_time(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).isoformat(timespec="seconds")


def _workflow(chance: random.Random) -> dict[str, Any]:
    run = f"i{chance.getrandbits(64):016x}"
    return {"Workflow": {"Name": "Node_1", "RunId": run, "WorkflowId": "w1", "WorkflowName": "all uploads"}}


def _input(source: str) -> dict[str, Any]:
    return {"BucketId": BUCKET, "Region": REGION, "Object": source}


def _sound_hound(source: str, chance: random.Random, state: str) -> _Pair:
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


def _transcode(source: str, chance: random.Random, _state: str) -> _Pair:
    """Return the location of the output, and headers of the upload: a list of one."""
    output = {"Bucket": BUCKET, "Region": REGION, "Object": f"out/{chance.getrandbits(32):08x}.mp4"}
    operation = {"Output": output, "TemplateId": f"t{chance.getrandbits(32):08x}"}
    upload = {"CosHeaders": [{"Key": "EventName", "Value": "cos:ObjectCreated:Put"}]}
    given = {"Input": {**_input(source), **upload}, "Operation": {"JobLevel": 0, **operation}}
    return given, given


def _speech(source: str, chance: random.Random, state: str) -> _Pair:
    """Return a long text with every character that XML and JSON escape, in a list of one channel."""
    text = "".join(chance.choices(_LETTERS, k=chance.randint(1, 2000))).strip() or "silence"
    operation = {"SpeechRecognitionResult": {"Result": [text]}} if state == "Success" else {"UserData": "speech"}
    given = {"Input": _input(source), "Operation": operation}
    return given, given


def _document(source: str, _chance: random.Random, _state: str) -> _Pair:
    """Return an input without a bucket."""
    given = {"Input": {"Object": source}, "Operation": {"DocProcessResult": {"TgtType": "jpg"}}}
    return given, given


def _picture(source: str, chance: random.Random, _state: str) -> _Pair:
    """Return the rule of the request, the only result."""
    rule = f"imageMogr2/rotate/{chance.randint(0, 359)}"
    given = {"Input": _input(source), "Operation": {"PicProcess": {"ProcessRule": rule}}}
    return given, given


def _tts(source: str, _chance: random.Random, _state: str) -> _Pair:
    """Return no input at all: speech is made from a text, so the result belongs next to the output."""
    output = {"Bucket": BUCKET, "Region": REGION, "Object": source}
    given = {"Operation": {"UserData": "tts", "Output": output}}
    return given, given


_TAGS: dict[str, tuple[Family, Callable[[str, random.Random, str], _Pair]]] = {
    "SoundHound": ("jobs", _sound_hound),
    "Transcode": ("jobs", _transcode),
    "SpeechRecognition": ("asr_jobs", _speech),
    "DocProcess": ("doc_jobs", _document),
    "PicProcess": ("pic_jobs", _picture),
    "Tts": ("jobs", _tts),
}
