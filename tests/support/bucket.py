"""What a bucket holds, as a value: to be compared, and to be brought about again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ci_callback.decode.envelope import decode
from ci_callback.decode.job import Callback
from ci_callback.delivery import Delivery
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from local.cos.server import LocalCos, StoredObject


@dataclass(frozen=True)
class Kept:
    """An object of the bucket. Two letters with the same body and reason are alike, whenever they were written."""

    key: str
    says: str
    stored: StoredObject = field(compare=False)

    @classmethod
    def of(cls, key: str, stored: StoredObject) -> Kept:
        """Return the object under a key as a value."""
        content = json.loads(stored.body)
        says = f"{content['reason']} {content['body']}" if "reason" in content else stored.body.decode()
        return cls(key, says, stored)


State = frozenset[Kept]
EMPTY: State = frozenset()


def read(cos: LocalCos) -> State:
    """Return all that the bucket holds."""
    return frozenset(Kept.of(key, cos.get(BUCKET, key)) for key in cos.keys(BUCKET))


def fill(cos: LocalCos, state: State) -> None:
    """Let the bucket hold this and nothing else."""
    for key in cos.keys(BUCKET):
        cos.delete(BUCKET, key)
    for kept in state:
        cos.put(BUCKET, kept.key, kept.stored.body, metadata=kept.stored.metadata)


def letters(state: State, key: str) -> list[tuple[str, str]]:
    """Return the reason and the body of every object that has another key; all of them are dead letters."""
    others = [json.loads(kept.stored.body) for kept in state if kept.key != key]
    return sorted((letter["reason"], letter["body"]) for letter in others)


def result_of(content: str) -> bytes:
    """Return the object that a callback with one job stands for."""
    decoded = decode(Delivery(source="invoke", body=content.encode()))
    assert isinstance(decoded, Callback)
    return decoded.jobs[0].document
