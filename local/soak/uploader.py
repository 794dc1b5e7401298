"""A stranger who may upload to the bucket, and uses it to hold results back: docs/guarantees.md, 8.

It takes the keys of results before these are there, with headers that look like the function's own, stores forged dead
letters, and edits those of the function and its checkpoint. It leaves alone all that no sweep could bring back: the
results, and dead letters with reviews, which CI does not list.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ci_callback.commands.sweep import checkpoint
from ci_callback.results.dead_letter import RETRY
from local.defaults import BUCKET
from local.soak.verdict import DEAD_LETTERS, bodies_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from local.cos.server import LocalCos
    from local.soak.goal import Goal, Made

_NAME = "ci-callback"  # of the metadata
_TAKEN = 0.1  # of the keys that can be taken
_EDITED = 5  # every fifth dead letter
_MINE = b"mine"


@dataclass
class Uploader:
    """Uploads by hand; `objects` has all that must stay, `replaced` the dead letters that were there before."""

    cos: LocalCos
    chance: random.Random
    objects: dict[str, bytes] = field(default_factory=dict)
    replaced: dict[str, bytes] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    _turn: int = 0  # of the dead letters that may be edited

    def take_keys(self, made: Sequence[Goal]) -> list[Goal]:
        """Take the keys of some results; return all goals, those with the key that is left to them."""
        return [self._take(goal) if self._can_take(goal) else goal for goal in made]

    def edit(self, made: Sequence[Goal]) -> None:
        """Store a forged dead letter, and edit some of the function's, and its checkpoint."""
        self._forge(made[-1])
        reviews = {job.body for goal in made for job in goal.jobs if job.is_review}
        for key in self.cos.keys(BUCKET):
            if checkpoint.is_one(key, DEAD_LETTERS):
                self._close_windows(key)
            elif key.startswith(DEAD_LETTERS + RETRY) and key not in self.objects:
                self._edit(key, reviews)

    def changed(self) -> Iterator[str]:
        """Yield a problem for each upload that is no more as it was."""
        there = set(self.cos.keys(BUCKET))
        for key, content in self.objects.items():
            if key not in there or self.cos.get(BUCKET, key).body != content:
                yield f"the upload {key} was overwritten"

    def _can_take(self, goal: Goal) -> bool:
        """Draw goals whose route has a second template: no review, and none of SoundHound."""
        job = goal.jobs[-1]
        return not job.is_review and job.detail["Tag"] != "SoundHound" and self.chance.random() < _TAKEN

    def _take(self, goal: Goal) -> Goal:
        job = goal.jobs[-1]
        is_plain = self.chance.random() < 0.5  # noqa: PLR2004  # half of them
        self._put(goal.key, _MINE, "" if is_plain else _record(job, time="2099-12-31T23:59:59.000000+00:00"))
        self.counts["keys"] += 1
        digest = hashlib.sha256(job.document).hexdigest()[:8]
        ending = ".failed.json" if job.detail["State"] == "Failed" else ".json"
        return replace(goal, key=f"ci-callback/results/{job.detail['Tag']}/{job.detail['JobId']}.{digest}{ending}")

    def _forge(self, goal: Goal) -> None:
        """Store a dead letter with a result that no one has sent."""
        detail = {**goal.jobs[-1].detail, "JobId": f"forged-{len(self.objects)}", "Operation": {"UserData": "forged"}}
        body = json.dumps({"EventName": "TaskFinish", "JobsDetail": {**detail, "Input": {"Object": "forged.mp3"}}})
        fields = {"reason": "store-unavailable", "received": _now(), "source": "queue", "attempt": 1, "body": body}
        digest = hashlib.sha256(body.encode()).hexdigest()
        key = f"{DEAD_LETTERS}{RETRY}{digest[:32]}.{_now()[:10]}.json"
        self._put(key, *_dead_letter(json.dumps(fields).encode(), digest))
        self.counts["forged"] += 1

    def _edit(self, key: str, reviews: set[bytes]) -> None:
        """Empty a dead letter; its header stays, or is made by hand."""
        stored = self.cos.get(BUCKET, key)
        if any(body in reviews for body in bodies_of(stored.body)):
            return
        turn = self._turn = self._turn + 1
        if turn % _EDITED != 1:
            return
        self.replaced[key] = stored.body
        emptied = json.dumps({**json.loads(stored.body), "jobs": []}).encode() + b" "
        header = stored.metadata[_NAME]
        if turn % 2 == 0:
            emptied, header = _dead_letter(emptied, header.rpartition("=")[2])
        self._put(key, emptied, header)
        self.counts["dead letters"] += 1

    def _close_windows(self, key: str) -> None:
        """Let a checkpoint claim that all jobs until now were swept."""
        stored = json.loads(self.cos.get(BUCKET, key).body)
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S%z")
        content = json.dumps({"next": None, "since": dict.fromkeys(stored["since"], now)}).encode()
        header = f"v1 checkpoint saved={_now()} sha256={hashlib.sha256(content).hexdigest()}"
        self.cos.put(BUCKET, key, content, metadata={_NAME: header}, content_type="application/json")
        self.counts["checkpoints"] += 1

    def _put(self, key: str, content: bytes, header: str) -> None:
        self.objects[key] = content
        metadata = {_NAME: header} if header else {}
        self.cos.put(BUCKET, key, content, metadata=metadata, content_type="application/json")


def _record(job: Made, *, time: str) -> str:
    """Return the header of a result, without a signature."""
    digest = hashlib.sha256(job.document).hexdigest()
    return f"v1 job={job.detail['JobId']} state={job.detail['State']} time={time} sha256={digest}"


def _dead_letter(content: bytes, digest: str) -> tuple[bytes, str]:
    """Return the content of a dead letter with its header, without a signature."""
    return content, f"v1 letter content={hashlib.sha256(content).hexdigest()} sha256={digest}"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")
