"""The verdict of a soak: the expected objects and answers, and every difference."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from local.ci.jobs import Job
    from local.faults.callback_sender import Receipt, Sending
    from local.soak.deliveries import Part
    from local.soak.goal import Goal, Made

DEAD_LETTERS = "ci-callback/dead-letter/"

_OK, _UNAUTHORIZED, _UNAVAILABLE = 200, 401, 503
_TOKENLESS = {"no-token", "wrong-token"}
_KNOWN = {"true", "other-content"}  # kinds of callbacks with a job that CI has
_SHOWN = 300  # characters of a wrong object


@dataclass
class Objects:
    """The numbers of right and wrong objects; `dead_letters` by their reasons."""

    right: int = 0
    missing: int = 0
    wrong: int = 0
    extra: int = 0
    dead_letters: dict[str, int] = field(default_factory=dict)


class Judged:
    """A report with `objects` and `problems`; it is `ok` without problems."""

    objects: Objects
    problems: list[str]

    @property
    def ok(self) -> bool:
        """True if every guarantee is kept."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return the report as in JSON."""
        return {"ok": self.ok, **vars(self), "objects": asdict(self.objects)}


@dataclass(frozen=True)
class Judge:
    """Compares the objects of a bucket with the expected results and the answers."""

    goals: Sequence[Goal]
    receipts: Sequence[Receipt]
    parts: Sequence[Part] = ()  # of batches that were taken

    def answers(self, failures: frozenset[int] = frozenset()) -> Iterator[str]:
        """Yield each wrong answer: with a token 200 and 503 are right, without one 401, and `failures` always."""
        for receipt in self.receipts:
            right = {_UNAUTHORIZED} if receipt.sending.kind in _TOKENLESS else {_OK, _UNAVAILABLE}
            if receipt.status not in right | failures:
                yield f"{_named(receipt)} was answered {receipt.status}"

    def promises(self, bucket: Mapping[str, bytes]) -> Iterator[str]:
        """Yield each untrue answer of 200, and each job of a batch that is neither a result nor in a dead letter."""
        kept = {(body, at) for body, dead_letter in _dead_letters(bucket) for at in _places(dead_letter)}
        for receipt in self.receipts:
            if receipt.status == _OK and not self._is_true(receipt, bucket, kept):
                yield f"{_named(receipt)} was answered {', '.join(receipt.outcomes) or 'nothing'}, which is not true"
        for part in self.parts:
            if not ({(part.body, part.at), (part.body, None)} & kept or self._is_stored(part.sending, bucket)):
                yield f"the job {part.sending.job.detail['JobId']} of a batch was lost"

    def end(self, bucket: Mapping[str, bytes]) -> tuple[Objects, list[str]]:
        """Count the objects after the timer, and list the wrong ones."""
        objects = Objects()
        problems = [
            *self._results(bucket, objects),
            *self._strangers(bucket, objects),
            *self._needless_dead_letters(bucket, objects),
        ]
        return objects, problems

    def _results(self, bucket: Mapping[str, bytes], objects: Objects) -> Iterator[str]:
        for goal in self.goals:
            found = bucket.get(goal.key)
            if found == goal.document:
                objects.right += 1
            elif found is None:
                objects.missing += 1
                yield f"{goal.key} is missing"
            else:
                objects.wrong += 1
                yield f"{goal.key} holds {_shown(found)}"

    def _strangers(self, bucket: Mapping[str, bytes], objects: Objects) -> Iterator[str]:
        keys = {goal.key for goal in self.goals}
        for key in bucket:
            if key not in keys and not key.startswith(DEAD_LETTERS):
                objects.extra += 1
                yield f"{key} should not be there"

    def _needless_dead_letters(self, bucket: Mapping[str, bytes], objects: Objects) -> Iterator[str]:
        """Yield dead letters other than those of valid tokens with an unlisted bucket."""
        forged = {receipt.sending.body for receipt in self.receipts if receipt.sending.kind == "foreign-bucket"}
        for body, dead_letter in _dead_letters(bucket):
            reason = str(dead_letter.get("reason"))
            objects.dead_letters[reason] = objects.dead_letters.get(reason, 0) + 1
            if body not in forged or reason != "bucket-not-listed":
                yield f"a dead letter is left without need: {reason}: {_shown(body)}"

    def _is_true(
        self, receipt: Receipt, bucket: Mapping[str, bytes], kept: Collection[tuple[bytes, int | None]]
    ) -> bool:
        is_stored = receipt.sending.kind in _KNOWN and self._is_stored(receipt.sending, bucket)
        if receipt.outcomes == ["dead-lettered"]:
            return is_stored or (receipt.sending.body, None) in kept
        return is_stored and receipt.outcomes in (["written"], ["duplicate"], ["stale"])

    def _is_stored(self, sending: Sending, bucket: Mapping[str, bytes]) -> bool:
        """Return whether the job's key has its result or a newer one."""
        goal, made = self._meant[_identity(sending.job.detail)]
        return goal.holds(bucket.get(goal.key), at_least=made)

    @cached_property
    def _meant(self) -> Mapping[str, tuple[Goal, Made]]:
        return {_identity(made.detail): (goal, made) for goal in self.goals for made in goal.jobs}


def _identity(detail: Mapping[str, Any]) -> str:
    """Return the content: a failure and the success after it, and the verdicts of a review, have the same id."""
    return json.dumps(detail, sort_keys=True)


def bodies_of(content: bytes) -> list[bytes]:
    """Return the bodies that a dead letter keeps."""
    return [body for body, _ in _kept(json.loads(content))]


def _dead_letters(bucket: Mapping[str, bytes]) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield every body that a dead letter keeps, with its reason and, if not all of its jobs are left, their places."""
    for key, content in bucket.items():
        if key.startswith(DEAD_LETTERS):
            yield from _kept(json.loads(content))


def _kept(dead_letter: Mapping[str, Any]) -> Iterator[tuple[bytes, dict[str, Any]]]:
    for each in dead_letter.get("bodies", [dead_letter]):
        body = each["body"].encode() if "body" in each else base64.b64decode(each["body_base64"])
        yield body, {"reason": dead_letter.get("reason"), "rest": each.get("rest")}


def _places(dead_letter: Mapping[str, Any]) -> Iterator[int | None]:
    """Yield the place of each job that is left, None for all of them."""
    if dead_letter["rest"] is None:
        yield None
    else:
        yield from (at for first, end in dead_letter["rest"]["spans"] for at in range(first, end))


def _named(receipt: Receipt) -> str:
    job: Job = receipt.sending.job
    return f"the {receipt.sending.kind} callback of job {job.detail['JobId']}"


def _shown(content: bytes) -> str:
    return content.decode("utf-8", "replace")[:_SHOWN]
