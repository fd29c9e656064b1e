"""A night of five frames, a project of it, and what measures it in this process."""

import os
from pathlib import Path
from typing import ClassVar

from photometry_field import clean_planes, make_field, stack, write_stack

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.curve import load, star_curves
from crowdsky_tui.curves.export import csv_file, ecsv_file, provenance
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.curves.run import Runner
from crowdsky_tui.database.database import Database
from crowdsky_tui.photometry.frame import measure_frame
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.series import answer_series
from crowdsky_tui.timeseries.series_messages import SeriesAnswer, SeriesRequest

FRAMES = 5
TARGET, DEPTH = 7, 0.4


class Counting(Science):
    """Counts what it is asked; measures in this process, the same bytes once."""

    asked: ClassVar[list[bytes]] = []
    known: ClassVar[dict[tuple[bytes, bytes, str], FrameMeasure]] = {}

    async def frame(self, request: FrameRequest) -> FrameMeasure:
        Counting.asked.append(request.path)
        frame, field = (
            Path(os.fsdecode(path)).read_bytes() for path in (request.path, request.field)
        )
        key = (frame, field, f"{request.settings}{request.targets}{request.plane}")
        if key not in Counting.known:
            try:
                Counting.known[key] = measure_frame(request)
            except CurveRefused as error:
                raise FileDamaged(error.what, error.why) from error
        return Counting.known[key]

    async def series(self, request: SeriesRequest) -> SeriesAnswer:
        return answer_series(request)


def make_night(folder: Path) -> Path:
    """Frames in which one star fades and the last of which is one of clouds."""
    (folder / "frames").mkdir()
    field = make_field()
    field.write(folder / "field.csv")
    for k in range(FRAMES):
        mags = field.mags.copy()
        mags[TARGET] += DEPTH * (k == 2)
        mags += 0.8 * (k == FRAMES - 1)
        when = ("DATE-OBS", f"2026-11-20T2{k // 2}:{30 * (k % 2):02d}:00", "")
        write_stack(folder / "frames" / f"{k}.fit", stack(clean_planes(field, mags), k), when)
    return folder


def project_of(night: Path, *, frames: Path | None = None) -> Project:
    return Project(
        name="stars",
        field=str(night / "field.csv"),
        targets=(f"s{TARGET}",),
        frames=(str(frames or night / "frames"),),
    )


def runner(database: Database, at_once: int = 2) -> Runner:
    Counting.asked = []
    return Runner(database, Clock(), lambda _: None, at_once=at_once, make_science=Counting)


async def exported(database: Database, project: Project) -> tuple[str, str]:
    pars = effective(project)
    measured = await database.run(lambda db: load(db, project, pars))
    science = Counting()
    try:
        curves = await star_curves(measured, f"s{TARGET}", science, 0.02)
    finally:
        await science.close()
    told = provenance(project, pars, measured, curves)
    return csv_file(curves, told), ecsv_file(curves, told)
