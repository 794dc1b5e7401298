"""Bounds of one run of a command: it ends before the invocation does, and its report stays small."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ci_callback.cloud.deadline import Deadline


class Limits(NamedTuple):
    """`time_s` is the time that one more job, dead letter or look at COS needs: a handful of requests."""

    time_s: float = 2.0
    jobs: int = 1_000_000  # that a sweep settles
    dead_letters: int = 500  # that a replay takes, each with a line of the report
    page: int = 100  # jobs or keys of one listing; CI lists no more at once
    named: int = 100  # jobs that a sweep's report names, of either kind
    named_each: int = 20  # jobs of each dead letter that a replay's report names

    def leave_time(self, deadline: Deadline) -> bool:
        """Return whether there is time for one more step."""
        return deadline.left() >= self.time_s


LIMITS = Limits()
