"""A survey's points, and the request to read them. Imports no numpy, so that the app can."""

from enum import StrEnum

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError


class Form(StrEnum):
    """How an answer, or a user's file, is written."""

    ZTF = "ztf"
    SNAD = "snad"
    ATLAS = "atlas"
    GAIA = "gaia"
    AAVSO = "aavso"
    AAVSO_FILE = "aavso-file"
    ASASSN = "asassn"
    SATELLITE = "satellite"


class TimeScale(StrEnum):
    """What the days of a point are counted in: they are never mixed."""

    JD_UTC = "JD (UTC)"
    HJD_UTC = "HJD (UTC)"
    BJD_TDB = "BJD (TDB)"


class SurveyPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measurement by others.

    Attributes
    ----------
    day
        Middle of the exposure, a Julian day in its answer's time scale.
    mag
        Magnitude in the survey's own system; of a limit, the faintest that would have been seen.
    error
        Magnitudes; None where the survey tells none.
    limit
        Nothing was seen: the star was fainter than `mag`.
    band
        The survey's own code: zg, o, G, V.
    series
        A part with a zero point of its own: an object id, a camera, an observer.
    system
        STD, DIFF or STEP: what the magnitude is counted from.
    flags
        Quality bits.
    """

    day: float
    mag: float
    error: float | None = None
    limit: bool = False
    band: str = ""
    series: str = ""
    system: str = "STD"
    flags: int = 0


class SurveyRequest(msgspec.Struct, frozen=True, tag_field="op", tag="survey"):
    """Read what a survey answered: a file, plain or in one gzip; `most` points from the first."""

    path: bytes
    form: Form
    first: int = 0
    most: int = 20_000


class SurveyPoints(msgspec.Struct, frozen=True):
    """The points in order of time. None at all is an answer: nothing is there.

    `unread` rows could not be used; `total` is how many points there are in all.
    """

    points: tuple[SurveyPoint, ...]
    scale: TimeScale
    unread: int = 0
    total: int = 0


class SurveyRefused(CrowdSkyError):
    """What came is no answer with points, nor one that says that there are none."""
