"""A project's curves written as files: what each form needs, and where its bytes come from.

Text is made here; Parquet and HATS are written by the compute child, which alone loads pyarrow.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.aavso import OF_SEESTAR
from crowdsky_tui.curves.curve import Measured, StarCurve, star_curves
from crowdsky_tui.curves.export import (
    COLUMNS,
    FIVE_TO_TEN_MAG,
    Report,
    file_text,
    provenance,
)
from crowdsky_tui.curves.line_forms import bav_file, etd_file, vsnet_file
from crowdsky_tui.curves.points_file import curves_file
from crowdsky_tui.curves.project import Effective, Project
from crowdsky_tui.curves.vsx import chart_of
from crowdsky_tui.timeseries.messages import MinimaRequest
from crowdsky_tui.timeseries.table_messages import TableColumn, TableRequest

SUFFIXES = {
    "csv": ".csv",
    "ecsv": ".ecsv",
    "aavso": ".txt",
    "etd": ".txt",
    "vsnet": ".txt",
    "bav": ".txt",
    "parquet": ".parquet",
    "hats": "",
}
TABLES = frozenset({"parquet", "hats"})
LINES = frozenset({"aavso", "etd", "vsnet", "bav"})
REPORTS = frozenset({"aavso", "vsnet"})
ALL = "all"
"""Instead of a star's name: every target of the project, in one table."""


class Exported(msgspec.Struct, frozen=True):
    """What goes into a file: the project's curves of one star, or of all for a table."""

    project: Project
    pars: Effective
    measured: Measured
    curves: tuple[StarCurve, ...]


class Written(msgspec.Struct, frozen=True):
    """How many points (of BAV: minima) a file holds, and the curves that it may not hold."""

    points: int
    left_out: tuple[str, ...] = ()


async def curves_to_export(
    project: Project, pars: Effective, measured: Measured, star: str, form: str, science: Science
) -> Exported:
    """The curves of a star; with "all" those of every target that a frame shows, for a table.

    Raises
    ------
    UsageError
        The form is unknown, or there is no such curve.
    """
    if form not in SUFFIXES:
        raise UsageError(f"{clean(form, 20)} is no kind of file", "", ", ".join(SUFFIXES))
    names = [star]
    if form in TABLES and star == ALL:
        seen = {name for _, _, points in measured.frames for name in points}
        names = [each for each in project.targets if each in seen]
    found: list[StarCurve] = []
    for name in names:
        found += await star_curves(measured, name, science, pars.settings.floor_mag)
    if not found:
        raise UsageError("there is nothing to export", "no measured frame shows a target")
    return Exported(project, pars, measured, tuple(found))


async def write_curves(
    what: Exported, form: str, path: Path, report: Report, *, now_jd: float, science: Science
) -> Written:
    """Write them, whole or not at all; what is in the file.

    The AAVSO and VSNET have no code for some filters: curves of these are left out beside others,
    and said; where there is no other, nothing is written.

    Raises
    ------
    UsageError
        The form needs more of the report, or an ephemeris.
    CurveRefused, CrowdSkyError
        It would not be taken, or cannot be written.
    """
    points = sum(len(each.points) for each in what.curves)
    if form in TABLES:
        await science.table(_table(what, form, path))
        return Written(points)
    if form == "aavso" and not report.chart:
        chart = await asyncio.to_thread(chart_of, what.project.field)
        report = msgspec.structs.replace(report, chart=chart)
    kept = _reportable(what.curves) if form in REPORTS else what.curves
    left_out = tuple(
        f"{each.telescope} {each.band}: no code for the filter {each.filter}"
        for each in what.curves
        if each not in kept
    )
    what = msgspec.structs.replace(what, curves=kept)
    text = await _text(what, form, report, now_jd, science)
    await asyncio.to_thread(write_whole, path, text.encode())
    if form in LINES:
        points = sum(not line.startswith("#") for line in text.splitlines())
    return Written(points, left_out)


def _reportable(curves: tuple[StarCurve, ...]) -> tuple[StarCurve, ...]:
    """Those whose filter has a code; all, to be refused by name, where none has."""
    return tuple(each for each in curves if each.filter.strip().upper() in OF_SEESTAR) or curves


async def _text(what: Exported, form: str, report: Report, now_jd: float, science: Science) -> str:
    comments = comments_of(what)
    name = report.name or what.curves[0].star
    if form == "etd":
        return etd_file(what.curves, comments)
    if form == "vsnet":
        return vsnet_file(
            what.curves, comments, name=name, observer=report.observer, wider=FIVE_TO_TEN_MAG
        )
    if form == "bav":
        return await _bav(what, comments, name, report.observer, science)
    return file_text(
        form, what.project, what.measured, what.curves, report, pars=what.pars, now_jd=now_jd
    )


def comments_of(what: Exported) -> list[str]:
    """Where the magnitudes come from, star by star."""
    lines: list[str] = []
    for star in dict.fromkeys(each.star for each in what.curves):
        mine = [each for each in what.curves if each.star == star]
        lines += provenance(what.project, what.pars, what.measured, mine)
    return list(dict.fromkeys(lines))


async def _bav(
    what: Exported, comments: Sequence[str], name: str, observer: str, science: Science
) -> str:
    """The minima of each curve by itself, by the ephemeris that the project has of the star."""
    star = what.curves[0].star
    known = what.project.eclipses.get(star)
    if known is None:
        raise UsageError(
            f"no ephemeris of {clean(star, 40)} is known", "", "curves project --eclipses"
        )
    texts = []
    for curve in what.curves:
        async with curves_file([curve]) as made:
            answer = await science.curve(
                MinimaRequest(
                    path=os.fsencode(made),
                    period_d=known.period_d,
                    epoch=known.epoch,
                    width=known.width,
                )
            )
        elements = f"elements: {known.epoch:.5f} + {known.period_d:.8f} E, width {known.width:g}"
        told = [*comments, f"{curve.telescope} {curve.band}, {elements}"]
        texts.append(bav_file(answer.eclipses, told, name=name, band=curve.band, observer=observer))
    return "".join(texts)


def _table(what: Exported, form: str, path: Path) -> TableRequest:
    places = {
        name: (point.ra_deg, point.dec_deg)
        for _, _, points in reversed(what.measured.frames)
        for name, point in points.items()
    }
    rows = [(curve, point) for curve in what.curves for point in curve.points]
    of_points: dict[str, list[Any]] = {
        "band": [curve.band for curve, _ in rows],
        "telescope": [curve.telescope for curve, _ in rows],
        "mag_err": [point.error for _, point in rows],
    }
    head = [
        TableColumn(name="star", kind="string", values=[curve.star for curve, _ in rows]),
        *(
            TableColumn(
                name=name, kind="float64", unit="deg", about="ICRS, of the catalogue",
                values=[places[curve.star][axis] for curve, _ in rows],
            )
            for axis, name in enumerate(("ra_deg", "dec_deg"))
        ),
    ]  # fmt: skip
    columns = [
        TableColumn(
            name=name, kind=kind, unit=unit, about=about,  # type: ignore[arg-type]
            values=of_points.get(name) or [getattr(point, name) for _, point in rows],
        )
        for name, kind, unit, about in COLUMNS
    ]  # fmt: skip
    return TableRequest(
        form=form,  # type: ignore[arg-type]
        out=os.fsencode(path),
        columns=[*head, *columns],
        comments=tuple(comments_of(what)),
        name=what.project.name,
    )
