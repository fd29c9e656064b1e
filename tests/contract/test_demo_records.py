"""The demo has plots to look at from the beginning."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest
from json_schema_kit import document_of

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.database.database import FILE, Database
from crowdsky_tui.database.record import run_of
from crowdsky_tui.database.records import Records
from crowdsky_tui.plan.target_list import COPY, TargetList
from crowdsky_tui.report.trends import trends
from crowdsky_tui.simulator import demo_targets
from crowdsky_tui.simulator.demo_targets import write_targets
from crowdsky_tui.simulator.earlier_records import plant
from crowdsky_tui.simulator.ensemble import APP_FOLDER, ensemble
from crowdsky_tui.simulator.night_folder import PLANTED, STATE_FOLDER
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.script import MIDDLE
from crowdsky_tui.simulator.seestar.profile import Profile


async def test_the_earlier_records_make_every_plot_and_the_forecast(tmp_path: Path) -> None:
    await plant(tmp_path, ["A", "B"], {"station": "json"}, MIDDLE, Profile())
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
                while not (tmp_path / APP_FOLDER / PLANTED).exists():
                    await asyncio.sleep(0.05)
            database = Database(path.parent)
            assert await Records(database, StoppedClock(MIDDLE)).runs()
            await database.close()
        else:
            assert not path.exists()


async def test_the_demo_has_a_list_to_plan(tmp_path: Path) -> None:
    write_targets(tmp_path)
    database = Database(tmp_path)
    told: list[str] = []
    listed = await TargetList(database, StoppedClock(MIDDLE), told.append).all()
    await database.close()
    assert demo_targets.COPY == COPY and len(listed) == 8 and told
    assert {each.name: each.cadence_d for each in listed}["T CrB"] == 1
    (tmp_path / COPY).write_text("mine")
    write_targets(tmp_path)
    assert (tmp_path / COPY).read_text() == "mine"


async def test_a_verb_plots_a_night_too(tmp_path: Path) -> None:
    await plant(tmp_path / "state", ["A", "B"], {}, MIDDLE, Profile())
    config = tmp_path / "config.toml"
    config.write_text(
        f'[storage]\nstate_dir = "{tmp_path / "state"}"\n'
        '[[scopes]]\nname = "A"\nhost = "127.0.0.1"\n[[scopes]]\nname = "B"\nhost = "127.0.0.2"\n'
    )

    def plot(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "crowdsky_tui", "log", "plot", *words]
        return subprocess.run(
            [*line, "--config", str(config)], capture_output=True, text=True,
            env=os.environ | {"COLUMNS": "80", "PYTHONIOENCODING": "utf-8", **environment},
        )  # fmt: skip

    whole = await asyncio.to_thread(plot)
    assert whole.returncode == 0, whole.stderr
    for words in ("A  FWHM  night of 27 Feb, ", "B  Temperature", "Dropped", "°C to"):
        assert words in whole.stdout
    assert max(map(len, whole.stdout.splitlines())) <= 120
    one = await asyncio.to_thread(plot, "--scope", "A", "--night", "20260225-1", TERM="linux")
    assert "B  " not in one.stdout and "*" in one.stdout and "Free space" in one.stdout
    assert not any(0x2800 <= ord(char) < 0x2900 for char in one.stdout)
    of_target = await asyncio.to_thread(plot, "--scope", "A", "--target", "m81")
    assert "FWHM" in of_target.stdout and "Temperature" not in of_target.stdout
    assert (await asyncio.to_thread(plot, "--target", "M 9")).returncode == 2
    document = document_of(await asyncio.to_thread(plot, "--json"))
    assert [each["scope"] for each in document["trends"]] == ["A", "B"]
    nothing = await asyncio.to_thread(plot, "--night", "20200101-1")
    assert nothing.returncode == 2 and "nothing to plot" in nothing.stderr
