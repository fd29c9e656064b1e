"""A project of curves: filled in once, stale when it should be, whole after a kill."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
from curve_projects_kit import (
    DEPTH,
    FRAMES,
    TARGET,
    Counting,
    exported,
    make_night,
    project_of,
    runner,
)
from photometry_field import make_field

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.curve import load, star_curves
from crowdsky_tui.curves.export import Report, aavso_file
from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import effective, read_parameters, with_parameters
from crowdsky_tui.curves.run import Survey
from crowdsky_tui.database.database import Database
from crowdsky_tui.timeseries.errors import CurveRefused


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_night(tmp_path_factory.mktemp("night"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path)
    yield opened
    await opened.close()


def count(survey: Survey, state: State) -> int:
    return list(survey.states.values()).count(state)


async def test_the_second_run_asks_nothing_and_the_curve_shows_the_eclipse(
    database: Database, night: Path
) -> None:
    project = project_of(night)
    survey = await runner(database).run(project, effective(project))
    assert count(survey, State.OK) == FRAMES and len(Counting.asked) == FRAMES
    await runner(database).run(project, effective(project))
    assert Counting.asked == []
    measured = await database.run(lambda db: load(db, project, effective(project)))
    science = Counting()
    (curve,) = await star_curves(measured, f"s{TARGET}", science, 0.02)
    await science.close()
    mags = np.array([each.mag for each in curve.points], dtype=float)
    usual = make_field().mags[TARGET]
    assert np.abs(mags - usual - DEPTH * (np.arange(FRAMES) == 2)).max() < 0.03
    assert [bool(each.flags & 32) for each in curve.points] == [False] * 4 + [True]
    assert f"s{TARGET}" not in curve.comparisons and len(curve.comparisons) >= 10
    assert curve.check and curve.check_rms is not None and curve.check_rms < 0.02
    assert all(each.error is not None and each.error >= 0.02 for each in curve.points)


async def test_changed_parameters_make_stale_and_never_show_what_was(
    database: Database, night: Path
) -> None:
    project = project_of(night)
    await runner(database).run(project, effective(project))
    other = with_parameters(project, {"fraction": 0.9})
    survey = await runner(database).survey(other, effective(other))
    assert count(survey, State.STALE) == FRAMES
    measured = await database.run(lambda db: load(db, other, effective(other)))
    assert measured.frames == ()
    await runner(database).run(other, effective(other))
    assert len(Counting.asked) == FRAMES


async def test_a_changed_catalogue_makes_stale(
    database: Database, night: Path, tmp_path: Path
) -> None:
    field = tmp_path / "field.csv"
    field.write_bytes((night / "field.csv").read_bytes())
    project = msgspec.structs.replace(project_of(night), field=str(field))
    await runner(database).run(project, effective(project))
    field.write_bytes(field.read_bytes() + b"new,1,1,12,0.5\n")
    survey = await runner(database).survey(project, effective(project))
    assert count(survey, State.STALE) == FRAMES


async def test_a_frame_that_was_moved_or_lies_there_twice_is_measured_once(
    database: Database, night: Path, tmp_path: Path
) -> None:
    project = project_of(night)
    await runner(database).run(project, effective(project))
    moved = tmp_path / "moved"
    moved.mkdir()
    for k in range(FRAMES):
        content = (night / "frames" / f"{k}.fit").read_bytes()
        (moved / f"other{k}.fit").write_bytes(content)
        (moved / f"again{k}.fits").write_bytes(content)
    there = project_of(night, frames=moved)
    survey = await runner(database).run(there, effective(there))
    assert Counting.asked == [] and count(survey, State.OK) == FRAMES


async def test_what_failed_is_told_and_tried_again_on_demand_only(
    database: Database, night: Path, tmp_path: Path
) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    (frames / "bad.fit").write_bytes(b"<html>no</html>")
    (frames / "0.fit").write_bytes((night / "frames" / "0.fit").read_bytes())
    project = project_of(night, frames=frames)
    survey = await runner(database).run(project, effective(project))
    (failed,) = [each for each in survey.known.values() if each.state is State.FAILED]
    assert "web page" in failed.why and failed.name == "bad.fit"
    assert count(survey, State.OK) == 1
    await runner(database).run(project, effective(project))
    assert Counting.asked == []
    survey = await runner(database).run(project, effective(project), retry=True)
    assert len(Counting.asked) == 1
    assert survey.known[failed.key].tries == 2


async def test_a_field_without_the_target_is_empty_and_skipped(
    database: Database, night: Path
) -> None:
    project = msgspec.structs.replace(project_of(night), targets=("elsewhere",))
    survey = await runner(database).run(project, effective(project))
    assert count(survey, State.EMPTY) == FRAMES
    await runner(database).run(project, effective(project))
    assert Counting.asked == []


async def test_without_its_catalogue_a_frame_is_blocked_and_what_was_made_stays(
    database: Database, night: Path, tmp_path: Path
) -> None:
    gone = msgspec.structs.replace(project_of(night), field=str(tmp_path / "none.csv"))
    survey = await runner(database).run(gone, effective(gone))
    assert count(survey, State.BLOCKED) == FRAMES and Counting.asked == []
    assert all("catalogue is missing" in each.why for each in survey.known.values())
    project = project_of(night)
    await runner(database).run(project, effective(project))
    before = await exported(database, project)
    await runner(database).run(gone, effective(gone))
    assert await exported(database, project) == before


async def test_exports_are_byte_equal_whatever_the_order_of_work(
    night: Path, tmp_path: Path
) -> None:
    texts = []
    for at_once in (1, 3):
        database = Database(tmp_path / str(at_once))
        project = project_of(night)
        await runner(database, at_once).run(project, effective(project))
        texts.append(await exported(database, project))
        await database.close()
    assert texts[0] == texts[1]
    assert effective(project).sha256 in texts[0][0] and effective(project).sha256 in texts[0][1]
    assert str(night) not in texts[0][0]
    from astropy.table import Table

    path = tmp_path / "curve.ecsv"
    path.write_text(texts[0][1])
    table = Table.read(path, format="ascii.ecsv")
    assert len(table) == FRAMES and str(table["mag"].unit) == "mag"


async def test_names_order_and_duplicates_change_no_bit(night: Path, tmp_path: Path) -> None:
    texts = []
    for turn in (False, True):
        frames = tmp_path / f"frames{turn}"
        frames.mkdir()
        for k in range(FRAMES):
            content = (night / "frames" / f"{k}.fit").read_bytes()
            (frames / f"{FRAMES - k if turn else k}.fit").write_bytes(content)
            if turn:
                (frames / f"again{k}.fits").write_bytes(content)
        database = Database(tmp_path / f"state{turn}")
        project = project_of(night, frames=frames)
        if turn:
            again = project_of(night).frames
            project = msgspec.structs.replace(project, frames=(*project.frames, *again))
        await runner(database).run(project, effective(project))
        texts.append(await exported(database, project))
        await database.close()
    assert texts[0] == texts[1]


async def test_a_report_for_the_aavso_has_the_good_points_and_never_lp(
    database: Database, night: Path
) -> None:
    project = project_of(night)
    await runner(database).run(project, effective(project))
    measured = await database.run(lambda db: load(db, project, effective(project)))
    science = Counting()
    curves = await star_curves(measured, f"s{TARGET}", science, 0.02)
    await science.close()
    report = Report(observer="TST01", chart="own, Gaia", name="T DRA")
    text = aavso_file(curves, report, ["run"], now_jd=2461373.0, floor_mag=0.02)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == FRAMES - 1
    assert all(line.split(",")[4] == "TG" and float(line.split(",")[3]) >= 0.02 for line in lines)
    pair = [msgspec.structs.replace(each, filter="LP", band="LP") for each in curves]
    with pytest.raises(CurveRefused, match="no code"):
        aavso_file(pair, report, [], now_jd=2461373.0, floor_mag=0.02)


async def test_deleting_a_project_leaves_the_others_and_all_files(
    database: Database, night: Path
) -> None:
    project = project_of(night)
    other = msgspec.structs.replace(project, name="other")
    for each in (project, other):
        await database.run(partial(rows.save_project, project=each, now=Clock().now()))
        await runner(database).run(each, effective(each))
    assert await database.run(lambda db: rows.delete_project(db, "stars")) == FRAMES
    assert await database.run(lambda db: rows.products(db, "stars")) == {}
    assert len(await database.run(lambda db: rows.points(db, "other"))) == FRAMES
    assert [each.name for each in await database.run(rows.projects)] == ["other"]
    assert len(list((night / "frames").iterdir())) == FRAMES


def test_parameters_are_typed_layered_and_locked(night: Path) -> None:
    project = with_parameters(project_of(night), read_parameters(("fraction=0.9",)))
    pars = effective(project, {"floor_mag": 0.03})
    assert (pars.settings.fraction, pars.settings.floor_mag) == (0.9, 0.03)
    assert (pars.origins["fraction"], pars.origins["floor_mag"]) == ("project", "command")
    assert pars.origins["gain"] == "default"
    assert pars.sha256 != effective(project).sha256
    assert effective(project).sha256 == effective(project).sha256
    for wrong in ("fraction=2", "fraction=x", "radius=3", "fraction", "gain=nan"):
        with pytest.raises(UsageError):
            read_parameters((wrong,))
    locked = msgspec.structs.replace(project, locked=True)
    with pytest.raises(UsageError, match="locked"):
        effective(locked, {"floor_mag": 0.03})
    with pytest.raises(UsageError, match="locked"):
        with_parameters(locked, {"fraction": 0.8})
    assert effective(locked, {"fraction": 0.9}).sha256 == effective(project).sha256


def command(folder: Path, *line: str) -> list[str]:
    config = folder / "config.toml"
    config.write_text(f'[storage]\nstate_dir = "{folder / "state"}"\n')
    return [sys.executable, "-m", "crowdsky_tui", "--config", str(config), "curves", *line]


def verb(folder: Path, *line: str) -> str:
    done = subprocess.run(command(folder, *line), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 10))]
)
def test_a_killed_run_goes_on_to_the_same_products(night: Path, tmp_path: Path, seed: int) -> None:
    verb(
        tmp_path, "project", "stars", "--field", str(night / "field.csv"), "--target", f"s{TARGET}"
    )
    verb(tmp_path, "index", "stars", str(night / "frames"))
    for kill_after in random.Random(seed).sample(range(FRAMES), 1 if seed == 0 else 2):
        running = subprocess.Popen(
            command(tmp_path, "run", "stars"), stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        assert running.stderr is not None
        for _, _line in zip(range(kill_after), running.stderr, strict=False):
            pass
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate(timeout=60)
    verb(tmp_path, "run", "stars")
    assert '"due": []' in verb(tmp_path, "run", "stars", "--dry-run", "--json")
    verb(tmp_path, "export", "stars", f"s{TARGET}", str(tmp_path / "killed.csv"))

    async def straight() -> str:
        database = Database(tmp_path / "straight")
        project = project_of(night)
        await runner(database).run(project, effective(project))
        text = (await exported(database, project))[0]
        await database.close()
        return text

    assert (tmp_path / "killed.csv").read_text() == asyncio.run(straight())
