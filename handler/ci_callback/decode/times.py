"""CI's times: 2024-05-06T07:08:09+0800, in workflows with a space for the T."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

_FORM = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?(?:(Z)|([+-]\d\d):?(\d\d))", re.ASCII)


def read_time(value: Any) -> Any:
    """Return CI's spelling of a time in RFC 3339, None for its "-"; any other value unchanged."""
    if not isinstance(value, str) or not (match := _FORM.fullmatch(value)):
        return None if value == "-" else value
    day, clock, fraction, zulu, hours, minutes = match.groups()
    return f"{day}T{clock}{fraction or ''}{zulu or f'{hours}:{minutes}'}"


def instant(time: object) -> datetime | None:
    """Parse an RFC 3339 time into a moment in UTC; None if it is none."""
    if not isinstance(time, str) or not (match := _FORM.fullmatch(time)):
        return None
    day, clock, fraction, zulu, hours, minutes = match.groups()
    offset = "+00:00" if zulu else f"{hours}:{minutes}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{fraction or '.':0<7}{offset}").astimezone(timezone.utc)
    except (ValueError, OverflowError):  # February 30th; an hour before the year 1
        return None
