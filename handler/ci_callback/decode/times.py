"""CI's times: 2024-05-06T07:08:09+0800, in workflows with a space for the T, some without a zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_FORM = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d):(\d\d)(?:\.(\d+))?(?:(Z)|([+-]\d\d):?(\d\d))?", re.ASCII)
_COMMON = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", re.ASCII)
_DIGITS = 6  # of a fraction: microseconds


def read_time(value: str) -> str | None:
    """Return CI's spelling of a time in RFC 3339, None for its "-"; any other text unchanged.

    A time without a zone is in China's, and a fraction is cut off at microseconds.
    """
    if _COMMON.fullmatch(value):
        return f"{value[:-2]}:{value[-2:]}"
    text = value.strip()
    match = _FORM.fullmatch(text)
    if match is None:
        return None if text == "-" else value
    day, clock, second, fraction, zulu, hours, minutes = match.groups()
    decimals = f".{fraction[:_DIGITS]}" if fraction else ""
    zone = zulu or (f"{hours}:{minutes}" if hours else "+08:00")
    return f"{day}T{clock}:{second}{decimals}{zone}"


def instant(time: object) -> datetime | None:
    """Parse an RFC 3339 time into a moment in UTC; None if it is none."""
    if not isinstance(time, str) or not (match := _FORM.fullmatch(time)):
        return None
    day, clock, second, fraction, zulu, hours, minutes = match.groups()
    if not zulu and not hours:
        return None
    offset = "+00:00" if zulu else f"{hours}:{minutes}"
    leap = second == "60"
    text = f"{day}T{clock}:{'59' if leap else second}.{(fraction or '')[:_DIGITS]:0<6}{offset}"
    try:
        return datetime.fromisoformat(text).astimezone(timezone.utc) + timedelta(seconds=leap)
    except (ValueError, OverflowError):  # February 30th; an hour before the year 1
        return None
