"""ZTF's light curves, from IRSA (CSV, or a VOTable that tells an error) and from SNAD (JSON)."""

import warnings
from io import BytesIO

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, SurveyPoints, TimeScale
from crowdsky_tui.timeseries.surveys.tables import (
    MOST_ROWS,
    lines_of,
    magnitude,
    modified_day,
    number,
    refusal,
    rows_of,
    uncertainty,
    word,
)

COLUMNS = ("oid", "mjd", "mag", "magerr", "catflags", "filtercode")
SECONDS_A_DAY = 86_400.0
SNAD_EXPOSURE_S = 30.0


def read_irsa(raw: bytes) -> SurveyPoints:
    """IRSA's answer as CSV: a point for each row, flagged where `catflags` is not 0.

    `mjd` is taken as the exposure's start, so that half of `exptime` is added. Each object id is a
    series of its own: it has a zero point of its own.

    Raises
    ------
    SurveyRefused
        An error told in a VOTable, a page of HTML, or a table without the columns.
    """
    text = raw.lstrip()
    if text.startswith((b"<?xml", b"<VOTABLE")):
        return _read_votable(raw)
    points, unread = [], 0
    for row in rows_of(lines_of(raw), COLUMNS):
        start, mag = modified_day(row.get("mjd")), magnitude(row.get("mag"))
        flags = number(row.get("catflags"), 0, 2**31)
        if start is None or mag is None or flags is None:
            unread += 1
            continue
        exposure_s = number(row.get("exptime"), 0.0, 3600.0) or 0.0
        points.append(
            SurveyPoint(
                day=start + exposure_s / 2 / SECONDS_A_DAY,
                mag=mag,
                error=uncertainty(row.get("magerr")),
                band=word(row.get("filtercode")),
                series=word(row.get("oid")),
                flags=int(Quality.SURVEY) if flags else 0,
            )
        )
    return SurveyPoints(_ordered(points), TimeScale.JD_UTC, unread)


def _read_votable(raw: bytes) -> SurveyPoints:
    """A VOTable in place of CSV: an error, or a table without rows."""
    from astropy.io import votable  # a quarter of a second, and hardly ever needed

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            resources = votable.parse(BytesIO(raw), verify="ignore").resources
    except Exception as error:  # noqa: BLE001 - a hostile file; name the kind only
        raise refusal(f"it is no VOTable ({type(error).__name__})") from None
    told = [info for each in resources for info in each.infos if info.name == "QUERY_STATUS"]
    if any(str(info.value).upper() == "ERROR" for info in told):
        said = next((clean(info.content, 200) for info in told if info.content), "it says no more")
        raise refusal(said)
    if any(len(table.array) for each in resources for table in each.tables):
        raise refusal("rows came as a VOTable, though CSV was asked for")
    if not any(each.tables for each in resources):
        raise refusal("it holds no table")
    return SurveyPoints((), TimeScale.JD_UTC)


class _Exposure(msgspec.Struct):
    mjd: float
    mag: float
    magerr: float | None = None


class _Meta(msgspec.Struct):
    filter: str


class _Object(msgspec.Struct):
    meta: _Meta
    lc: list[_Exposure]


def read_snad(raw: bytes) -> SurveyPoints:
    """SNAD's answer: `{oid: {meta: {filter}, lc: [{mjd, mag, magerr}]}}`; `{}` is empty.

    Raises
    ------
    SurveyRefused
        It is no such answer.
    """
    try:
        objects = msgspec.json.decode(raw, type=dict[str, _Object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal(f"it is not SNAD's form: {clean(error, 120)}") from None
    if sum(len(each.lc) for each in objects.values()) > MOST_ROWS:
        raise refusal(f"it has more than {MOST_ROWS:,} rows", "Ask for a smaller circle.")
    points, unread = [], 0
    for oid, each in objects.items():
        for row in each.lc:
            start, mag = modified_day(str(row.mjd)), magnitude(str(row.mag))
            if start is None or mag is None:
                unread += 1
                continue
            points.append(
                SurveyPoint(
                    day=start + SNAD_EXPOSURE_S / 2 / SECONDS_A_DAY,
                    mag=mag,
                    error=uncertainty(str(row.magerr)),
                    band=word(each.meta.filter),
                    series=word(oid),
                )
            )
    return SurveyPoints(_ordered(points), TimeScale.JD_UTC, unread)


def _ordered(points: list[SurveyPoint]) -> tuple[SurveyPoint, ...]:
    return tuple(sorted(points, key=lambda each: (each.day, each.series, each.mag)))
