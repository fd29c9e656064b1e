"""The list of stars, what the observer says of a point, and the calls of the screen."""

from collections.abc import AsyncIterator
from math import pi, sin
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import msgspec
import pytest
from curve_projects_kit import FRAMES, TARGET, Counting, make_night, project_of, runner

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.curve import CurvePoint, StarCurve, star_curves
from crowdsky_tui.curves.export import provenance
from crowdsky_tui.curves.periods import search_periods
from crowdsky_tui.curves.project import effective, judged
from crowdsky_tui.curves.stars import StarRow, list_stars, measured_of
from crowdsky_tui.database.database import Database
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.calls.curves import (
    ExportCurve,
    JudgePoint,
    ListCurves,
    ShowCurve,
    ShowCurveFrame,
)
from crowdsky_tui.timeseries.quality import Quality


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_night(tmp_path_factory.mktemp("night"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path)
    yield opened
    await opened.close()


async def test_a_rejected_point_is_kept_and_counts_for_nothing_until_it_is_kept_again(
    database: Database, night: Path
) -> None:
    project = project_of(night)
    await runner(database).run(project, effective(project))
    await database.run(lambda db: rows.save_project(db, project, Clock().now()))
    science = Counting()
    (before,) = await list_stars(database, science)
    assert before.curves[0].good == FRAMES - 1 and before.curves[0].variation is None
    measured = await measured_of(database, project)
    (curve,) = await star_curves(measured, f"s{TARGET}", science, 0.02)
    less = judged(project, f"s{TARGET}", curve.points[2].frame, reject=True)
    (shown,) = await star_curves(await measured_of(database, less), f"s{TARGET}", science, 0.02)
    assert shown.good == FRAMES - 2 and not shown.points[2].good
    assert shown.points[2].mag == curve.points[2].mag, "it is kept"
    told = provenance(less, effective(less), await measured_of(database, less), [shown])
    assert "1 points rejected by the observer" in told
    (other,) = await star_curves(await measured_of(database, less), "s9", science, 0.02)
    assert other.good == FRAMES - 1, "its frame goes on measuring others"
    assert judged(less, f"s{TARGET}", curve.points[2].frame, reject=False) == project
    await science.close()


async def test_the_list_of_stars_says_of_which_there_is_nothing(
    database: Database, night: Path
) -> None:
    project = msgspec.structs.replace(project_of(night), targets=(f"s{TARGET}", "elsewhere"))
    await runner(database).run(project, effective(project))
    await database.run(lambda db: rows.save_project(db, project, Clock().now()))
    science = Counting()
    seen, missing = await list_stars(database, science)
    assert (seen.project, seen.star, seen.problem) == ("stars", f"s{TARGET}", "")
    assert seen.curves[0].points == FRAMES and seen.curves[0].last_mag is not None
    assert missing == StarRow("stars", "elsewhere", problem="no measured frame shows it")
    await science.close()


class Drawing(Counting):
    """Remembers which file it should draw."""

    drew: ClassVar[list[Path]] = []

    async def preview(
        self,
        path: Path,
        width: int,
        height: int,
        *,
        stretch: int = 1,
        zoom: int = 1,
        plane: int | None = None,
    ) -> Preview:
        Drawing.drew.append(path)
        return Preview(1, 1, bytes(3))


async def test_the_calls_of_the_screen_list_show_judge_picture_and_export(
    database: Database, night: Path, tmp_path: Path
) -> None:
    project = project_of(night)
    await runner(database).run(project, effective(project))
    await database.run(lambda db: rows.save_project(db, project, Clock().now()))
    parts: Any = SimpleNamespace(
        records=SimpleNamespace(database=database), science=Drawing(), clock=Clock(),
        settings=SimpleNamespace(pictures=tmp_path / "pictures"),
    )  # fmt: skip
    star = f"s{TARGET}"
    (row,) = await ListCurves().run(parts)
    assert (row.project, row.star) == ("stars", star)
    (curve,) = await ShowCurve("stars", star).run(parts)
    point = curve.points[1]
    assert await JudgePoint("stars", star, point.frame, reject=True).run(parts) == "rejected"
    (less,) = await ShowCurve("stars", star).run(parts)
    assert less.good == curve.good - 1 and less.points[1].flags & Quality.REJECTED
    assert await JudgePoint("stars", star, point.frame, reject=False).run(parts) == "kept"
    assert (await ShowCurve("stars", star).run(parts)) == (curve,)
    await ShowCurveFrame("stars", point.frame, point.frame_name, 10, 10).run(parts)
    assert Drawing.drew == [night / "frames" / "1.fit"]
    with pytest.raises(UsageError, match="not among the frames"):
        await ShowCurveFrame("stars", "0" * 64, point.frame_name, 10, 10).run(parts)
    for _ in range(2):
        assert "5 points written" in await ExportCurve("stars", star, "csv").run(parts)
    first, second = sorted((tmp_path / "pictures").iterdir())
    assert first.read_bytes() == second.read_bytes(), "nothing is overwritten; equal bytes"
    with pytest.raises(UsageError, match="no kind of file"):
        await ExportCurve("stars", star, "xls").run(parts)
    with pytest.raises(UsageError, match="--observer"):
        await ExportCurve("stars", star, "aavso").run(parts)
    with pytest.raises(UsageError, match="no project"):
        await ShowCurve("nothing", star).run(parts)
    await parts.science.close()


@pytest.fixture
async def science() -> AsyncIterator[Science]:
    child = Science()
    yield child
    await child.close()


def pulsating(count: int, period_d: float, bad: int = 0) -> StarCurve:
    """A sine over ten nights; the last `bad` points are magnitudes off, by a cloud."""
    points = []
    for number in range(count):
        jd = 2461365.2 + number % 10 + (number // 10) * 0.021
        cloud = number >= count - bad
        points.append(CurvePoint(
            jd_utc=jd, bjd_tdb=jd, mag=12 + 0.3 * sin(2 * pi * jd / period_d) + 3 * cloud,
            error=0.02, flags=int(Quality.CLOUD) if cloud else 0, season=0, airmass=None,
            check_mag=None, exposure_s=None, time_source="journal", frame=f"{number}",
            frame_name="",
        ))  # fmt: skip
    return StarCurve(
        star="RR", band="TG", filter="IRCUT", telescope="S50", points=tuple(points),
        comparisons=(), loosened=(), check="", check_rms=None, mean=None, rms=None,
        amplitude=None, good=count - bad,
    )  # fmt: skip


async def test_a_period_is_found_among_the_good_points_with_its_family(science: Science) -> None:
    found = await search_periods(pulsating(130, 0.5668, bad=20), science)
    best = found.candidates[0]
    kin = [best.period, *(alias.period for alias in best.family)]
    assert any(each == pytest.approx(0.5668, rel=2e-3) for each in kin)
    assert found.shortest_d == 0.05 and len(best.family) > 1


async def test_too_few_good_points_have_no_period(science: Science) -> None:
    with pytest.raises(UsageError, match="too few good points"):
        await search_periods(pulsating(20, 0.5, bad=11), science)


async def test_years_are_searched_as_far_as_the_grid_goes(science: Science) -> None:
    short = pulsating(40, 0.5)
    first, *rest = short.points
    years = msgspec.structs.replace(first, bjd_tdb=first.bjd_tdb - 3000, jd_utc=first.jd_utc - 3000)
    found = await search_periods(msgspec.structs.replace(short, points=(years, *rest)), science)
    assert 0.3 < found.shortest_d < 0.4 and found.longest_d > 3000
