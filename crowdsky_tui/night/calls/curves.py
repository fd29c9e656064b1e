"""Calls about curves: the projects' stars, a star's points, what the observer says of them."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.curves.aavso import jd_of
from crowdsky_tui.curves.curve import StarCurve, star_curves
from crowdsky_tui.curves.export import Report
from crowdsky_tui.curves.export_files import SUFFIXES, curves_to_export, write_curves
from crowdsky_tui.curves.frame_files import file_of
from crowdsky_tui.curves.periods import Searched, search_periods
from crowdsky_tui.curves.project import effective, judged
from crowdsky_tui.curves.stars import StarRow, list_stars, measured_of, project_named
from crowdsky_tui.curves.survey_points import SurveySeries, survey_series, thinned
from crowdsky_tui.curves.survey_product import SurveyProduct
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.pictures.saving import file_name, free_path, make_folder

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crowdsky_tui.night.interfaces import NightParts

MOST_PIXELS = 2000


class ListCurves(Call[tuple[StarRow, ...]], frozen=True):
    """The targets of all projects, with what is known of their curves."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S

    async def run(self, night: "NightParts") -> tuple[StarRow, ...]:
        return await list_stars(night.records.database, night.science)


class ShowCurve(Call[tuple[StarCurve, ...]], frozen=True):
    """A star's curves, one for each telescope and filter."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    project: str
    star: str

    async def run(self, night: "NightParts") -> tuple[StarCurve, ...]:
        database = night.records.database
        project = await project_named(database, self.project)
        measured = await measured_of(database, project)
        floor = effective(project).settings.floor_mag
        return tuple(await star_curves(measured, self.star, night.science, floor))


async def one_curve(
    night: "NightParts", project: str, star: str, band: str, telescope: str
) -> StarCurve:
    """The curve of a star in one band, by one telescope. UsageError if it is there no more."""
    for curve in await ShowCurve(project, star).run(night):
        if (curve.band, curve.telescope) == (band, telescope):
            return curve
    raise UsageError(f"{clean(star, 40)} has no such curve any more", "", "Read it again")


class ShowSurveys(Call[tuple[SurveySeries, ...]], frozen=True):
    """What surveys have of a star, from their kept answers: none is asked."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    project: str
    star: str

    async def run(self, night: "NightParts") -> tuple[SurveySeries, ...]:
        def work(connection: "sa.Connection") -> dict[str, SurveyProduct]:
            from crowdsky_tui.curves import survey_rows

            return survey_rows.survey_products(connection, self.project)

        known = await night.records.database.run(work)
        folder = night.settings.survey_answers
        found = await survey_series(known.values(), self.star, night.science, folder)
        return tuple(msgspec.structs.replace(each, points=thinned(each.points)) for each in found)


class SearchPeriods(Call[Searched], frozen=True):
    """The periods of one of a star's curves, each with its aliases."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    project: str
    star: str
    band: str
    telescope: str

    async def run(self, night: "NightParts") -> Searched:
        curve = await one_curve(night, self.project, self.star, self.band, self.telescope)
        return await search_periods(curve, night.science)


class JudgePoint(Call[str], frozen=True):
    """Reject a star's point in a frame (SHA-256), or keep it again; a line that says so."""

    project: str
    star: str
    frame: str
    reject: bool

    async def run(self, night: "NightParts") -> str:
        database = night.records.database
        project = await project_named(database, self.project)
        changed = judged(project, self.star, self.frame, reject=self.reject)
        now = night.clock.now()

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.curves import rows

            rows.save_project(connection, changed, now)

        await database.run(work)
        return "rejected" if self.reject else "kept"


class ShowCurveFrame(Call[Preview], frozen=True):
    """A picture of the frame behind a point (SHA-256, name), fitted into width and height."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    project: str
    frame: str
    name: str
    width: int
    height: int

    async def run(self, night: "NightParts") -> Preview:
        project = await project_named(night.records.database, self.project)
        path = await asyncio.to_thread(file_of, project, self.frame, self.name)
        width, height = (min(max(each, 1), MOST_PIXELS) for each in (self.width, self.height))
        return await night.science.preview(path, width, height)


class ExportCurve(Call[str], frozen=True):
    """Write a star's curves as a file (a form of `SUFFIXES`) into the folder of saved pictures.

    Nothing that is there is overwritten. A line with the file's path.
    """

    patience_s: ClassVar[float] = SLOW_S
    project: str
    star: str
    form: str
    observer: str = ""
    chart: str = ""

    async def run(self, night: "NightParts") -> str:
        database = night.records.database
        project = await project_named(database, self.project)
        measured = await measured_of(database, project)
        what = await curves_to_export(
            project, effective(project), measured, self.star, self.form, night.science
        )
        folder = night.settings.pictures
        await to_its_end(make_folder, folder)
        name = file_name(f"{project.name} {self.star} {self.form}", SUFFIXES[self.form])
        path = await to_its_end(free_path, folder, name)
        report = Report(observer=self.observer.strip(), chart=self.chart.strip())
        now = jd_of(night.clock.now())
        done = await write_curves(what, self.form, path, report, now_jd=now, science=night.science)
        left = "".join(f"; left out: {each}" for each in done.left_out)
        return clean(f"{done.points} points written: {path}{left}", 400)
