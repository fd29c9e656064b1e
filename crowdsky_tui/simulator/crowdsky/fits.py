"""FITS headers and dates as the CrowdSky server's PHP reads them, sharp edges included.

Written by hand on purpose: a real FITS library would forgive what the server does not.
Source of every rule: docs/design/crowdsky-protocol.md 2.2, 4.
"""

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo

from crowdsky_tui.blocks import chunk_str, format_chunk_key, healpix_pixel

BLOCK = 2880
CARD = 80
HEADER_BLOCKS = 10
HEADER_BYTES = HEADER_BLOCKS * BLOCK
MAGIC = b"SIMPLE  =" + b" " * 20 + b"T"

_NUMBER = re.compile(r"[ \t\n\r\v\f]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>0?[1-9]|1[0-2])-(?P<day>0?[0-9]|[12][0-9]|3[01])"
    r"(?:[Tt ]+(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9]|60)(?:\.[0-9]+)?)?)?"
    r"\s*(?:(?P<utc>[Zz]|UTC)|(?P<sign>[+-])(?P<zone_h>[0-9]{2}):?(?P<zone_m>[0-9]{2}))?"
)
_BARE_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12][0-9]|3[01])"
)
_COLUMN = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:\.[0-9]*)?)?"
)


class BadHeader(ValueError):
    """The file does not begin as the server wants a FITS file to begin."""


def read_cards(head: bytes) -> dict[str, str]:
    """The header values, as text, of a file that begins with `head`.

    Only ten whole blocks are looked at; a shorter file has no metadata. A string whose quote is not
    in column 11 keeps its quotes, and a doubled quote ends it. Raises BadHeader.
    """
    if not head.startswith(MAGIC):
        raise BadHeader("Invalid FITS file (bad header).")
    cards: dict[str, str] = {}
    whole = min(len(head), HEADER_BYTES) // BLOCK * BLOCK
    for start in range(0, whole, CARD):
        card = head[start : start + CARD].decode("latin-1")
        key = card[:8].strip()
        if key == "END":
            break
        if card[8:10] == "= ":
            cards[key] = _value(card[10:])
    return cards


def _value(text: str) -> str:
    if text.startswith("'"):
        return text[1:].partition("'")[0].strip()
    return text.partition("/")[0].strip()


def number(text: str | None) -> float | None:
    """A value that PHP calls numeric, None for any other (`1.0D2`, sexagesimal, empty)."""
    if text is None or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def strtotime(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """A DATE-OBS as PHP's `strtotime` takes it: aware UTC, whole seconds, None if unreadable.

    A date without an offset is read in `zone`, PHP's `date.timezone`. The 30th of February is the
    2nd of March, second 60 is the next minute, and `now` is a date.
    """
    if text.lower() == "now":
        return now.astimezone(UTC).replace(microsecond=0)
    match = _BARE_DATE.fullmatch(text) or _DATE.fullmatch(text)
    if match is None:
        return None
    part = match.groupdict()
    try:
        return _moment(part, zone)
    except OverflowError:
        return None


def _moment(part: dict[str, str], zone: tzinfo) -> datetime:
    """The parts of a date, rolled over where they are too large, as aware UTC."""
    first = datetime(int(part["year"]) or 1, int(part["month"]), 1)  # noqa: DTZ001 - zone follows
    local = first + timedelta(
        days=int(part["day"]) - 1,
        hours=int(part.get("hour") or 0),
        minutes=int(part.get("minute") or 0),
        seconds=int(part.get("second") or 0),
    )
    if part.get("utc"):
        return local.replace(tzinfo=UTC)
    if part.get("sign"):
        offset = timedelta(hours=int(part["zone_h"]), minutes=int(part["zone_m"]))
        return local.replace(tzinfo=UTC) - (offset if part["sign"] == "+" else -offset)
    return local.replace(tzinfo=zone).astimezone(UTC)


def column_datetime(text: str) -> str:
    """`text` as a DATETIME column keeps it (`YYYY-MM-DD HH:MM:SS`, fraction dropped).

    ValueError where MariaDB in strict mode refuses the insert: a `Z`, an offset, an impossible
    date.
    """
    match = _COLUMN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"Incorrect datetime value: {text!r}")
    numbers = [int(value or 0) for value in match.groups()]
    year, month, day, hour, minute, second = numbers
    moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the column keeps no zone
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def column_text(moment: datetime) -> str:
    """A moment as the server's database prints it, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def chunk_key(date_obs: datetime | None, ra_deg: float | None, dec_deg: float | None) -> str | None:
    """The server's key for a header: no HP part without a position, None without a date.

    A position off the sphere counts as none.
    """
    if date_obs is None:
        return None
    chunk = chunk_str(date_obs)
    if ra_deg is None or dec_deg is None or not -90 <= dec_deg <= 90:
        return chunk
    return format_chunk_key(chunk, healpix_pixel(ra_deg % 360, dec_deg))
