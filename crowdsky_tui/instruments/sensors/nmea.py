"""NMEA 0183: time and place from a GPS receiver's RMC and GGA sentences."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.instruments.sensors.reading import number

TALKERS = ("GP", "GN", "GL", "GA", "GB")
ROLLOVER = timedelta(days=19 * 365.25)
"""A receiver whose week counter rolled over is a multiple of 1024 weeks off."""
LONGEST_SENTENCE = 120


@dataclass(frozen=True, slots=True)
class Fix:
    """What one sentence tells; None where it does not.

    Latitude and longitude (east) are degrees, elevation metres above mean sea level.
    """

    time: datetime | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    elevation_m: float | None = None


def parse(sentence: str, today: date) -> Fix | None:
    """Read one sentence.

    Parameters
    ----------
    sentence : str
        From its dollar sign to its checksum.
    today : date
        Tells the century of a two-digit year, and whether a date can be right.

    Returns
    -------
    Fix or None
        None for sentences other than RMC and GGA, and while the receiver has no fix.

    Raises
    ------
    SensorGarbled
        If the checksum or the form is wrong, or the date is more than 19 years off.
    """
    fields = _checked(sentence.strip())
    if fields[0][:2] not in TALKERS:
        return None
    try:
        if fields[0][2:] == "RMC":
            return _rmc(fields, today)
        if fields[0][2:] == "GGA":
            return _gga(fields)
    except (ValueError, IndexError) as error:
        raise _garbled() from error
    return None


def checksum(body: str) -> str:
    """The two hexadecimal digits for what stands between "$" and "*"."""
    return f"{reduce(lambda so_far, char: so_far ^ ord(char), body, 0) & 0xFF:02X}"


def _checked(sentence: str) -> list[str]:
    body, star, given = sentence.removeprefix("$").partition("*")
    well = sentence.startswith("$") and star and sentence.isascii()
    if not well or len(sentence) > LONGEST_SENTENCE or checksum(body) != given.strip().upper():
        raise _garbled()
    return body.split(",")


def _rmc(fields: list[str], today: date) -> Fix | None:
    if fields[2] != "A":
        return None
    time = _time(fields[1], fields[9], today)
    if abs(time.date() - today) > ROLLOVER:
        raise ValueError("the date is more than 19 years off")
    return Fix(time, _degrees(fields[3], fields[4], "NS"), _degrees(fields[5], fields[6], "EW"))


def _gga(fields: list[str]) -> Fix | None:
    if int(fields[6] or 0) == 0:
        return None
    elevation = number(fields[9]) if fields[9] and fields[10] == "M" else None
    return Fix(
        None, _degrees(fields[2], fields[3], "NS"), _degrees(fields[4], fields[5], "EW"), elevation
    )


def _degrees(text: str, side: str, sides: str) -> float:
    """Degrees from `dddmm.mmm` and the letter of its side; the second one is negative."""
    whole, dot, part = text.partition(".")
    if side not in tuple(sides) or not whole.isdecimal() or (dot and not part.isdecimal()):
        raise ValueError("no angle")
    minutes = number(whole[-2:] + dot + part)
    degrees = int(whole[:-2] or 0) + minutes / 60
    if minutes >= 60 or degrees > (90 if sides == "NS" else 180):
        raise ValueError("no angle")
    return degrees if side == sides[0] else -degrees


def _time(clock: str, day: str, today: date) -> datetime:
    whole, _, part = clock.partition(".")
    if not (whole.isdecimal() and day.isdecimal() and len(whole) == 6 and len(day) == 6):
        raise ValueError("no time")
    year = today.year - today.year % 100 + int(day[4:])
    year -= 100 if year > today.year + 50 else 0
    seconds = number(f"0.{part}") if part else 0.0
    begin = datetime(year, int(day[2:4]), int(day[:2]), int(whole[:2]), int(whole[2:4]), tzinfo=UTC)
    return begin + timedelta(seconds=int(whole[4:]) + seconds)


def _garbled() -> SensorGarbled:
    """What is said of a sentence; not what it says, which may be the observer's place."""
    return SensorGarbled("the GPS receiver sent something else", "its form or checksum is wrong")
