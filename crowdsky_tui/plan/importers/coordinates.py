"""Right ascension and declination as people and programs write them. Pure.

The real world has `01h 33' 51""` (a doubled quote), `30º 39' 37""` (an ordinal sign for a degree),
`-00 12 30`, a true minus, 24h for 0h. A bare decimal right ascension may be hours or degrees: only
the whole column can tell (`ra_unit_of`), never one row.
"""

import re
from collections.abc import Iterable
from typing import Literal

RaUnit = Literal["hours", "degrees"]
_SIGNS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "º": "°", "˚": "°",
                        "’": "'", "′": "'", "‘": "'", "″": '"', "“": '"', "”": '"', "\xa0": " ",
                        ",": "."})  # fmt: skip
_DECIMAL = re.compile(r"([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s*(h|hours?|hr|d|deg|degrees?|°)?", re.I)
_PARTS = re.compile(
    r"([+-]?)\s*(\d{1,3})\s*(h|hr|d|deg|°|:|\s)\s*(\d{1,2}(?:\.\d+)?)\s*(?:m|min|'|:|\s|$)\s*"
    r"(?:(\d{1,2}(?:\.\d*)?)\s*(?:s|sec|\"|''|\s)*)?",
    re.IGNORECASE,
)
LONGEST = 40


def ra_unit_of(texts: Iterable[str], heading: str = "") -> RaUnit | None:
    """What the bare decimals of a column of right ascensions are in; None if nobody can tell.

    The heading decides (`ra_deg`, `RA (hours)`); else any value above 24 makes all of them degrees.
    """
    words = re.split(r"[^a-z]+", heading.casefold())
    if {"deg", "degs", "degree", "degrees", "d"} & set(words):
        return "degrees"
    if {"h", "hr", "hrs", "hour", "hours"} & set(words):
        return "hours"
    bare = [
        float(found[2])
        for text in texts
        if (found := _DECIMAL.fullmatch(_plain(text))) and not found[3]
    ]
    if not bare:
        return "hours"  # nothing to be told: all say it themselves
    return "degrees" if max(bare) > 24 else None


def read_ra(text: str, unit: RaUnit | None) -> float:
    """Degrees, 0 to below 360. `unit` is that of a bare decimal. Raises ValueError."""
    plain = _plain(text)
    if found := _DECIMAL.fullmatch(plain):
        sign, number, said = found.groups()
        hours = said.casefold().startswith("h") if said else unit == "hours"
        if not said and unit is None:
            raise ValueError("nobody can tell whether this right ascension is hours or degrees")
        return _ra(sign, float(number) * (15 if hours else 1))
    if found := _PARTS.fullmatch(plain):
        sign, whole, mark, minutes, seconds = found.groups()
        value = _sum(whole, minutes, seconds)
        in_degrees = mark.casefold() in ("d", "deg", "°")
        return _ra(sign, value if in_degrees else 15 * value)
    raise ValueError("this is no right ascension")


def read_dec(text: str) -> float:
    """Degrees from -90 to 90. Raises ValueError."""
    plain = _plain(text)
    if found := _DECIMAL.fullmatch(plain):
        sign, number, said = found.groups()
        value = float(number)
        hours = bool(said) and said.casefold().startswith("h")
    elif found := _PARTS.fullmatch(plain):
        sign, whole, mark, minutes, seconds = found.groups()
        value, hours = _sum(whole, minutes, seconds), mark.casefold() in ("h", "hr")
    else:
        raise ValueError("this is no declination")
    if hours:
        raise ValueError("a declination is in degrees")
    if value > 90:
        raise ValueError("a declination goes to 90° either way")
    return -value if sign == "-" else value


def split_pair(text: str) -> tuple[str, str]:
    """Both coordinates of one text, `20h06m15.45s +44d27m24.7s`. Raises ValueError."""
    plain = _plain(text)
    signs = [found.start() for found in re.finditer(r"[+-]", plain) if found.start() > 0]
    if signs:
        return plain[: signs[-1]].strip(), plain[signs[-1] :].strip()
    words = plain.split()
    if len(words) % 2 or not words:
        raise ValueError("these are no two coordinates")
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def _ra(sign: str, degrees: float) -> float:
    if sign == "-" and degrees:
        raise ValueError("a right ascension is not negative")
    if degrees > 360:
        raise ValueError("a right ascension goes up to 24h (360°)")
    return degrees % 360


def _sum(whole: str, minutes: str, seconds: str | None) -> float:
    """Whole units, minutes and seconds; only the last of them may have decimals."""
    if float(minutes) >= 60 or float(seconds or 0) >= 60:
        raise ValueError("minutes and seconds go up to 59")
    if seconds and "." in minutes:
        raise ValueError("minutes before seconds are whole")
    return int(whole) + float(minutes) / 60 + float(seconds or 0) / 3600


def _plain(text: str) -> str:
    """One kind of each sign, no quotes doubled by a spreadsheet, single blanks."""
    short = text[:LONGEST].translate(_SIGNS) if len(text) <= LONGEST else ""
    return " ".join(re.sub('"+', '"', short).split())
