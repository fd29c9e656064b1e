"""What is proved is measured for the projects that want it, once, and never stands in the way."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from curve_projects_kit import TARGET, Counting, make_night, project_of
from scope_rig import ONE

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.config.load import Settings
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.curves.run import look
from crowdsky_tui.curves.stars import measured_of
from crowdsky_tui.database.database import Database
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.measure import MeasureOrder, MeasureWork
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.work import JobQueue
from crowdsky_tui.night.measuring import ask_to_measure, measure_stack
from crowdsky_tui.store.store import JobState, Store

BEGIN = datetime(2026, 11, 20, 20, 1, tzinfo=UTC)
TIMES = SubframeTimes(BEGIN, BEGIN + timedelta(minutes=5), BEGIN + timedelta(minutes=14))


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_night(tmp_path_factory.mktemp("night"))


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Any]:
    """The parts of a night that measuring uses, with a queue that knows this kind alone."""
    database, journal, store, clock = Database(tmp_path), Journal(tmp_path), Store(), Clock()
    parts: Any = SimpleNamespace(
        records=SimpleNamespace(database=database), store=store, clock=clock, journal=journal,
        settings=Settings(),
    )  # fmt: skip
    measure = partial(measure_stack, parts, make_science=Counting)
    await journal.open("a test")
    parts.queue = JobQueue(journal, store, clock, {"measure": MeasureWork(measure)})
    await parts.queue.start()
    Counting.asked = []
    yield parts
    await parts.queue.stop()
    await journal.close()
    await database.close()


async def keep(night: Any, project: Project) -> Project:
    await night.records.database.run(lambda db: rows.save_project(db, project, Clock().now()))
    return project


async def kept(night: Any) -> Project:
    (project,) = await night.records.database.run(rows.projects)
    return project  # type: ignore[no-any-return]


def proved(path: Path, target: str = "M 81", taken: SubframeTimes | None = None) -> LedgerEntry:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "0" * 64
    order = msgspec.structs.replace(ONE, target=target)
    return LedgerEntry(order, local_path=str(path), sha256=sha256, taken=taken)


async def ended(night: Any) -> list[Any]:
    async with asyncio.timeout(60):
        while night.queue.unfinished():
            await asyncio.sleep(0.01)
    return [job for job in await night.journal.jobs(range(1, 9)) if job.kind == "measure"]


async def test_a_stack_in_a_projects_folder_is_measured_once_by_the_journals_times(
    night: Any, stacks: Path
) -> None:
    project = await keep(night, project_of(stacks))
    frame = stacks / "frames" / "1.fit"
    Counting.known.clear()
    for _ in range(2):
        await ask_to_measure(night, proved(frame, taken=TIMES))
        jobs = await ended(night)
    assert {job.state for job in jobs} == {JobState.PROVED} and len(jobs) == 2
    assert all("zero point" in job.reason for job in jobs)
    assert Counting.asked == [str(frame).encode()], "the second one finds it done"
    ((product, measure, points),) = (await measured_of(night.records.database, project)).frames
    assert product.name == "1.fit" and measure.time_source == "journal" and f"s{TARGET}" in points
    assert await kept(night) == project, "its folder has it already"
    told = {product.key: TIMES}
    survey = look(project, {product.key: product}, effective(project), told)
    assert survey.states[product.key] is State.OK, "a run of the project has nothing to do there"
    Counting.known.clear()


async def test_a_target_by_its_name_becomes_a_frame_of_the_project(
    night: Any, stacks: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.fit"
    elsewhere.write_bytes((stacks / "frames" / "0.fit").read_bytes())
    project = msgspec.structs.replace(project_of(stacks), frames=())
    await keep(night, project)
    for _ in range(2):
        await ask_to_measure(night, proved(elsewhere, f"S{TARGET}"))
        await ended(night)
    assert (await kept(night)).frames == (str(elsewhere),)
    assert len(Counting.asked) <= 1


@pytest.mark.parametrize("why", ["no project", "another target", "no catalogue", "no file of ours"])
async def test_nothing_is_asked_for_unless_a_project_wants_it(
    night: Any, stacks: Path, tmp_path: Path, why: str
) -> None:
    entry = proved(tmp_path / "a.fit", f"s{TARGET}")
    project = msgspec.structs.replace(project_of(stacks), frames=())
    if why == "another target":
        entry = proved(tmp_path / "a.fit", "M 82")
    if why == "no catalogue":
        project = msgspec.structs.replace(project, field="")
    if why == "no file of ours":
        entry = msgspec.structs.replace(entry, local_path="")
    if why != "no project":
        await keep(night, project)
    await ask_to_measure(night, entry)
    assert await ended(night) == [] and Counting.asked == []


async def test_what_cannot_be_measured_is_told_and_is_no_failure(
    night: Any, stacks: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.fit"
    page.write_bytes(b"<html>no</html>")
    await keep(night, project_of(stacks))
    await ask_to_measure(night, proved(page, f"s{TARGET}"))
    await ask_to_measure(night, proved(tmp_path / "gone.fit", f"s{TARGET}"))
    jobs = await ended(night)
    assert {job.state for job in jobs} == {JobState.PROVED}
    assert sorted(job.reason for job in jobs)[1] == "the stack is not on this machine any more"
    assert sorted(job.reason for job in jobs)[0].startswith("not measured: ")


async def test_a_file_that_is_another_one_than_was_sent_is_never_taken_for_it(
    night: Any, stacks: Path
) -> None:
    await keep(night, project_of(stacks))
    entry = msgspec.structs.replace(proved(stacks / "frames" / "2.fit"), sha256="1" * 64)
    await ask_to_measure(night, entry)
    (job,) = await ended(night)
    assert job.reason == "its file is another one than was sent: not measured"


async def test_a_trouble_of_the_database_is_told_and_keeps_nothing_from_being_proved(
    night: Any, stacks: Path
) -> None:
    async def refuse(_work: object) -> None:
        raise CrowdSkyError("the database cannot be read")

    night.records.database.run = refuse
    await ask_to_measure(night, proved(stacks / "frames" / "0.fit"))
    assert any("the database cannot be read" in line.text for line in night.store.log)


def test_an_order_outlives_the_journal() -> None:
    order = MeasureOrder("S50", "M 81", "LP", "M 81 22:15", "stars", "/a.fit", "0" * 64, TIMES)
    assert msgspec.json.decode(msgspec.json.encode(order), type=MeasureOrder) == order
    assert order.block_id == f"measure/stars/{'0' * 64}"
