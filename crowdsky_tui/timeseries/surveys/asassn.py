"""ASAS-SN's saved curves: Sky Patrol 1, its precomputed files, and Sky Patrol 2.

The two pipelines do not agree with each other, so that a series names its own.
"""

from collections.abc import Mapping, Sequence

from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, SurveyPoints, TimeScale
from crowdsky_tui.timeseries.surveys.tables import (
    day,
    lines_of,
    magnitude,
    refusal,
    rows_of,
    uncertainty,
    word,
)

V_CAMERAS = frozenset(f"b{letter}" for letter in "abcdefgh")
NO_ERROR = 99.0


def read_asassn(raw: bytes) -> SurveyPoints:
    """Points and limits (`>14.814`); the band by the column Filter, or else by the camera.

    Raises
    ------
    SurveyRefused
        It has the columns of none of the three.
    """
    lines = [line for line in lines_of(raw) if line.strip() and not line.startswith("#")]
    names = [name.strip().lower() for name in (lines[0] if lines else "").split(",")]
    if "hjd" in names:
        time, pipeline, scale = "hjd", "1", TimeScale.HJD_UTC
    elif "jd" in names:
        time, pipeline, scale = "jd", "2", TimeScale.JD_UTC
    else:
        raise refusal("it has neither a column HJD nor one JD", "Save the curve as CSV.")
    camera = next((name for name in ("camera", "cam") if name in names), "")
    needed = (time, "mag", camera or "camera")
    return _read(lines, needed, pipeline, scale)


def _read(
    lines: Sequence[str], needed: tuple[str, str, str], pipeline: str, scale: TimeScale
) -> SurveyPoints:
    points, unread = [], 0
    for row in rows_of(lines, needed):
        point = _point(row, needed, pipeline)
        if point is None:
            unread += 1
        else:
            points.append(point)
    points.sort(key=lambda each: (each.day, each.series))
    return SurveyPoints(tuple(points), scale, unread)


def _point(
    row: Mapping[str, str], columns: tuple[str, str, str], pipeline: str
) -> SurveyPoint | None:
    time, mag_column, camera_column = columns
    camera = word(row.get(camera_column))
    said = (row.get(mag_column) or "").strip()
    when = day(row.get(time))
    mag = magnitude(said.lstrip(">"))
    told = row.get("mag_err")
    error = uncertainty(told)
    missing = mag is not None and mag >= NO_ERROR
    if missing or mag is None:  # a limit of pipeline 2 has no magnitude, but a limit
        mag = magnitude(row.get("limit"))
    if when is None or mag is None or not camera:
        return None
    return SurveyPoint(
        day=when,
        mag=mag,
        error=error,
        limit=error is None,
        band=word(row.get("filter")) or ("V" if camera[:2].lower() in V_CAMERAS else "g"),
        series=f"{pipeline} {camera}",
    )
