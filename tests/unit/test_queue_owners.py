"""One owner per running job: cancels at any moment, odd jobs, and rests touch nobody else."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ServerUnavailable
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Job, Order, of_stacks
from crowdsky_tui.jobs.work import Context, JobQueue
from crowdsky_tui.store.store import JobState, Store

Act = Callable[[Job, Context], Awaitable[None]]
KINDS = ("stack", "fetch", "upload", "confirm", "raw", "purge")
START = datetime(2026, 2, 27, 22, 45, tzinfo=UTC)
SOON_S = 10.0


def order(scope: str = "a", name: str = "", **more: Any) -> Order:
    return Order(
        scope, scope, f"S50_{scope}", "M 81", "M 81", "20260227.91", "20.0s", "LP", START, START,
        name=name, **more,
    )  # fmt: skip


class Scripted:
    """Work that does what a test says; one lane per kind and scope."""

    def __init__(self, kind: str, act: Act) -> None:
        self.kind = kind
        self.act = act

    def lane(self, order: Order) -> str:
        return f"{self.kind} {order.scope}"

    async def run(self, job: Job, context: Context) -> Proof:
        await self.act(job, context)
        return Proof("done", job.payload)


class QueueRig:
    """A queue on the real clock; `act` says what its jobs do, `ran` which of them began."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.store, self.journal = Clock(), Store(), Journal(folder)
        self.ran: list[tuple[str, str]] = []
        work = {kind: Scripted(kind, self._do) for kind in KINDS}
        self.queue = JobQueue(self.journal, self.store, self.clock, dict(work))
        self.act: Act = self.nothing

    async def nothing(self, _job: Job, _context: Context) -> None:
        """What a job does that is done at once."""

    async def _do(self, job: Job, context: Context) -> None:
        self.ran.append((job.kind, job.payload.scope))
        await self.act(job, context)

    async def until(self, ready: Callable[[], object]) -> None:
        async with asyncio.timeout(SOON_S):
            while not ready():
                await asyncio.sleep(0.005)

    async def state(self, job_id: int) -> JobState:
        (job,) = await self.journal.jobs([job_id])
        return job.state

    async def assert_alive_beside(self, kind: str, scope: str, running: int) -> None:
        """So many jobs of this lane have begun, and no more do while another lane goes on."""
        await self.until(lambda: self.ran.count((kind, scope)) == running)
        self.queue._wake.set()
        await asyncio.sleep(0.05)
        assert self.ran.count((kind, scope)) == running

    async def assert_alive(self) -> None:
        """A fresh job of another telescope runs to its end."""
        fresh, _ = await self.queue.add("stack", "stack", order("other telescope"))
        await self.until(lambda: ("stack", "other telescope") in self.ran)
        await self.until(lambda: self.queue.job(fresh) is None)


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[QueueRig]:
    made = QueueRig(tmp_path)
    await made.journal.open("test")
    await made.queue.start()
    yield made
    async with asyncio.timeout(SOON_S):
        await made.queue.stop()
    await made.journal.close()


def slow_disk(journal: Journal, seconds: float) -> None:
    """Each write takes as long as on a memory card."""
    real = journal.transaction

    async def slower(work: Callable[[sqlite3.Connection], object]) -> object:
        def write(db: sqlite3.Connection) -> object:
            found = work(db)
            time.sleep(seconds)
            return found

        return await real(write)

    journal.transaction = slower  # type: ignore[method-assign, assignment]


