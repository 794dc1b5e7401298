"""The checkpoint: an object with the cursor and windows of the timer's sweeps, so that each continues the last one.

There is one for each combination of options, buckets and routes, below DEAD_LETTER in the first of BUCKETS, where the
role may read. A foreign object there is left alone; one that was a checkpoint, but was edited, lacks the signature that
RECORD_SECRET asks for, or is the copy of an earlier one, is written again without being believed.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from ci_callback.commands.options import CommandOptions
from ci_callback.decode.times import instant
from ci_callback.errors import Refused
from ci_callback.results import record

from .cursor import Cursor  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.cloud.cos import Store
    from ci_callback.config.routes import Route
    from ci_callback.config.settings import Settings

_NAME = "sweep-"
_LARGEST = 1_000_000  # bytes
_CHECKPOINT = re.compile(
    rf"({record.UNSIGNED})?v1 checkpoint(?: saved=(\S+))?(?: sig=\S+)?(?: sha256=([0-9a-f]{{64}}))?"
)

# COS refuses a request whose clock is further off, so an object written this long after its signature is a copy.
_LONGEST_WRITE = timedelta(minutes=15)


class Checkpoint(CommandOptions):
    """`next` is the cursor to continue from, None at the end; `since` the start of each next window, by Cursor.name."""

    next: Cursor | None = None
    since: dict[str, str] = Field(default_factory=dict)


class CheckpointObject:
    """The object that holds a checkpoint. Every method raises StoreError and costs one request."""

    def __init__(self, store: Store, bucket: str, key: str) -> None:
        self._store = store
        self.bucket = bucket
        self.key = key
        self._exists = True

    def load(self) -> Checkpoint:
        """Read the checkpoint; an empty one where there is none, one of another release, or one that is not trusted."""
        found = self._store.get(self.bucket, self.key, _LARGEST)
        if found is None:
            self._exists = False
            return Checkpoint()
        headers, content = found
        described = _CHECKPOINT.fullmatch(headers.get(record.HEADER, ""))
        if described is None:
            raise Refused("A foreign object has the checkpoint's key.")
        is_unsigned, saved, digest = described.groups()
        is_edited = digest not in {None, hashlib.sha256(content).hexdigest()}
        if is_unsigned or is_edited or _is_copy(saved, record.modified(headers)):
            return Checkpoint()
        try:
            return Checkpoint.model_validate_json(content)
        except ValidationError:
            return Checkpoint()

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint; where there was none, only if there still is none."""
        content = checkpoint.model_dump_json().encode()
        saved = record.stamp(datetime.now(timezone.utc))
        headers = {record.HEADER: f"v1 checkpoint saved={saved} sha256={hashlib.sha256(content).hexdigest()}"}
        if self._exists:
            self._store.replace(self.bucket, self.key, content, headers)
        else:
            self._store.create(self.bucket, self.key, content, headers)


def key(settings: Settings, hours: int, tags: Sequence[str]) -> str:
    """Return the key of the checkpoint of sweeps with these options, buckets and routes."""
    routes = [_as_json(route) for route in settings.ROUTES]
    kind = {"hours": hours, "tags": tags, "buckets": list(settings.BUCKETS), "routes": routes}
    digest = hashlib.sha256(json.dumps(kind, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"{settings.DEAD_LETTER}{_NAME}{digest[:12]}.json"


def is_one(key: str, prefix: str) -> bool:
    """Return whether a key below DEAD_LETTER is that of a checkpoint."""
    return key.startswith(prefix + _NAME)


def _is_copy(saved: str | None, modified: str) -> bool:
    """Return whether an object was written long after its checkpoint was saved."""
    moment = instant(saved)
    return moment is not None and modified > record.stamp(moment + _LONGEST_WRITE)


def _as_json(route: Route) -> list[object]:
    write = [template.text for template in route.write]
    return [*route.patterns, write, [action.id for action in route.then]]
