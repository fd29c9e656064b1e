"""Positions as telescope.org writes them: J2000, hours and degrees, hundredths of a second."""

import re

from crowdsky_tui.sky.coordinates import PositionJ2000

_TEXT = re.compile(
    r"\s*(\d{1,2})[: ](\d{1,2})[: ](\d{1,2}(?:\.\d*)?)\s+"
    r"([+-]?)(\d{1,2})[: ](\d{1,2})[: ](\d{1,2}(?:\.\d*)?)\s*"
)


def _split(hundredths: int) -> tuple[int, int, int, int]:
    seconds, fraction = divmod(hundredths, 100)
    minutes, second = divmod(seconds, 60)
    return minutes // 60, minutes % 60, second, fraction


def ra_parts(ra_deg: float) -> tuple[int, int, int, int]:
    """Hours, minutes, seconds and hundredths of a right ascension in degrees.

    Rounded first, then split: 59.999 s is the next minute, 24 h is 0 h.
    """
    return _split(round(ra_deg * 24000) % 8_640_000)


def dec_parts(dec_deg: float) -> tuple[str, int, int, int, int]:
    """Sign, degrees, minutes, seconds and hundredths of a declination in degrees."""
    return ("-" if dec_deg < 0 else "+", *_split(round(abs(dec_deg) * 360_000)))


def object_id(position: PositionJ2000) -> str:
    """A position as the request constructor wants it: "21:42:42.80 +43:35:09.86"."""
    hours, minutes, seconds, fraction = ra_parts(position.ra_deg_j2000)
    sign, degrees, dec_minutes, dec_seconds, dec_fraction = dec_parts(position.dec_deg_j2000)
    return (
        f"{hours:02d}:{minutes:02d}:{seconds:02d}.{fraction:02d}"
        f" {sign}{degrees:02d}:{dec_minutes:02d}:{dec_seconds:02d}.{dec_fraction:02d}"
    )


def read_object_id(text: str) -> PositionJ2000 | None:
    """The position that such a text means; None if it is none."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds, sign, degrees, dec_minutes, dec_seconds = found.groups()
    ra = 15 * (int(hours) + int(minutes) / 60 + float(seconds) / 3600)
    dec = int(degrees) + int(dec_minutes) / 60 + float(dec_seconds) / 3600
    if ra >= 360 or dec > 90 or max(int(minutes), int(dec_minutes)) > 59:
        return None
    return PositionJ2000(ra_deg_j2000=ra, dec_deg_j2000=-dec if sign == "-" else dec)
