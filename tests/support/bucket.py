"""The content of a bucket as a value, to compare and to restore."""

from __future__ import annotations

import functools
import json
import re
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
    """An object of the bucket. Two dead letters with the same body and reason are equal."""

    key: str
    content: str
    stored: StoredObject = field(compare=False)
    memory: str = ""  # of a result that only its arrival ranks: those that it replaced

    @classmethod
    def of(cls, key: str, stored: StoredObject) -> Kept:
        """Return the object under a key as a value."""
        parsed = json.loads(stored.body)
        content = f"{parsed['reason']} {parsed['body']}" if "reason" in parsed else stored.body.decode()
        record = stored.metadata.get("ci-callback", "")
        memory = re.search(r"replaced=(\S+)", record) if " review=" in record or " time=- " in record else None
        return cls(key, content, stored, memory[1] if memory else "")


State = frozenset[Kept]
EMPTY: State = frozenset()


def read(cos: LocalCos) -> State:
    """Return all objects of the bucket."""
    return frozenset(Kept.of(key, cos.get(BUCKET, key)) for key in cos.keys(BUCKET))


def fill(cos: LocalCos, state: State) -> None:
    """Replace all objects of the bucket."""
    for key in cos.keys(BUCKET):
        cos.delete(BUCKET, key)
    for kept in state:
        cos.put(BUCKET, kept.key, kept.stored.body, metadata=kept.stored.metadata)


def dead_letters(state: State, key: str) -> list[tuple[str, str]]:
    """Return reason and body of each dead letter: every object with another key."""
    return sorted(_reason_and_body(kept.stored.body) for kept in state if kept.key != key)


@functools.cache
def _reason_and_body(content: bytes) -> tuple[str, str]:
    dead_letter = json.loads(content)
    return dead_letter["reason"], dead_letter["body"]


@functools.cache
def result_of(content: str) -> bytes:
    """Return the result object of a callback with one job."""
    decoded = decode(Delivery(source="invoke", body=content.encode()))
    assert isinstance(decoded, Callback)
    return decoded.jobs[0].document
