"""The finding for a bucket that there was no time to examine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.commands.finding import warning
from ci_callback.commands.limits import LIMITS

if TYPE_CHECKING:
    from ci_callback.commands.finding import Finding
    from ci_callback.commands.inquiry import Inquiry


def is_time_over(inquiry: Inquiry) -> bool:
    """Return whether there is no time for another handful of requests."""
    return not LIMITS.leave_time(inquiry.store.deadline)


def time_over(check: str, bucket: str) -> Finding:
    """Return the finding for a bucket."""
    message = f"The time was over before {bucket} was examined."
    return warning(check, message, 'Raise timeout in serverless.yml, or name one bucket: {"doctor": {"bucket": "…"}}.')
