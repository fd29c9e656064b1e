"""The findings of the curves' screen: a night's minimum, events, recovery, means."""

from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from curve_star_kit import (
    CLOUD,
    FRAMES,
    LATE_D,
    NIGHTS,
    STAR,
    TELESCOPE,
    fill,
    moments,
    project,
)

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.curves.analysis import event_lines, minimum_lines, night_around, recovery_lines
from crowdsky_tui.curves.curve import StarCurve
from crowdsky_tui.database.database import Database
from crowdsky_tui.night.calls.curve_analysis import AnalyseCurve, BinCurve
from crowdsky_tui.night.calls.curves import ShowCurve

WHICH = ("amleo", STAR, "TG", TELESCOPE)
KNOWN = project().eclipses[STAR]


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Any]:
    database, science = Database(tmp_path / "state"), Science()
    await fill(database)
    settings = read_settings(None, {}).settings
    yield SimpleNamespace(
        records=SimpleNamespace(database=database), science=science, clock=Clock(),
        settings=settings,
    )  # fmt: skip
    await science.close()
    await database.close()


async def star_curve(parts: Any) -> StarCurve:
    (curve,) = await ShowCurve("amleo", STAR).run(parts)
    return curve


async def test_a_night_is_the_points_without_a_long_gap_and_none_that_is_bad(parts: Any) -> None:
    curve = await star_curve(parts)
    for number in (0, CLOUD, FRAMES - 1):
        night = night_around(curve, f"{number:064x}")
        assert len(night) == FRAMES - 1 and all(each.good for each in night)
    assert len(night_around(curve, f"{FRAMES:064x}")) == FRAMES
    with pytest.raises(UsageError, match="no such point"):
        night_around(curve, "0")


async def test_each_finding_is_told_in_lines(parts: Any) -> None:
    frame = f"{FRAMES:064x}"
    recovery = await AnalyseCurve(*WHICH, "recovery", frame).run(parts)
    assert len(recovery) == 1 and "an eclipse of 1 h would" in recovery[0]
    events = await AnalyseCurve(*WHICH, "events", frame).run(parts)
    assert all("fainter" in each or "brighter" in each for each in events)


async def test_one_eclipse_is_timed_with_its_o_minus_c_and_the_second_opinions(parts: Any) -> None:
    curve = await star_curve(parts)
    eclipse = _around_one_minimum(curve)
    frame = eclipse.points[len(eclipse.points) // 2].frame
    lines = await minimum_lines(eclipse, frame, KNOWN, parts.science)
    late = float(next(each for each in lines if "O−C" in each).split()[1])
    assert late == pytest.approx(LATE_D * 1440, abs=1.5)
    assert [each.split(":")[0] for each in lines[2:4]] == ["parabola", "4th order"]
    without = await minimum_lines(eclipse, frame, None, parts.science)
    assert not any("O−C" in each for each in without)
    with pytest.raises(CrowdSkyError, match="No minimum"):
        await minimum_lines(_cut(eclipse, 5), eclipse.points[0].frame, None, parts.science)


async def test_a_dip_is_an_event_and_an_expected_one_is_called_so(parts: Any) -> None:
    curve = await star_curve(parts)
    for known, word in ((KNOWN, ", an expected eclipse"), (None, "")):
        for line in await event_lines(curve, known, UTC, parts.science):
            assert not word or "fainter" not in line or line.endswith(word)
            assert " S/N " in line and " Nov 2025 " in line


async def test_too_few_points_tell_no_recovery(parts: Any) -> None:
    curve = _cut(await star_curve(parts), 6)
    with pytest.raises(UsageError, match="too few good points"):
        await recovery_lines(curve, curve.points[0].frame, UTC, parts.science)


async def test_means_of_nights_and_a_curve_that_is_gone(parts: Any) -> None:
    bins = await BinCurve(*WHICH).run(parts)
    assert [each.points for each in bins] == [FRAMES - 1, *[FRAMES] * (NIGHTS - 1)]
    for call in (BinCurve, AnalyseCurve):
        more = () if call is BinCurve else ("minimum", "0")
        with pytest.raises(UsageError, match="no such curve"):
            await call("amleo", STAR, "LP", TELESCOPE, *more).run(parts)


def _cut(curve: StarCurve, count: int) -> StarCurve:
    return msgspec.structs.replace(curve, points=curve.points[:count])


def _around_one_minimum(curve: StarCurve) -> StarCurve:
    """The curve with the points of one eclipse alone."""
    (middle, *_) = [
        each
        for each in KNOWN.minima(moments()[FRAMES], moments()[-1])
        if any(abs(when - each) < 0.01 for when in moments())
        and all(any(abs(when - each - off) < 0.01 for when in moments()) for off in (-0.04, 0.04))
    ]
    near = tuple(each for each in curve.points if abs(each.bjd_tdb - middle) < 0.05)
    return msgspec.structs.replace(curve, points=near)
