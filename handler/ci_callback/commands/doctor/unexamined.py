"""What could not be looked at before the time was over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.commands.finding import warning

if TYPE_CHECKING:
    from ci_callback.commands.finding import Finding
    from ci_callback.commands.inquiry import Inquiry

_ENOUGH_S = 1.5


def is_too_late(inquiry: Inquiry) -> bool:
    """Whether there is no time for another handful of requests."""
    return inquiry.store.deadline.left() < _ENOUGH_S


def unexamined(check: str, bucket: str) -> Finding:
    """Return that the time ended first."""
    message = f"The time was over before {bucket} had been examined."
    return warning(
        check, message, 'Raise timeout in serverless.yml, or ask for one bucket: {"doctor": {"bucket": "…"}}.'
    )
