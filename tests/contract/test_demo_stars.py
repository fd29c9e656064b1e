"""The demo's stars: their truth is known, and what is measured, found and told is held to it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from aavso_reader import read_report
from commands_kit import simulation
from numpy.typing import NDArray

from crowdsky_tui.curves import rows
from crowdsky_tui.curves.project import covers
from crowdsky_tui.database.database import Database
from crowdsky_tui.photometry.frame import measure_frame
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest, PhotometrySettings
from crowdsky_tui.simulator.demo_field import (
    CATALOGUE,
    EPOCH_BJD,
    PROJECT,
    write_catalogue,
    write_project,
)
from crowdsky_tui.simulator.frames import stack_frames, write_stack
from crowdsky_tui.simulator.script import Frame, Session, frames_of
from crowdsky_tui.simulator.scripted_night import Camera, picture_shape
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.sky import Quality
from crowdsky_tui.simulator.variable_stars import (
    COMPARISON,
    CONSTANT,
    ECLIPSING,
    EPOCH_JD,
    FIELD,
    FLARE_JD,
    FLARING,
    PERIOD_D,
    PULSATING,
    PULSATION_D,
    STARS,
    VariableStar,
    julian_date,
)
from crowdsky_tui.timeseries.curve import Curve
from crowdsky_tui.timeseries.ephemeris import Ephemeris
from crowdsky_tui.timeseries.finder import Expected, find_in_curve
from crowdsky_tui.timeseries.minimum import time_of_minimum
from crowdsky_tui.timeseries.period import frequencies, search_periods

Floats = NDArray[np.float64]
EVENING = datetime(2026, 2, 27, 19, 0, tzinfo=UTC)
BLOCK = timedelta(minutes=15)
NO_FLOOR = PhotometrySettings(floor_mag=0.0)
TARGETS = tuple(star.name for star in STARS if star.told)


class Sky:
    """Takes and measures blocks of the demo's field: `step` of their frames is one that is taken.

    Bright stars scatter more than their photons tell by the clarity that each sub-frame has.
    """

    def __init__(self, folder: Path, seed: int = 1, step: int = 4) -> None:
        profile = Profile()
        self.folder, self.step = folder, step
        self.catalogue = folder / "stars.csv"
        shape = picture_shape(profile, full_size=False)
        write_catalogue(self.catalogue, seed, shape, profile.make)
        self.camera = Camera(folder, profile, "a3490de1", seed=seed)

    def frames(self, begin: datetime, quality: Quality) -> list[Frame]:
        return list(frames_of(Session(FIELD, begin, 15, 20.0, quality=quality)))[:: self.step]

    def block(self, begin: datetime, quality: Quality = "clear") -> FrameMeasure:
        frames = self.frames(begin, quality)
        stack = stack_frames([self.camera.take(frame) for frame in frames])
        write_stack(self.folder, "stack.fit", stack)
        return measure_frame(
            FrameRequest(
                path=os.fsencode(self.folder / "stack.fit"),
                field=os.fsencode(self.catalogue),
                targets=TARGETS,
                settings=NO_FLOOR,
                begin=frames[0].begun,
                end=frames[-1].begun + timedelta(seconds=frames[-1].exposure_s),
            )
        )

    def truth(self, star: VariableStar, begin: datetime) -> float:
        """The magnitude of the light of all sub-frames together."""
        half = timedelta(seconds=10)
        middles = [julian_date(each.begun + half) for each in self.frames(begin, "clear")]
        light = np.mean([10 ** (-0.4 * star.fainter(jd)) for jd in middles])
        return float(star.mag - 2.5 * np.log10(light))


@pytest.mark.parametrize("seed", [1, 7])
def test_magnitudes_are_true_whatever_the_field(tmp_path: Path, seed: int) -> None:
    sky = Sky(tmp_path, seed, step=8)
    away, errors = [], []
    for number in (0, 2, 3):
        begin = EVENING + number * BLOCK
        points = {point.name: point for point in sky.block(begin).points}
        for star in STARS:
            point = points[star.name]
            assert point.mag is not None and point.mag_error is not None
            away.append(point.mag - sky.truth(star, begin))
            errors.append(point.mag_error)
    assert abs(np.mean(away)) < 0.005
    assert np.max(np.abs(away) / errors) < 4


def test_clouds_lower_the_zero_point_and_not_the_stars(tmp_path: Path) -> None:
    sky = Sky(tmp_path)
    clear, hazy = sky.block(EVENING), sky.block(EVENING + BLOCK, "hazy")
    assert 1.0 < clear.zero_point - hazy.zero_point < 2.0
    constant = {point.name: point for point in hazy.points}[CONSTANT]
    assert constant.mag is not None and constant.mag_error is not None
    assert abs(constant.mag - sky.truth(STARS[3], EVENING)) < 3 * constant.mag_error


async def test_the_project_is_read_and_wants_what_is_fetched(tmp_path: Path) -> None:
    database = Database(tmp_path)
    folder, catalogue = tmp_path / "downloads" / "a" / FIELD, tmp_path / CATALOGUE
    for _ in range(2):
        await database.run(lambda db: write_project(db, catalogue, [folder], EVENING))
    (project,) = await database.run(rows.projects)
    changed = msgspec.structs.replace(project, targets=("mine",))
    await database.run(lambda db: rows.save_project(db, changed, EVENING))
    await database.run(lambda db: write_project(db, catalogue, [folder], EVENING))
    (kept,) = await database.run(rows.projects)
    await database.close()
    assert project.name == PROJECT and project.field == str(catalogue)
    assert project.targets == TARGETS and COMPARISON not in TARGETS
    assert covers(project, str(folder / "CrowdSky_x.fit"))
    assert project.eclipses[ECLIPSING].eclipsed(EPOCH_BJD + 3 * PERIOD_D)
    assert kept.targets == ("mine",)


@pytest.mark.long
def test_period_minimum_and_events_are_those_of_the_stars(tmp_path: Path) -> None:
    sky = Sky(tmp_path, step=10)
    nights = [EVENING + timedelta(days=k, minutes=-30) for k in range(3)]
    taken = [sky.block(night + number * BLOCK) for night in nights for number in range(20)]
    curves = {star.name: _curve(taken, star.name) for star in STARS}
    pulsating, binary = curves[PULSATING], curves[ECLIPSING]
    span = float(np.ptp(pulsating.times))
    best = search_periods(pulsating, frequencies(span, 2 / 96)).candidates[0]
    assert best.believed and abs(best.period - PULSATION_D) < 3 * PULSATION_D**2 / span / 20
    ephemeris = Ephemeris(EPOCH_BJD, PERIOD_D)
    found = find_in_curve(binary, expected=Expected(ephemeris, 0.12))
    assert found and all(event.expected and event.sign < 0 for event in found)
    (flare,) = find_in_curve(curves[FLARING])
    assert flare.sign > 0 and 0 < flare.peak - (FLARE_JD + EPOCH_BJD - EPOCH_JD) < 2 / 96
    assert find_in_curve(curves[CONSTANT]) == []
    near = binary.taken(np.abs(binary.times - EPOCH_BJD) < 0.05)
    minimum = time_of_minimum(near.times, -near.mags)
    assert abs(minimum.time - EPOCH_BJD) < max(3 * minimum.error, 1 / 1440)


def _curve(taken: list[FrameMeasure], name: str) -> Curve:
    points = [next(each for each in frame.points if each.name == name) for frame in taken]
    return Curve(
        times=np.array([frame.bjd_tdb for frame in taken], dtype=np.float64),
        mags=np.array([point.mag for point in points], dtype=np.float64),
        errors=np.array([point.mag_error for point in points], dtype=np.float64),
        flags=np.array([point.flags for point in points], dtype=np.int64),
    )


@pytest.mark.long
def test_a_proved_night_ends_with_curves_and_the_report_names_what_varied(tmp_path: Path) -> None:
    with simulation(tmp_path, "--live", "--speed", "60") as sim:
        sim.run("sync", FIELD, "--scope", "S50 a349")
        sim.run("curves", "run", PROJECT)  # what the verb had no time left to measure
        told = sim.run("report").stdout
        for name in (ECLIPSING, PULSATING, FLARING):
            assert f"{name} (TG) varied by" in told
        assert f"{CONSTANT} (TG) varied" not in told
        assert f"{ECLIPSING} (TG): eclipse expected at" in told
        shown = sim.run("curves", "show", PROJECT, CONSTANT)
        assert "6 of 7" in shown.stdout
        asked = ("--format", "aavso", "--observer", "ABC", "--chart", "simulated")
        out = tmp_path / "aavso.txt"
        exported = sim.run("curves", "export", PROJECT, ECLIPSING, str(out), *asked)
        assert exported.returncode == 0, exported.stderr
        reported = read_report(out.read_text(), now_jd=EPOCH_JD + 1)
        assert reported.rows and {row["FILT"] for row in reported.rows} == {"TG"}
