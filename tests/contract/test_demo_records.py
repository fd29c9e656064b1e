"""The demo has plots to look at from the beginning."""

import asyncio
from datetime import UTC
from pathlib import Path

import pytest

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.database.database import FILE, Database
from crowdsky_tui.database.record import run_of
from crowdsky_tui.database.records import Records
from crowdsky_tui.night.trends import trends
from crowdsky_tui.simulator.earlier_records import plant
from crowdsky_tui.simulator.ensemble import APP_FOLDER, ensemble
from crowdsky_tui.simulator.night_folder import STATE_FOLDER
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.script import MIDDLE
from crowdsky_tui.simulator.seestar.profile import Profile


async def test_the_earlier_records_make_every_plot_and_the_forecast(tmp_path: Path) -> None:
    await plant(tmp_path, ["A", "B"], MIDDLE, Profile())
    database = Database(tmp_path)
    stream = Records(database, StoppedClock(MIDDLE))
    for name in ("A", "B"):
        records = [each async for each in stream.read(source=name)]
        run = run_of(MIDDLE, UTC)
        mine = [each for each in records if each.meta.run == run_of(MIDDLE)]
        assert mine and run
        found = trends(name, run_of(MIDDLE), [run_of(MIDDLE)], records, MIDDLE, UTC)
        assert [series.name for series in found.series if not series.points] == []
        assert "full on" in next(each.note for each in found.series if each.name == "Free space")
        room = [each.data["free_mb"] for each in records if each.type == "scope"]
        assert room == sorted(room, reverse=True)
    await database.close()


@pytest.mark.parametrize("live", [True, False])
async def test_a_live_night_has_them_soon_and_another_never(tmp_path: Path, live: bool) -> None:
    options = SimulateOptions(scopes=1, live=live, root=tmp_path)
    async with ensemble(options, tmp_path):
        path = tmp_path / APP_FOLDER / STATE_FOLDER / FILE
        if live:
            async with asyncio.timeout(30):
                while not path.exists():
                    await asyncio.sleep(0.05)
        else:
            assert not path.exists()
