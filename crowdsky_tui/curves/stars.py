"""The stars of all projects, with what is known of their curves. Imports no SQLAlchemy."""

from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.curve import Measured, StarCurve, load, star_curves
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.curves.variability import Variation, variation
from crowdsky_tui.database.database import Database

if TYPE_CHECKING:
    import sqlalchemy as sa

MOST_STARS = 500
NO_FRAME = "no measured frame shows it"


class CurveSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One curve of a star: how many points, its last good one, and what varied.

    Magnitudes, and Julian dates in UTC; None where there is no good point.
    """

    band: str
    telescope: str
    points: int
    good: int
    last_jd: float | None = None
    last_mag: float | None = None
    last_error: float | None = None
    rms: float | None = None
    variation: Variation | None = None


class StarRow(msgspec.Struct, frozen=True):
    """A star of a project; without curves `problem` says why.

    `fields` are what the telescopes called the targets whose frames show it; `period_d` and `epoch`
    (BJD of a minimum) what the project knows of its eclipses.
    """

    project: str
    star: str
    curves: tuple[CurveSummary, ...] = ()
    problem: str = ""
    fields: tuple[str, ...] = ()
    period_d: float | None = None
    epoch: float | None = None


def summary(curve: StarCurve) -> CurveSummary:
    """What a list tells of a curve."""
    good = [each for each in curve.points if each.good]
    last = good[-1] if good else None
    return CurveSummary(
        band=curve.band,
        telescope=curve.telescope,
        points=len(curve.points),
        good=len(good),
        last_jd=None if last is None else last.jd_utc,
        last_mag=None if last is None else last.mag,
        last_error=None if last is None else last.error,
        rms=curve.rms,
        variation=variation(curve.points),
    )


async def project_named(database: Database, name: str) -> Project:
    """The project of this name. UsageError if there is none."""

    def work(connection: "sa.Connection") -> tuple[Project, ...]:
        from crowdsky_tui.curves import rows

        return rows.projects(connection)

    found = next((each for each in await database.run(work) if each.name == name), None)
    if found is None:
        raise UsageError(
            f"there is no project {clean(name, 60)}", "", "crowdsky-tui curves project makes it"
        )
    return found


async def measured_of(database: Database, project: Project) -> Measured:
    """The project's frames that are done with its present parameters."""
    pars = effective(project)
    return await database.run(lambda connection: load(connection, project, pars))


async def list_stars(database: Database, science: Science) -> tuple[StarRow, ...]:
    """The targets of all projects, by project and in their order there; 500 at most.

    Raises
    ------
    DatabaseError, ScienceUnavailable
        Nothing can be told of any of them.
    """

    def work(connection: "sa.Connection") -> tuple[Project, ...]:
        from crowdsky_tui.curves import rows

        return rows.projects(connection)

    found: list[StarRow] = []
    for project in await database.run(work):
        measured = await measured_of(database, project)
        floor = effective(project).settings.floor_mag
        for star in project.targets[: max(MOST_STARS - len(found), 0)]:
            row = await _row(project.name, star, measured, science, floor)
            if (known := project.eclipses.get(star)) is not None:
                row = msgspec.structs.replace(row, period_d=known.period_d, epoch=known.epoch)
            found.append(row)
    return tuple(found)


async def _row(
    project: str, star: str, measured: Measured, science: Science, floor_mag: float
) -> StarRow:
    fields = {frame.object_name for _, frame, points in measured.frames if star in points}
    if not fields:
        return StarRow(project, star, problem=NO_FRAME)
    try:
        curves = await star_curves(measured, star, science, floor_mag)
    except CrowdSkyError as error:
        if error.retryable:
            raise
        return StarRow(project, star, problem=clean(f"{error.what}: {error.why}", 200))
    return StarRow(
        project, star, tuple(summary(each) for each in curves), fields=tuple(sorted(fields))
    )
