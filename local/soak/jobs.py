"""Random jobs of several Tags in both final states, and reviews, each with its expected result."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import count as counting
from itertools import islice
from typing import TYPE_CHECKING, Any

from ci_callback.config.routes import DEFAULT_ROUTES
from local.soak import reviews
from local.soak.fields import TAGS
from local.soak.goal import Goal, Made, document_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# SoundHound's results of both states compete for one key; all others have the default keys.
ROUTES = json.dumps([{"tag": "SoundHound", "state": "*", "write": "{object}.{tag}.json"}, *json.loads(DEFAULT_ROUTES)])

_BEIJING = timezone(timedelta(hours=8))
_NAMES = ("song.mp3", "晨曲 01.mp3", "a+b & c=d.wav", "no-ending", "100%.mp4")
_OLDEST_S = 20 * 3600  # the sweep's window is a day
_FAILURES, _WORKFLOWS = 0.15, 0.1  # of all jobs
_RIVALS = 0.1  # of all inputs have two results for one key
_PRODUCTS = 0.05  # have several products
_REVIEWS = 0.1  # are reviewed


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


def goals(count: int, *, seed: int, now: datetime, oldest_s: int = _OLDEST_S) -> list[Goal]:
    """Generate so many keys with their jobs; the same seed gives the same jobs, except for their times."""
    chance = random.Random(seed)  # noqa: S311  # chance, no secret
    now = now.replace(microsecond=0)
    return list(islice((goal for number in counting() for goal in _goals(number, chance, now, oldest_s)), count))


def _goals(number: int, chance: random.Random, now: datetime, oldest_s: int) -> Iterator[Goal]:
    """Yield the keys of one input."""
    source = f"soak/{number % 100:02}/{number:06} {chance.choice(_NAMES)}"
    ended = now - timedelta(seconds=chance.randint(60, oldest_s))
    state = "Failed" if chance.random() < _FAILURES else "Success"
    task = _Task(chance.choice(list(TAGS)), source, f"{chance.getrandbits(128):032x}", state, ended)
    kind = chance.random()
    if kind < _RIVALS:
        rivals = chance.choice([_of_one_job, _of_two_jobs])
        yield _goal(rivals(replace(task, tag="SoundHound"), chance), chance)
    elif kind < _RIVALS + _PRODUCTS:
        for each in range(chance.randint(2, 3)):
            yield _goal([replace(task, tag="Transcode", job_id=f"{each}-{task.job_id}")], chance)
    elif kind < _RIVALS + _PRODUCTS + _REVIEWS:
        yield from chance.choice([reviews.judged_again, reviews.live])(source, task.job_id, rfc_time(ended), chance)
    else:
        yield _goal([task], chance)


def _goal(tasks: list[_Task], chance: random.Random) -> Goal:
    newest, made = tasks[-1], tuple(_made(each, chance) for each in tasks)
    ending = ".failed.json" if newest.state == "Failed" and newest.tag != "SoundHound" else ".json"
    return Goal(f"{newest.source}.{newest.tag}{_variant(newest.tag, made[-1].detail)}{ending}", made)


def _variant(tag: str, detail: Mapping[str, Any]) -> str:
    """Return a dot and the hash of the output; "" for Tags with the result in the callback, and without an output."""
    output = detail["Operation"].get("Output")
    if tag in {"SoundHound", "SpeechRecognition"} or not output:
        return ""
    named = json.dumps([output["Bucket"], output["Object"]], ensure_ascii=False, separators=(",", ":"))
    return f".{hashlib.sha256(named.encode()).hexdigest()[:8]}"


def _of_one_job(task: _Task, chance: random.Random) -> list[_Task]:
    """Return a failure and the success after it; in the same second the success is newer."""
    return [task.earlier(chance.choice([0, 1, 30]), state="Failed"), replace(task, state="Success")]


def _of_two_jobs(task: _Task, chance: random.Random) -> list[_Task]:
    """Return two jobs on one object."""
    state = chance.choice(["Success", "Failed"])
    return [task.earlier(chance.choice([1, 30, 3600]), state=state, job_id=f"older-{task.job_id}"), task]


def _made(task: _Task, chance: random.Random) -> Made:
    family, make = TAGS[task.tag]
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
        "CreationTime": rfc_time(created),
        **expected,
        "EndTime": rfc_time(task.ended),
        **queue,
        **({"StartTime": rfc_time(started)} if is_good else {}),
        **workflow,
    }
    return Made(detail, family, document_of(document))


def _ci_time(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).strftime("%Y-%m-%dT%H:%M:%S%z")


def rfc_time(moment: datetime) -> str:
    """Format a time as in a result."""
    return moment.astimezone(_BEIJING).isoformat(timespec="seconds")


def _workflow(chance: random.Random) -> dict[str, Any]:
    run = f"i{chance.getrandbits(64):016x}"
    return {"Workflow": {"Name": "Node_1", "RunId": run, "WorkflowId": "w1", "WorkflowName": "all uploads"}}
