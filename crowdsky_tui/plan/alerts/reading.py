"""What the readers of alerts share: numbers, moments, and the error of an answer that is none."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui.base.errors import ProtocolError

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding hostile JSON may raise."""
_DECIMAL_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}(?:\.\d+)?)")


class NotUnderstood(ProtocolError):
    """A source's answer is not of the form that is known here."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source} is not understood", why, "Try again later")


def moment(text: object) -> datetime | None:
    """A moment, aware in UTC: ISO 8601, with or without Z, or `2021-06-9.44` (a decimal day).

    None for what is none.
    """
    if not isinstance(text, str) or len(text) > 40:
        return None
    short = text.strip()
    try:
        if found := _DECIMAL_DAY.fullmatch(short):
            year, month, day = int(found[1]), int(found[2]), float(found[3])
            first = datetime(year, month, int(day), tzinfo=UTC)
            return first + timedelta(seconds=round((day - int(day)) * 86400))
        at = datetime.fromisoformat(short.replace("Z", "+00:00"))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def magnitude(value: object) -> float | None:
    """A magnitude between -30 and 35; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(f"{value}".strip().lstrip("<>~").rstrip(":"))
    except ValueError:
        return None
    return found if -30 <= found <= 35 else None