async def forever(_job: Job, _context: Context) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("fsync_s", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("gap_s", [0.0, 0.0005, 0.002, 0.01, 0.02, 0.05])
async def test_two_cancels_of_one_job_stop_no_other(
    rig: QueueRig, gap_s: float, fsync_s: float
) -> None:
    rig.act = forever
    job_id, _ = await rig.queue.add("fetch", "fetch", order(name="x.fit"))
    await rig.until(lambda: rig.ran)
    slow_disk(rig.journal, fsync_s)

    async def later() -> bool:
        await asyncio.sleep(gap_s)
        return await rig.queue.cancel(job_id)

    first, _ = await asyncio.gather(rig.queue.cancel(job_id), later())
    assert first and await rig.state(job_id) is JobState.CANCELLED
    assert rig.queue.job(job_id) is None and not await rig.queue.cancel(job_id)
    rig.act = rig.nothing
    await rig.assert_alive()


@pytest.mark.parametrize("seed", range(8))
async def test_no_number_of_cancels_at_any_moment_ever_stops_another_job(
    rig: QueueRig, seed: int
) -> None:
    """Cancels of running, waiting and ending jobs, by callers that are cancelled themselves."""
    dice = random.Random(seed)
    slow_disk(rig.journal, dice.choice([0.0, 0.001, 0.005]))

    async def act(job: Job, context: Context) -> None:
        try:
            await asyncio.sleep(dice.uniform(0, 0.03))
            await context.note("step")
            if dice.random() < 0.2:
                raise Later(0.02, "the scope observes")
            if dice.random() < 0.1:
                raise ServerUnavailable("502")
        finally:
            await asyncio.sleep(dice.choice([0.0, 0.005]))

    rig.act = act
    kept, ids = set(), []
    for scope in "abcd":
        for number in range(4):
            made = order(scope, f"{number}.fit")
            job_id, _ = await rig.queue.add("fetch", "confirm", made)
            ids.append(job_id)
            if number == 3:
                kept.add(made.stack_id)
    wanted = [job_id for number, job_id in enumerate(ids) if number % 4 != 3]

    async def cancels() -> None:
        for _ in range(dice.randrange(1, 5)):
            await asyncio.sleep(dice.uniform(0, 0.02))
            await rig.queue.cancel(dice.choice(wanted))

    callers = [asyncio.create_task(cancels()) for _ in range(25)]
    for caller in dice.sample(callers, 8):
        await asyncio.sleep(dice.uniform(0, 0.01))
        caller.cancel()
    for ended in await asyncio.gather(*callers, return_exceptions=True):
        assert ended is None or isinstance(ended, asyncio.CancelledError)
    await rig.until(lambda: not rig.queue.unfinished())
    ends = {job.payload.stack_id: job.state for job in of_stacks(await rig.journal.latest())}
    assert {ends[stack_id] for stack_id in kept} == {JobState.PROVED}
    assert set(ends.values()) <= {JobState.PROVED, JobState.CANCELLED}
    await rig.assert_alive()


async def test_the_work_is_cancelled_once_and_tidies_up_undisturbed(rig: QueueRig) -> None:
    tidied = False

    async def act(job: Job, context: Context) -> None:
        nonlocal tidied
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            tidied = True

    rig.act = act
    job_id, _ = await rig.queue.add("stack", "stack", order())
    await rig.until(lambda: rig.ran)
    asked = [asyncio.create_task(rig.queue.cancel(job_id)) for _ in range(5)]
    await asyncio.sleep(0.01)
    assert await rig.queue.cancel(job_id) and all(await asyncio.gather(*asked))
    assert tidied and await rig.state(job_id) is JobState.CANCELLED


@pytest.mark.parametrize("kind", ["purge", "fetch", "upload"])
async def test_a_cancel_at_a_jobs_end_takes_only_what_was_to_follow_it(
    rig: QueueRig, kind: str
) -> None:
    hold = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        if job.payload.name == "b.fit":
            await hold.wait()

    rig.act = act
    real = rig.journal.prove

    async def prove(job: Job, *rest: Any, **more: Any) -> object:
        cancels.append(asyncio.create_task(rig.queue.cancel(job.id)))
        ended = await real(job, *rest, **more)
        await asyncio.sleep(0.02)
        return ended

    cancels: list[asyncio.Task[bool]] = []
    rig.journal.prove = prove  # type: ignore[method-assign, assignment]
    neighbour, _ = await rig.queue.add(kind, kind, order(name="b.fit"))
    await rig.until(lambda: rig.ran)
    ending, _ = await rig.queue.add("confirm", "confirm", order(name="a.fit"))
    await rig.until(lambda: rig.queue.job(ending) is None)
    rig.journal.prove = real  # type: ignore[method-assign]
    assert await rig.state(ending) is JobState.PROVED
    assert await rig.state(neighbour) is JobState.RUNNING
    hold.set()
    await rig.until(lambda: rig.queue.job(neighbour) is None)
    assert await rig.state(neighbour) is JobState.PROVED
    assert await cancels[0] is False  # it was over: nothing is called cancelled that was not


async def test_a_cancel_at_a_jobs_end_cancels_the_step_that_follows(rig: QueueRig) -> None:
    real = rig.journal.prove

    async def prove(job: Job, *rest: Any, **more: Any) -> object:
        cancels.append(asyncio.create_task(rig.queue.cancel(job.id)))
        await asyncio.sleep(0)
        return await real(job, *rest, **more)

    cancels: list[asyncio.Task[bool]] = []
    rig.journal.prove = prove  # type: ignore[method-assign, assignment]
    await rig.queue.add("stack", "confirm", order())
    await rig.until(lambda: cancels)
    assert await cancels[0]
    await rig.until(lambda: not rig.queue.unfinished())
    ends = [(job.kind, job.state) for job in await rig.journal.latest()]
    assert ends == [("stack", JobState.PROVED), ("fetch", JobState.CANCELLED)]
    assert rig.ran == [("stack", "a")]


async def test_a_cancel_at_a_jobs_end_never_takes_a_next_step_that_was_asked_for_before(
    rig: QueueRig,
) -> None:
    hold = asyncio.Event()
    real = rig.journal.prove
    cancels: list[asyncio.Task[bool]] = []

    async def act(job: Job, context: Context) -> None:
        if job.kind == "fetch":
            await hold.wait()

    async def prove(job: Job, *rest: Any, **more: Any) -> object:
        cancels.append(asyncio.create_task(rig.queue.cancel(job.id)))
        await asyncio.sleep(0)
        return await real(job, *rest, **more)

    rig.act = act
    before, _ = await rig.queue.add("fetch", "fetch", order())
    await rig.until(lambda: rig.ran)
    rig.journal.prove = prove  # type: ignore[method-assign, assignment]
    await rig.queue.add("stack", "fetch", order())
    await rig.until(lambda: cancels)
    assert await cancels[0] is False
    assert await rig.state(before) is JobState.RUNNING
    hold.set()
    await rig.until(lambda: rig.queue.job(before) is None)
    assert await rig.state(before) is JobState.PROVED


async def test_what_the_journal_has_the_queue_has_though_the_caller_goes(rig: QueueRig) -> None:
    slow_disk(rig.journal, 0.05)
    asking = asyncio.create_task(rig.queue.add("stack", "stack", order()))
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await rig.until(lambda: rig.ran)  # without another start

    rig.act = forever
    job_id, _ = await rig.queue.add("fetch", "fetch", order(name="x.fit"))
    await rig.until(lambda: ("fetch", "a") in rig.ran)
    cancelling = asyncio.create_task(rig.queue.cancel(job_id))
    await asyncio.sleep(0.01)
    cancelling.cancel()
    await asyncio.gather(cancelling, return_exceptions=True)
    assert rig.queue.job(job_id) is None
    assert await rig.state(job_id) is JobState.CANCELLED


@pytest.mark.parametrize("lane", ["stack a", ""])
async def test_who_insists_is_due_at_once_each_time(rig: QueueRig, lane: str) -> None:
    async def act(job: Job, context: Context) -> None:
        raise Later(300.0, "the scope observes", lane=lane)

    rig.act = act
    job_id, _ = await rig.queue.add("stack", "stack", order())
    for times in (1, 2, 3):
        await rig.until(lambda: len(rig.ran) == times)  # noqa: B023 - awaited within its round
        await rig.until(lambda: job_id in rig.queue._not_before)
        same, fresh = await rig.queue.add("stack", "stack", order(insist=True))
        assert (same, fresh) == (job_id, False)
    await rig.until(lambda: len(rig.ran) == 4)
