"""What goes wrong in one job is that job's: unknown kinds, refusals, listeners, faults of ours."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from later_kind import ask_for_a_later_kind
from test_queue_owners import SOON_S, QueueRig, Scripted, forever, order

from crowdsky_tui.base.errors import JournalFull
from crowdsky_tui.jobs.engine.job_view import UNKNOWN_KIND
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.store.store import JobState


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[QueueRig]:
    made = QueueRig(tmp_path)
    await made.journal.open("test")
    await made.queue.start()
    yield made
    async with asyncio.timeout(SOON_S):
        await made.queue.stop()
    await made.journal.close()


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.WAITING])
async def test_a_job_of_unknown_kind_is_kept_shown_and_left_alone(
    tmp_path: Path, state: JobState
) -> None:
    rig = QueueRig(tmp_path)
    await rig.journal.open("a later version")
    left = await ask_for_a_later_kind(rig.journal, order(), rig.clock.now())
    if state is not JobState.QUEUED:
        left = await rig.journal.move(left, JobState.RUNNING)
    if state is JobState.WAITING:
        left = await rig.journal.move(left, JobState.WAITING, reason="clouds")
    await rig.queue.start()
    await rig.assert_alive()
    shown = rig.store.jobs[left.id]
    assert (shown.kind, shown.reason) == ("photometry", UNKNOWN_KIND)
    assert rig.queue.unfinished() == []  # nobody waits for it
    await rig.queue.stop()
    assert await rig.journal.jobs([left.id]) == [left]
    await rig.journal.close()


async def test_a_job_of_unknown_kind_can_be_cancelled(rig: QueueRig) -> None:
    left = await ask_for_a_later_kind(rig.journal, order(), rig.clock.now())
    rig.queue._keep(left)
    assert await rig.queue.cancel(left.id)
    assert await rig.state(left.id) is JobState.CANCELLED


async def test_a_job_that_the_journal_refuses_is_no_other_jobs_trouble(rig: QueueRig) -> None:
    gone, _ = await rig.journal.add("fetch", "fetch", order(name="x.fit"), rig.clock.now())
    await rig.journal.move(gone, JobState.CANCELLED)
    rig.queue._keep(gone)  # as memory and journal once came apart
    rig.queue._wake.set()
    await rig.assert_alive()
    assert rig.queue.job(gone.id) is None


async def test_whatever_its_listeners_raise_a_job_ends_and_others_go_on(rig: QueueRig) -> None:
    async def listener(_job: AnyJob) -> None:
        raise KeyError("a view")

    rig.queue.on_end = listener
    changed = asyncio.create_task(rig.queue.changed())
    job_id, _ = await rig.queue.add("stack", "stack", order())
    await asyncio.wait_for(changed, SOON_S)
    assert await rig.state(job_id) is JobState.PROVED
    assert any("KeyError" in line.text for line in rig.store.log)
    await rig.assert_alive()


@pytest.mark.parametrize("error", [KeyError("row"), OverflowError(), asyncio.CancelledError()])
async def test_a_fault_of_ours_is_one_jobs_own(rig: QueueRig, error: BaseException) -> None:
    async def act(job: Job, context: Context) -> None:
        if job.payload.scope == "a":
            raise error

    rig.act = act
    job_id, _ = await rig.queue.add("stack", "stack", order())
    await rig.until(lambda: rig.queue.job(job_id) is None)
    assert await rig.state(job_id) is JobState.FAILED
    await rig.assert_alive()


async def test_an_end_that_cannot_be_written_down_leaves_the_job_open(rig: QueueRig) -> None:
    real = rig.journal.prove

    async def full(*_rest: Any, **_more: Any) -> object:
        raise JournalFull("the journal cannot be written", "the disk is full")

    rig.journal.prove = full  # type: ignore[method-assign, assignment]
    job_id, _ = await rig.queue.add("stack", "stack", order())
    await rig.until(lambda: rig.queue._not_before)
    rig.journal.prove = real  # type: ignore[method-assign]
    assert rig.queue.job(job_id) is not None and rig.ran == [("stack", "a")]
    await rig.assert_alive()
    assert await rig.queue.cancel(job_id)


async def test_nothing_is_called_cancelled_that_could_not_be_written_down(rig: QueueRig) -> None:
    rig.act = forever
    job_id, _ = await rig.queue.add("fetch", "fetch", order(name="x.fit"))
    await rig.until(lambda: rig.ran)
    real = rig.journal.move

    async def full(*_rest: Any, **_more: Any) -> Job:
        raise JournalFull("the journal cannot be written", "the disk is full")

    rig.journal.move = full  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(JournalFull):
            await rig.queue.cancel(job_id)
    rig.journal.move = real  # type: ignore[method-assign]
    assert rig.queue.job(job_id) is not None
    assert await rig.queue.cancel(job_id)
    assert await rig.state(job_id) is JobState.CANCELLED
    rig.act = rig.nothing
    await rig.assert_alive()


async def test_a_job_whose_lane_cannot_be_told_stops_no_other(rig: QueueRig) -> None:
    real = Scripted.lane

    class Odd(Scripted):
        def lane(self, order: Order) -> str:
            if order.scope == "odd":
                raise KeyError(order.scope)
            return real(self, order)

        async def run(self, job: Job, context: Context) -> Proof:
            self.lane(job.payload)
            return await super().run(job, context)

    rig.queue._work = {**rig.queue._work, "stack": Odd("stack", rig._do)}  # type: ignore[dict-item]
    odd, _ = await rig.queue.add("stack", "stack", order("odd", insist=True))
    await rig.assert_alive()
    await rig.until(lambda: rig.queue.job(odd) is None)
    assert await rig.state(odd) is JobState.FAILED
