"""CI's callbacks of finished jobs and of reviews, sent with the faults of `CallbackFaults`.

No reply makes a second try for a job: CI documents none (docs/guarantees.md), and a sweep finds it. Reviews cannot be
listed, so their callbacks are repeated until the answer is 200, as the operator of a review does. A verdict that only
its dead letter holds is not sent again after a later one.
"""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from local.ci.callbacks import Form, body_of, post
from local.faults.callbacks import FORGERIES, CallbackFaults, Forgery

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local.ci.jobs import Job
    from local.faults.callbacks import Mishap

Kind = Literal["true", Forgery]

FOREIGN_BUCKET = "foreign-1234567890"
_FINAL = {"Success", "Failed"}
_OK = 200
_MAX_TRIES = 100


@dataclass(frozen=True)
class Sending:
    """One POST: a true callback, or a forgery of it. Those of one `chain` are sent in order, each until it is kept."""

    job: Job
    kind: Kind
    form: Form
    path: str = field(repr=False)
    body: bytes = field(repr=False)
    chain: str = ""


@dataclass(frozen=True)
class Receipt:
    """The reply to a POST; the status is 0 without one."""

    sending: Sending
    status: int
    body: bytes = field(default=b"", repr=False)

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each job in the function's reply; empty for any other reply."""
        try:
            answer = json.loads(self.body)
            return [job["outcome"] for job in answer["jobs"]]
        except (ValueError, KeyError, TypeError):
            return []


@dataclass(frozen=True)
class CallbackSender:
    """Sends to the triggers at `addresses` in turn, with the token in the callback URL.

    `before_repeat` is called before a review's callback is sent again.
    """

    addresses: Sequence[str]
    token: str = field(repr=False)
    faults: CallbackFaults = field(default_factory=CallbackFaults)
    forms: Sequence[Form] = get_args(Form)
    before_repeat: Callable[[], None] = field(default=lambda: None, repr=False)

    def plan(self, jobs: Sequence[Job]) -> list[Sending]:
        """Return the POSTs for the jobs in a final state, in order."""
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

    def plan_verdicts(self, number: int, verdicts: Sequence[tuple[Job, bytes]]) -> list[Sending]:
        """Return the POSTs for the verdicts of one review in order; copies follow at once or after the last."""
        chance = self.faults.chance(number)
        planned, late = [], []
        for job, body in verdicts:
            mishaps = self.faults.mishaps(chance)
            sending = Sending(job, "true", "native", f"/{self.token}", body, chain=f"{number}")
            planned += [sending] * (2 if "twice" in mishaps else 1)
            late += [sending] if "late" in mishaps else []
        return [*planned, *late]

    def deliver(
        self, sendings: Sequence[Sending], *, at_once: int = 1, on_receipt: Callable[[Receipt], None] = lambda _: None
    ) -> list[Receipt]:
        """Send in order, `at_once` in parallel, those of one chain in sequence; return the receipts in that order."""
        chains: dict[object, list[Sending]] = {}
        for number, sending in enumerate(sendings):
            chains.setdefault(sending.chain or number, []).append(sending)
        addresses = itertools.cycle(self.addresses)
        receipts = []
        with ThreadPoolExecutor(at_once) as threads:
            for several in threads.map(lambda chain: [*self._send(chain, addresses)], chains.values()):
                for receipt in several:
                    receipts.append(receipt)
                    on_receipt(receipt)
        return receipts

    def _send(self, chain: Sequence[Sending], addresses: Iterator[str]) -> Iterator[Receipt]:
        unknown: set[bytes] = set()  # verdicts before the last one that their key never had
        last: Receipt | None = None
        for sending in chain:
            if last and last.sending.body != sending.body and last.outcomes == ["dead-lettered"]:
                unknown.add(last.sending.body)
            if sending.body in unknown:
                continue  # a later copy of one counts as new: docs/guarantees.md, 2
            for last in self._send_one(sending, addresses):
                yield last

    def _send_one(self, sending: Sending, addresses: Iterator[str]) -> Iterator[Receipt]:
        for number in range(_MAX_TRIES if sending.chain else 1):
            if number:
                self.before_repeat()
            reply = post(next(addresses) + sending.path, sending.form, sending.body)
            yield Receipt(sending, reply.status, reply.body)
            if reply.status == _OK:
                break

    def _true(self, job: Job, chance: random.Random) -> Sending:
        return self._sending(job, "true", self.token, job.detail, chance)

    def _forged(self, job: Job, kind: Forgery, other: Job, chance: random.Random) -> Sending:
        if kind == "other-content":
            detail = {**job.detail, "Operation": other.detail.get("Operation")}
            return self._sending(job, kind, self.token, detail, chance)
        # Newer than any job, so that it would win if it were accepted.
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
        return Sending(job, kind, form, f"/{token}", body_of(detail, form))


def _times(mishaps: frozenset[Mishap], own: float, anywhere: float, late: float) -> list[float]:
    """Return the times at which a callback is sent."""
    if "never" in mishaps:
        return []
    times = [own, own] if "twice" in mishaps else [own]
    if "shuffled" in mishaps:
        times[0] = anywhere
    if "late" in mishaps:
        times[-1] = late
    return times


def _mistaken(token: str, chance: random.Random) -> str:
    """Return the token with its last character changed, left out, or doubled."""
    other = "x" if token[-1] != "x" else "y"
    return chance.choice([token[:-1] + other, token[:-1], token + token[-1]])
