"""A star that a frame does not show has a limit there, which is drawn, exported and reported."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from curve_projects_kit import FRAMES, TARGET, Counting, make_night, project_of, runner
from photometry_field import clean_planes, make_field, stack, write_stack

from crowdsky_tui.curves.curve import load, star_curves
from crowdsky_tui.curves.export import Report, aavso_file, csv_file
from crowdsky_tui.curves.project import effective
from crowdsky_tui.database.database import Database
from crowdsky_tui.timeseries.quality import Quality

GONE = 2


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path)
    yield opened
    await opened.close()


async def test_a_frame_without_the_star_gives_a_limit(database: Database, tmp_path: Path) -> None:
    night = make_night(tmp_path)
    field = make_field()
    mags = field.mags.copy()
    mags[TARGET] = 30
    when = ("DATE-OBS", "2026-11-20T21:00:00", "")
    write_stack(night / "frames" / f"{GONE}.fit", stack(clean_planes(field, mags), GONE), when)
    project = project_of(night)
    await runner(database).run(project, effective(project))
    measured = await database.run(lambda db: load(db, project, effective(project)))
    science = Counting()
    (curve,) = await star_curves(measured, f"s{TARGET}", science, 0.02)
    await science.close()
    limits = [each for each in curve.points if each.limit_mag is not None]
    assert [each.frame_name for each in limits] == [f"{GONE}.fit"]
    (limit,) = limits
    assert limit.mag is None and limit.error is None and limit.good_limit and not limit.good
    assert 14 < (limit.limit_mag or 0) < 20
    assert curve.good == FRAMES - 2, "a limit is no magnitude in any mean"
    (row,) = [
        line
        for line in csv_file([curve], []).splitlines()
        if line.endswith(f",{limit.limit_mag:.2f}")
    ]
    assert row.split(",")[2] == ""
    report = Report(observer="TST01", chart="own, Gaia", name="T DRA")
    text = aavso_file([curve], report, [], now_jd=2461373.0, floor_mag=0.02)
    lines = [line.split(",") for line in text.splitlines() if line.startswith("T DRA")]
    (fainter,) = [line for line in lines if line[2].startswith("<")]
    assert fainter[3] == "na"
    ten = (limit.limit_mag or 0) - 0.7526
    assert float(fainter[2][1:]) == pytest.approx(ten, abs=0.001), "ten times the noise"
    clouded = msgspec.structs.replace(limit, flags=int(Quality.CLOUD))
    bad = tuple(clouded if each is limit else each for each in curve.points)
    spoiled = msgspec.structs.replace(curve, points=bad)
    assert "<" not in aavso_file([spoiled], report, [], now_jd=2461373.0, floor_mag=0.02)
