"""What moves behind a dialog, and what tells two rows of one target apart."""

from datetime import timedelta

import msgspec
import pytest
from driven import Drive
from stub_night import NOW, StubNight, target

from crowdsky_tui.store.store import JobState, JobView


def two_scopes_on_m81(night: StubNight) -> None:
    other = target(
        "M 81",
        "S30 10d5",
        raw_files=12,
        stacked_files=1,
        coverage="observed 3 days ago",
        coverage_days=3,
    )
    night.store.set_target(other, ())
    for number, scope in ((7, "S50 a349"), (8, "S30 10d5")):
        job = JobView(number, "stack", scope, "M 81", "M 81 21:15", JobState.QUEUED, NOW)
        night.store.set_job(msgspec.structs.replace(job, filter="LP"))


@pytest.mark.parametrize("key", ["question_mark", "colon", "E", "q"])
async def test_the_clock_and_the_scopes_lines_move_behind_a_dialog(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with drive("full", size=(160, 50)) as driven:
        await driven.press(key)
        assert driven.app.screen is not driven.main
        monkeypatch.setattr(driven.night.clock, "now", lambda: NOW + timedelta(minutes=6))
        view = driven.night.store.scopes["S50 a349"]
        driven.night.store.set_scope(msgspec.structs.replace(view, activity="parking now"))
        driven.main.tick()
        driven.main.look()
        await driven.pilot.pause(0.1)
        assert "22:53 CET" in driven.text()
        assert "parking now" in driven.text()


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
async def test_the_scopes_name_stays_as_long_as_two_scopes_share_a_target(
    drive: Drive, width: int
) -> None:
    async with drive("full", size=(width, 40), change=two_scopes_on_m81) as driven:
        await driven.settle()
        rows = [line for line in driven.text().splitlines() if "M 81 " in line[:16]]
        names = [next(n for n in ("S50 a349", "S30 10d5") if n in row[:60]) for row in rows[:2]]
        assert sorted(names) == ["S30 10d5", "S50 a349"]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
async def test_jobs_name_scope_and_filter(drive: Drive, width: int) -> None:
    async with drive("full", size=(width, 40), change=two_scopes_on_m81) as driven:
        await driven.press("3")
        await driven.settle()
        rows = [line for line in driven.text().splitlines() if "○ stack" in line]
        assert len(rows) == 2
        for row, scope in zip(rows, ("S50 a349", "S30 10d5"), strict=True):
            assert "M 81 21:15 LP" in row
            assert scope in row[:60]


async def test_the_third_panes_title_is_job_log(drive: Drive) -> None:
    async with drive("full") as driven:
        assert "3 Job log" in driven.text()
