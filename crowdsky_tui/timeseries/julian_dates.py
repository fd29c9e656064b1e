"""Julian dates, and the middle of a block's exposure. No astropy.

Source: J. Meeus, Astronomical Algorithms, chapter 7. UTC throughout; a leap second counts as the
second after it, as everywhere in computers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import Quality

UNIX_EPOCH_JD = 2440587.5
MJD_ZERO = 2400000.5
DAY_S = 86400.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TimeSource = Literal["journal", "block cards", "header"]


def julian_date(moment: datetime) -> float:
    """The Julian date (UTC) of an aware datetime; good to 40 microseconds.

    Raises
    ------
    CurveRefused
        The datetime has no zone.
    """
    return UNIX_EPOCH_JD + (_aware(moment) - _EPOCH) / timedelta(days=1)


def from_julian_date(jd: float) -> datetime:
    """The aware UTC datetime of a Julian date (UTC), to the nearest millisecond.

    Raises
    ------
    CurveRefused
        No year from 1 to 9999.
    """
    try:
        milliseconds = round((jd - UNIX_EPOCH_JD) * DAY_S * 1000)
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError) as error:
        raise CurveRefused("Not a date", f"the Julian date {jd}") from error


def jd_of_mjd(mjd: float) -> float:
    """MJD + 2400000.5."""
    return mjd + MJD_ZERO


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of an exposure, how it is known, and the quality bits that follow from that."""

    when: datetime
    source: TimeSource
    flags: int


def middle_of_exposure(
    sub_frames: Sequence[tuple[datetime, datetime]] = (),
    block: tuple[datetime, datetime] | None = None,
    date_obs: datetime | None = None,
    exposure_s: float | None = None,
) -> Middle:
    """The middle of a stack's exposure, from the best that is known.

    Parameters
    ----------
    sub_frames
        Start and end of each sub-frame that went in, by the journal.
    block
        OB-START and OB-END of a CrowdSky frame.
    date_obs
        Start of the first sub-frame by the header.
    exposure_s
        Seconds of light altogether. Half of it after `date_obs` is too early, about two minutes
        for 390 s of light in 650 s of clock: that is flagged.

    Raises
    ------
    CurveRefused
        Nothing of it is known, an end lies before its start, or a datetime has no zone.
    """
    if sub_frames:
        starts, ends = zip(*sub_frames, strict=True)
        return Middle(_between(min(starts, key=_aware), max(ends, key=_aware)), "journal", 0)
    if block is not None:
        return Middle(_between(*block), "block cards", 0)
    if date_obs is None:
        raise CurveRefused("A point has no time", "neither a journal nor a card tells it")
    if exposure_s is None or not 0 < exposure_s < DAY_S:
        raise CurveRefused("A point has no exposure time", "the header does not tell it")
    when = _aware(date_obs).astimezone(UTC) + timedelta(seconds=exposure_s / 2)
    return Middle(when, "header", int(Quality.TIME_DOUBTFUL))


def _between(start: datetime, end: datetime) -> datetime:
    first, last = _aware(start), _aware(end)
    if last < first:
        raise CurveRefused("A point has no time", "its exposure ends before it begins")
    return first.astimezone(UTC) + (last - first) / 2


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise CurveRefused("A time has no zone", moment.isoformat())
    return moment
