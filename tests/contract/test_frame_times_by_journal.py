"""The journal tells when a frame was taken: in its hash, its middle, and what is made anew."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from curve_projects_kit import FRAMES, Counting, make_night, project_of
from scope_rig import ONE

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.cli.curve_frames import Measure, requests_of, taken_by_journal
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import effective
from crowdsky_tui.curves.run import Runner, Survey, look
from crowdsky_tui.curves.stars import measured_of
from crowdsky_tui.database.database import Database
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry

BEGIN = datetime(2026, 11, 20, 20, 1, tzinfo=UTC)
TIMES = SubframeTimes(BEGIN, BEGIN + timedelta(minutes=5), BEGIN + timedelta(minutes=14))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_night(tmp_path_factory.mktemp("night"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path)
    yield opened
    await opened.close()


async def run(database: Database, night: Path, taken: dict[str, SubframeTimes]) -> Survey:
    Counting.asked = []
    project = project_of(night)
    runner = Runner(database, Clock(), lambda _: None, taken=taken, make_science=Counting)
    return await runner.run(project, effective(project))


async def test_a_frame_whose_times_become_known_is_stale_and_no_other_one(
    database: Database, night: Path
) -> None:
    survey = await run(database, night, {})
    assert len(Counting.asked) == FRAMES
    frame = next(each for each in survey.wanted if each.path.endswith("1.fit"))
    project = project_of(night)
    after = look(project, survey.known, effective(project), {frame.key: TIMES})
    stale = [each.path for each in after.wanted if after.states[each.key] is State.STALE]
    assert stale == [frame.path]
    Counting.known.clear()
    await run(database, night, {frame.key: TIMES})
    assert Counting.asked == [frame.path.encode()]
    measured = await measured_of(database, project)
    sources = {product.name: measure.time_source for product, measure, _ in measured.frames}
    assert sources.pop("1.fit") == "journal" and set(sources.values()) == {"header"}
    (told,) = [measure for product, measure, _ in measured.frames if product.name == "1.fit"]
    middle = 2440587.5 + TIMES.middle.timestamp() / 86400
    assert told.jd_utc == pytest.approx(middle, abs=1e-7)
    await run(database, night, {frame.key: TIMES})
    assert Counting.asked == []
    Counting.known.clear()


def test_a_frame_without_times_has_the_hash_that_it_always_had(night: Path) -> None:
    project = project_of(night)
    with_none = look(project, {}, effective(project))
    others = look(project, {}, effective(project), {"0" * 64: TIMES})
    assert [each.input_hash for each in with_none.wanted] == [
        each.input_hash for each in others.wanted
    ]


async def test_the_journals_times_reach_the_measurement_of_a_file(
    night: Path, tmp_path: Path
) -> None:
    settings = Settings(storage=StorageSettings(state_dir=str(tmp_path)))
    files = (night / "frames" / "0.fit", night / "frames" / "1.fit", tmp_path / "none.fit")
    key = next(
        each.key
        for each in look(project_of(night), {}, effective(project_of(night))).wanted
        if each.path.endswith("0.fit")
    )
    journal = Journal(settings.state_dir)
    await journal.open("a test")
    await journal.save_entry(LedgerEntry(ONE, sha256=key, taken=TIMES))
    await journal.close()
    taken = await taken_by_journal(settings)
    assert taken == {key: TIMES}
    options = Measure(action="measure", files=files, field=night / "field.csv")
    first, second, gone = await asyncio.to_thread(requests_of, options, settings, taken)
    assert (first.begin, first.middle, first.end) == (TIMES.begin, TIMES.middle, TIMES.end)
    assert (second.begin, second.middle, second.end) == (gone.begin, gone.middle, gone.end)
    assert second.begin is None


async def test_without_a_journal_no_time_is_known(tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(state_dir=str(tmp_path / "none")))
    assert await taken_by_journal(settings) == {}
