"""What the projects' stars did in a night, for the morning report."""

from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.curves.curve import Measured, StarCurve, star_curves
from crowdsky_tui.curves.eclipses import eclipse_words
from crowdsky_tui.curves.night_words import JD_OF_1970, change_words, night_words, points_of
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.curves.recovery import recovery_words
from crowdsky_tui.curves.stars import MOST_STARS, measured_of
from crowdsky_tui.site.place import zone_of

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crowdsky_tui.report.reported_night import ReportedNight

DAY_S = 86400.0
MOST_TRIED = 5
"""Stars of which it is tried what could have been seen: each takes a second or two."""


async def star_lines(night: "ReportedNight", evening: date) -> tuple[str, ...]:
    """What changed in the night of this evening; that it cannot be told is a line, too."""
    database = night.records.database
    if not await database.is_there():
        return ()
    noon = datetime.combine(evening, time(12)).astimezone()
    zone = zone_of(night.settings)
    curves: list[StarCurve] = []
    expected: list[str] = []
    try:
        for project in await database.run(_projects):
            if project.targets:
                measured = await measured_of(database, project)
                found = await _curves(night, project, measured, noon)
                curves += found
                for curve in found:
                    if (ephemeris := project.eclipses.get(curve.star)) is not None:
                        expected += eclipse_words(curve, ephemeris, noon, zone)
        possible = await _recoveries(night, curves, noon, zone)
    except CrowdSkyError as error:
        return (f"they cannot be told: {clean(error, 200)}",)
    return (*night_words(curves, noon, zone), *expected, *possible)


async def night_curves(night: "ReportedNight", evening: date) -> list[tuple[StarCurve, str]]:
    """Curves with good points in the night of this evening, and what each did; the varied first.

    None where the database cannot be read.
    """
    database = night.records.database
    if not await database.is_there():
        return []
    noon = datetime.combine(evening, time(12)).astimezone()
    curves: list[StarCurve] = []
    try:
        for project in await database.run(_projects):
            if project.targets:
                measured = await measured_of(database, project)
                curves += await _curves(night, project, measured, noon)
    except CrowdSkyError:
        return []
    zone = zone_of(night.settings)
    told = [(msgspec.structs.replace(each, points=tuple(points)), change_words(each, noon, zone))
            for each in curves if (points := points_of(each, noon))]  # fmt: skip
    return sorted(told, key=lambda each: not each[1])


async def _recoveries(
    night: "ReportedNight", curves: list[StarCurve], noon: datetime, zone: tzinfo | None
) -> list[str]:
    """What could have been seen of the stars of which nothing was, a few of them."""
    quiet = [each for each in curves if not change_words(each, noon, zone)]
    told: list[str] = []
    try:
        for each in quiet[:MOST_TRIED]:
            told.append(await recovery_words(each, noon, night.science))
    except CrowdSkyError as error:
        told.append(f"what could have been seen cannot be told: {clean(error, 200)}")
    return [each for each in told if each]


def _projects(connection: "sa.Connection") -> tuple[Project, ...]:
    from crowdsky_tui.curves import rows

    return rows.projects(connection)


async def _curves(
    night: "ReportedNight", project: Project, measured: Measured, noon: datetime
) -> list[StarCurve]:
    """Of the targets that are in a frame of this night: of the others there is nothing to say."""
    first = JD_OF_1970 + noon.timestamp() / DAY_S
    tonight = {
        star
        for _, frame, points in measured.frames
        if first <= (frame.jd_utc or 0.0) < first + 1
        for star in points
    }
    floor = effective(project).settings.floor_mag
    found: list[StarCurve] = []
    for star in [each for each in project.targets if each in tonight][:MOST_STARS]:
        found += await star_curves(measured, star, night.science, floor)
    return found
