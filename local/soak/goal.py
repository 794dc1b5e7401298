"""The expected content of a key, and the callbacks whose results compete for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ci.jobs import Family


@dataclass(frozen=True)
class Made:
    """A job, or a verdict of a review, in CI's field names, and the bytes of its result."""

    detail: Mapping[str, Any]
    family: Family
    document: bytes = field(repr=False)
    body: bytes = field(default=b"", repr=False)  # the callback of a review

    @property
    def is_review(self) -> bool:
        """True for a verdict of a review."""
        return bool(self.body)


@dataclass(frozen=True)
class Goal:
    """A key, and the results that compete for it, the oldest first: the last one must be stored in the end."""

    key: str
    jobs: tuple[Made, ...]

    @property
    def document(self) -> bytes:
        """The content of the key in the end."""
        return self.jobs[-1].document

    def holds(self, found: bytes | None, at_least: Made) -> bool:
        """Return whether the content of the key is this job's result or a newer one."""
        return found in [job.document for job in self.jobs[self.jobs.index(at_least) :]]


def document_of(fields: Mapping[str, Any]) -> bytes:
    """Write a result in the canonical form."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
