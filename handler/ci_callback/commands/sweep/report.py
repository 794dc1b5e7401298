"""The report of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ci_callback.decode.times import instant

if TYPE_CHECKING:
    from datetime import datetime

    from ci_callback.delivery import Outcome

    from .cursor import Cursor

_COUNTS = ("found", "present", "recovered", "ignored", "failed")


class Report:
    """Counts of jobs, and the first recovered and failed ones by name.

    In a dry run those that would be recovered are called missing. `next` is the cursor, None once every job was taken;
    `end` the end of the windows.
    """

    def __init__(self, named: int, *, dry_run: bool) -> None:
        self._named = named
        self._dry_run = dry_run
        self._recovered: list[dict[str, str]] = []
        self._failed: list[dict[str, str]] = []
        self._latest_s = 0
        self.counts = dict.fromkeys(_COUNTS, 0)
        self.next: Cursor | None = None
        self.end = ""

    def count(self, name: Literal["found", "present", "ignored"]) -> None:
        """Count a job."""
        self.counts[name] += 1

    def recovered(self, outcome: Outcome) -> None:
        """Count and name a job whose result, or actions, were missing."""
        self.counts["recovered"] += 1
        self._latest_s = max(self._latest_s, outcome.late_s or 0)
        if len(self._recovered) < self._named:
            then = {"then": outcome.then} if outcome.then else {}
            self._recovered.append({"JobId": outcome.job_id, "tag": outcome.tag, "key": outcome.key, **then})

    def failed(self, subject: dict[str, str], reason: str, detail: str) -> None:
        """Count and name a job, a Tag or the checkpoint."""
        self.counts["failed"] += 1
        if len(self._failed) < self._named:
            self._failed.append({**subject, "reason": reason, "detail": detail})

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """Return the report's JSON."""
        recovered = "missing" if self._dry_run else "recovered"
        return {
            **{recovered if name == "recovered" else name: count for name, count in self.counts.items()},
            "latest_s": self._latest_s,
            "behind_s": max(0, int((now - (instant(self.end) or now)).total_seconds())),
            f"{recovered}_jobs": self._recovered,
            "failed_jobs": self._failed,
            "next": self.next.model_dump() if self.next else None,
        }
