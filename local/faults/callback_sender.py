"""The sender of CI's callbacks: POST those of finished jobs, with the faults of `CallbackFaults`.

A callback is sent once and never again, whatever is answered: CI documents no retry (docs/guarantees.md).
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from local.ci import callbacks as ci_callbacks
from local.faults.callbacks import FORGERIES, CallbackFaults, Forgery
from models import wire

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from local.ci.jobs import Job
    from local.faults.callbacks import Mishap
    from models.wire import Format

Kind = Literal["true", Forgery]

FOREIGN_BUCKET = "foreign-1234567890"
_FINAL = {"Success", "Failed"}


@dataclass(frozen=True)
class Sending:
    """One POST: a job's true callback, or one that somebody forged in its likeness."""

    job: Job
    kind: Kind
    form: Format
    path: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Receipt:
    """What was answered; the status is 0 where nothing was."""

    sending: Sending
    status: int
    body: bytes = field(default=b"", repr=False)

    @property
    def outcomes(self) -> list[str]:
        """What the function says became of each job; nothing when that is not what was answered."""
        try:
            answer = json.loads(self.body)
            return [job["outcome"] for job in answer["jobs"]]
        except (ValueError, KeyError, TypeError):
            return []


@dataclass(frozen=True)
class CallbackSender:
    """Knows the way: the addresses of the triggers, taken in turn, and the token in the callback URL."""

    addresses: Sequence[str]
    token: str = field(repr=False)
    faults: CallbackFaults = field(default_factory=CallbackFaults)
    forms: Sequence[Format] = ("xml", "json")

    def plan(self, jobs: Sequence[Job]) -> list[Sending]:
        """Return what is to be sent, in order, for those of the jobs that are in a final state."""
        finished = [job for job in jobs if job.detail.get("State") in _FINAL]
        timed: list[tuple[float, Sending]] = []
        for number, job in enumerate(finished):
            chance = self.faults.chance(number)
            mishaps = self.faults.mishaps(chance)
            anywhere, beside = chance.uniform(0, len(finished)), number + chance.uniform(-1, 1)
            other = finished[(number + chance.randint(1, max(1, len(finished) - 1))) % len(finished)]
            times = _times(mishaps, number, anywhere, late=len(finished) + anywhere)
            timed += [(time, self._true(job, chance)) for time in times]
            timed += [(beside, self._forged(job, kind, other, chance)) for kind in FORGERIES if kind in mishaps]
        return [sending for _, sending in sorted(timed, key=lambda each: each[0])]

    def deliver(
        self, sendings: Sequence[Sending], *, at_once: int = 1, tell: Callable[[Receipt], None] = lambda _: None
    ) -> list[Receipt]:
        """Send in order, so many at once; return the receipts in that order, each told as soon as it is its turn."""
        receipts = []
        with ThreadPoolExecutor(at_once) as threads:
            for receipt in threads.map(lambda each: self._send(*each), enumerate(sendings)):
                receipts.append(receipt)
                tell(receipt)
        return receipts

    def _send(self, number: int, sending: Sending) -> Receipt:
        url = self.addresses[number % len(self.addresses)] + sending.path
        reply = ci_callbacks.post(url, sending.form, sending.body)
        return Receipt(sending, reply.status, reply.body)

    def _true(self, job: Job, chance: random.Random) -> Sending:
        return self._sending(job, "true", self.token, job.detail, chance)

    def _forged(self, job: Job, kind: Forgery, other: Job, chance: random.Random) -> Sending:
        if kind == "other-content":
            detail = {**job.detail, "Operation": other.detail.get("Operation")}
            return self._sending(job, kind, self.token, detail, chance)
        # Newer than any job, so that it would stay if it were let in.
        detail = {
            **job.detail,
            "JobId": f"forged-{job.detail['JobId']}",
            "EndTime": "2099-12-31T23:59:59+0800",
            "Operation": {"UserData": "forged"},
        }
        if kind == "foreign-bucket":
            detail["Input"] = {**detail.get("Input", {"Object": "forged"}), "BucketId": FOREIGN_BUCKET}
            return self._sending(job, kind, self.token, detail, chance)
        return self._sending(job, kind, _mistaken(self.token, chance) if kind == "wrong-token" else "", detail, chance)

    def _sending(self, job: Job, kind: Kind, token: str, detail: Mapping[str, Any], chance: random.Random) -> Sending:
        form = chance.choice(self.forms)
        return Sending(job, kind, form, f"/{token}", wire.body_of(detail, form))


def _times(mishaps: frozenset[Mishap], own: float, anywhere: float, late: float) -> list[float]:
    """Return when a callback is sent: the first time perhaps at any other time, the last time perhaps late."""
    if "never" in mishaps:
        return []
    times = [own, own] if "twice" in mishaps else [own]
    if "shuffled" in mishaps:
        times[0] = anywhere
    if "late" in mishaps:
        times[-1] = late
    return times


def _mistaken(token: str, chance: random.Random) -> str:
    """Return the token with its last letter changed, left out, or sent twice."""
    other = "x" if token[-1] != "x" else "y"
    return chance.choice([token[:-1] + other, token[:-1], token + token[-1]])
