"""Which points an action on a curve is about: those of a file, or of a project's star."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.options import CommonOptions, flag, option, positional
from crowdsky_tui.cli.output import print_json, say

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.curves.curve import StarCurve
    from crowdsky_tui.curves.eclipse_ephemeris import Ephemeris
    from crowdsky_tui.curves.project import Project
    from crowdsky_tui.timeseries.messages import CurveFacts

WHICH = "which points"
DAYS = number(1e-6, 1e6, "a number of days")
PATIENCE_S = 3600.0  # the longest wait for one answer; ctrl+c ends it at once


class OfAFile(CommonOptions, frozen=True, kw_only=True):
    """The file, and which points of it."""

    action: str
    file: Annotated[
        Path | None,
        positional("FILE", "a table of time, magnitude, error; AAVSO, ZTF", "?", completes="file"),
    ] = None
    project: Annotated[str, option("NAME", "a star of this project, and no file", group=WHICH)] = ""
    flux: Annotated[bool, flag("a file without column names holds fluxes", group=WHICH)] = False
    star: Annotated[str, option("NAME", "of this star", group=WHICH)] = ""
    band: Annotated[str, option("BAND", "in this band", group=WHICH)] = ""
    system: Annotated[str, option("KIND", "STD, DIFF, STEP", group=WHICH)] = ""
    series: Annotated[str, option("ID", "of this object id", group=WHICH)] = ""
    exposure: Annotated[float | None, option("S", "of S seconds", group=WHICH)] = None
    since: Annotated[float | None, option("DAY", "from this day of the file on", group=WHICH)] = (
        None
    )
    until: Annotated[float | None, option("DAY", "up to this day", group=WHICH)] = None


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The points in the words of the requests, and of a project's star what is known of it.

    `name` is the file's, or project and star; the times of a project are BJD (TDB). `longitude_deg`
    (east) is the site's, of a file 0.
    """

    words: dict[str, Any]
    name: str
    ephemeris: "Ephemeris | None" = None
    parameters_sha256: str = ""
    longitude_deg: float = 0.0

    @property
    def document(self) -> dict[str, object]:
        """What a document says of a project's star; nothing of a file."""
        if not self.parameters_sha256:
            return {}
        return {"of": self.name, "parameters_sha256": self.parameters_sha256}


@contextlib.asynccontextmanager
async def chosen_points(
    options: OfAFile, settings: "Settings", science: "Science"
) -> AsyncIterator[Chosen]:
    """The points that are meant, as long as they are used.

    Raises
    ------
    UsageError
        Neither a file nor a project is named, or both; no such project or star.
    """
    if (options.file is None) == (not options.project):
        raise UsageError("no points are named, or too many", "", "Name FILE or --project NAME")
    if options.file is not None:
        path = os.fsencode(options.file.expanduser())
        yield Chosen(words=_words(options, path, options.star), name=options.file.name)
        return
    from crowdsky_tui.curves.points_file import curves_file
    from crowdsky_tui.curves.project import effective
    from crowdsky_tui.site.place import set_place

    project, curves = await _star_curves(options.project, options.star, settings, science)
    star, place = curves[0].star, set_place(settings)
    async with curves_file(curves) as made:
        yield Chosen(
            words=_words(options, os.fsencode(made), ""),
            name=f"{project.name} {star}",
            ephemeris=project.eclipses.get(star),
            parameters_sha256=effective(project).sha256,
            longitude_deg=0.0 if place is None else place.longitude_deg,
        )


def _words(options: OfAFile, path: bytes, star: str) -> dict[str, Any]:
    chosen = ("flux", "band", "system", "series", "since", "until")
    return {"path": path, "star": star, "exposure_s": options.exposure} | {
        name: getattr(options, name) for name in chosen
    }


async def _star_curves(
    typed: str, star: str, settings: "Settings", science: "Science"
) -> "tuple[Project, list[StarCurve]]":
    """A project's star with its curves; without a name its only target."""
    from crowdsky_tui.curves.curve import star_curves
    from crowdsky_tui.curves.project import effective
    from crowdsky_tui.curves.stars import measured_of, project_named
    from crowdsky_tui.database.database import open_database

    database = open_database(settings, say)
    try:
        project = await project_named(database, typed)
        measured = await measured_of(database, project)
    finally:
        await database.close()
    if not star and len(project.targets) != 1:
        told = ", ".join(project.targets) or "none"
        raise UsageError("which star is not said", f"targets: {clean(told, 200)}", "--star NAME")
    floor = effective(project).settings.floor_mag
    return project, await star_curves(measured, star or project.targets[0], science, floor)


def printed_document(
    options: OfAFile, chosen: Chosen, curve: "CurveFacts", **found: object
) -> bool:
    """Print the document if it is asked for; else what the curve is. Whether it is printed."""
    if curve.unread:
        say(f"{curve.unread} lines are no points, the first is line {curve.first_unread}")
    if options.json:
        print_json({"curve": curve, **chosen.document, **found})
        return True
    words = [each for each in (curve.star, curve.band, curve.system, curve.series) if each]
    scatter = "" if curve.mean is None else f", {curve.mean:.3f} ± {curve.rms:.3f} mag"
    print(f"{' '.join(words)}: {curve.good} good points of {curve.points}{scatter}")
    return False


def together(one: float | None, other: float | None, names: str) -> None:
    """UsageError unless both are given, or none."""
    if (one is None) != (other is None):
        raise UsageError(f"{names} go together")
