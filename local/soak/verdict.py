"""What must hold in the local cloud after a soak, and what of it does not."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from local.ci.jobs import Job
    from local.faults.callback_sender import Receipt
    from local.soak.jobs import Goal, Made

LETTERS = "ci-callback/dead-letter/"

_OK, _UNAUTHORIZED, _COME_AGAIN = 200, 401, 503
_TOKENLESS = {"no-token", "wrong-token"}
_OF_OURS = {"true", "other-content"}  # whose job CI knows
_SHOWN = 300  # characters of an object that should not be as it is


@dataclass
class Objects:
    """How many objects are what they must be; `letters` counts the dead letters by their reasons."""

    right: int = 0
    missing: int = 0
    wrong: int = 0
    extra: int = 0
    letters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Judge:
    """Knows what the jobs must lead to, and what was answered; looks at a bucket's objects by their keys."""

    goals: Sequence[Goal]
    receipts: Sequence[Receipt]

    def answers(self) -> Iterator[str]:
        """Yield each answer that nobody should get: 200 and 503 are for those with the token, 401 for all others."""
        for receipt in self.receipts:
            right = {_UNAUTHORIZED} if receipt.sending.kind in _TOKENLESS else {_OK, _COME_AGAIN}
            if receipt.status not in right:
                yield f"{_named(receipt)} was answered {receipt.status}"

    def promises(self, bucket: Mapping[str, bytes]) -> Iterator[str]:
        """Yield each answer 200 that is not true: before anything is healed, result or dead letter must be there."""
        letters = dict(_letters(bucket))
        for receipt in self.receipts:
            if receipt.status == _OK and not self._is_kept(receipt, bucket, letters):
                yield f"{_named(receipt)} was answered {', '.join(receipt.outcomes) or 'nothing'}, which is not true"

    def end(self, bucket: Mapping[str, bytes]) -> tuple[Objects, list[str]]:
        """Return what there is once everything has been healed, and what of it should be otherwise."""
        objects = Objects()
        problems = [
            *self._results(bucket, objects),
            *self._strangers(bucket, objects),
            *self._needless_letters(bucket, objects),
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
            if key not in keys and not key.startswith(LETTERS):
                objects.extra += 1
                yield f"{key} should not be there"

    def _needless_letters(self, bucket: Mapping[str, bytes], objects: Objects) -> Iterator[str]:
        """Only what was sent with the token for a bucket that is not ours has nowhere else to go."""
        forged = {receipt.sending.body for receipt in self.receipts if receipt.sending.kind == "foreign-bucket"}
        for body, letter in _letters(bucket):
            reason = str(letter.get("reason"))
            objects.letters[reason] = objects.letters.get(reason, 0) + 1
            if body not in forged or reason != "bucket-not-listed":
                yield f"a dead letter is left without need: {reason}: {_shown(body)}"

    def _is_kept(self, receipt: Receipt, bucket: Mapping[str, bytes], letters: Mapping[bytes, Any]) -> bool:
        sending = receipt.sending
        if receipt.outcomes == ["dead-lettered"]:
            return sending.body in letters
        if sending.kind not in _OF_OURS or receipt.outcomes not in (["written"], ["duplicate"], ["stale"]):
            return False
        goal, made = self._meant[_identity(sending.job.detail)]
        return goal.holds(bucket.get(goal.key), at_least=made)

    @cached_property
    def _meant(self) -> Mapping[tuple[str, str], tuple[Goal, Made]]:
        return {_identity(made.detail): (goal, made) for goal in self.goals for made in goal.jobs}


def _identity(detail: Mapping[str, Any]) -> tuple[str, str]:
    """Return what tells a job from others; a failure and the success after it have the same id."""
    return detail["JobId"], detail["State"]


def _letters(bucket: Mapping[str, bytes]) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield every dead letter, with the body that it keeps."""
    for key, content in bucket.items():
        if key.startswith(LETTERS):
            letter: dict[str, Any] = json.loads(content)
            kept = letter["body"].encode() if "body" in letter else base64.b64decode(letter["body_base64"])
            yield kept, letter


def _named(receipt: Receipt) -> str:
    job: Job = receipt.sending.job
    return f"the {receipt.sending.kind} callback of job {job.detail['JobId']}"


def _shown(content: bytes) -> str:
    return content.decode("utf-8", "replace")[:_SHOWN]
