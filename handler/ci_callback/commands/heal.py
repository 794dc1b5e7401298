"""Heal: replay the dead letters that may settle by themselves, and remove those that do. docs/operation.md, Healing.

They are in two folders, which are taken in a random order, and each from a random key on: none waits behind foreign
objects or others that fail again and again, and two runs at once begin at different ones. A dead letter of a defect is
replayed once by each other release, since its key names the last release that failed.
"""

from __future__ import annotations

import random
import secrets
from typing import TYPE_CHECKING, Any

from ci_callback.commands.sweep import checkpoint
from ci_callback.errors import StoreError, Unavailable
from ci_callback.results import dead_letter
from ci_callback.results.dead_letter import INTERNAL_ERROR, OF_THIS_RELEASE, RETRY

from . import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci_callback.cloud.cos import Store
    from ci_callback.cloud.deadline import Deadline
    from ci_callback.pipeline import Pipeline

    from .limits import Limits

# Once COS has not answered about so many dead letters in a row, it is COS and not the dead letter.
_MOST_SILENT = 3
# Keys of one listing: the most that COS lists at once.
_MOST_COUNTED = 1000


class Healing:
    """Replays the dead letters of the pipeline's buckets, each once; no method raises StoreError.

    `is_cut_off` is set where the time did not suffice.
    """

    def __init__(self, pipeline: Pipeline, limits: Limits) -> None:
        self._pipeline = pipeline
        self._prefix = pipeline.settings.DEAD_LETTER
        self._limits = limits
        self._taken: set[tuple[str, str]] = set()
        self._counts = {"healed": 0, "kept": 0}
        self._waiting: dict[str, int] = {}
        self._problem = ""
        self.is_cut_off = False

    def report(self) -> dict[str, Any]:
        """Return the counts: `healed`, `kept` and `waiting`, and as `unhealed` why some were not looked at, if any."""
        waiting = sum(self._waiting.values())
        return {**self._counts, "waiting": waiting, **({"unhealed": self._problem} if self._problem else {})}

    @property
    def _store(self) -> Store:
        return self._pipeline.store

    def run(self, deadline: Deadline) -> None:
        """Heal until a deadline, the buckets in a random order."""
        self._pipeline = self._pipeline.within(deadline)
        self.is_cut_off = False
        buckets = list(self._pipeline.settings.BUCKETS)
        for bucket in random.sample(buckets, len(buckets)):
            self._heal(bucket)

    def _heal(self, bucket: str) -> None:
        """Replay the dead letters of a bucket while COS answers and time is left, then count those that wait."""
        silent = 0
        try:
            for key in self._keys(bucket):
                if (bucket, key) in self._taken:
                    continue
                if not self._limits.leave_time(self._store.deadline):
                    self.is_cut_off = True
                    break
                self._taken.add((bucket, key))
                silent = 0 if self._replay(bucket, key) else silent + 1
                if silent == _MOST_SILENT:
                    self._problem = "COS did not answer; the next run goes on."
                    return
            self._waiting[bucket] = self._count_waiting(bucket)
        except StoreError as error:
            self._problem = str(error)

    def _replay(self, bucket: str, key: str) -> bool:
        """Replay one dead letter, and remove it once every job is settled; return whether COS answered."""
        try:
            found = dead_letter.load(self._store, self._prefix, bucket, key)
            if found is None:  # foreign, or gone since the listing
                return True
            settlement = replay.settle_again(self._pipeline, found)
            if settlement.is_settled:
                found.remove()
                self._counts["healed"] += 1
                return True
        except StoreError as error:
            self._counts["kept"] += 1
            self._problem = str(error)
            return error.permanent  # a refusal is an answer
        except Exception:  # noqa: BLE001 - a defect met by one dead letter does not end the run
            self._counts["kept"] += 1
            return True
        self._counts["kept"] += 1
        return all(job.reason != Unavailable.reason for job in settlement.jobs)

    def _keys(self, bucket: str) -> Iterator[str]:
        """Yield the keys of dead letters that may settle by themselves."""
        for folder in random.sample((RETRY, INTERNAL_ERROR), 2):
            for key in self._from_random(bucket, self._prefix + folder):
                if not key.endswith(OF_THIS_RELEASE):
                    yield key

    def _from_random(self, bucket: str, folder: str) -> Iterator[str]:
        """Yield the keys below a folder from a random one on, then those before it."""
        start = folder + secrets.token_hex(16)
        yield from self._store.walk_keys(bucket, folder, start, self._limits.page)
        for key in self._store.walk_keys(bucket, folder, "", self._limits.page):
            if key > start:  # taken already
                return
            yield key

    def _count_waiting(self, bucket: str) -> int:
        """Return how many dead letters wait for a person or another release, at most so many as COS lists at once."""
        keys = self._store.list_keys(bucket, self._prefix, "", _MOST_COUNTED)
        passing = self._prefix + RETRY
        return sum(not (key.startswith(passing) or checkpoint.is_one(key, self._prefix)) for key in keys)
