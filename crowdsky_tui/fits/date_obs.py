"""DATE-OBS, also without astropy, which takes most of a second to load. Child only.

Every night's newest sub-frame is asked for nothing else (`device.nametimes`).
"""

import re
from datetime import UTC, datetime

CARD = 80
FIRST_CARD = b"SIMPLE  =                    T"
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_PLAIN_CARD = re.compile(rb"DATE-OBS= '([0-9T :.Z+-]{8,40})' *(?:/.*)?")


def parse_date_obs(text: str) -> datetime | None:
    """A DATE-OBS as aware UTC: `T` or a blank between, any fraction; without a zone it is UTC.

    None for anything else, and for days and times that do not exist.
    """
    if not _DATE.fullmatch(text):
        return None
    try:
        when = datetime.fromisoformat(text)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def plain_date_obs(head: bytes) -> datetime | None:
    """DATE-OBS of a header that has it once, in the plain form; None where astropy has to look."""
    if not head.startswith(FIRST_CARD):
        return None
    found: list[bytes] = []
    for start in range(0, len(head) - CARD + 1, CARD):
        card = head[start : start + CARD]
        if card.startswith(b"DATE-OBS"):
            found.append(card)
        if card.rstrip() == b"END":
            match = _PLAIN_CARD.fullmatch(found[0]) if len(found) == 1 else None
            return parse_date_obs(match[1].decode("ascii").rstrip()) if match else None
    return None
