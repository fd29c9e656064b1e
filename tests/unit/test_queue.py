"""The queue: lanes, retries, cancel, resume, and faults of ours."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import FileDamaged, Rejected, ServerUnavailable
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.engine.retry import MAX_ATTEMPTS
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.work import Context, JobQueue
from crowdsky_tui.store.store import JobState, Store

Act = Callable[[Job, Context], Awaitable[None]]


class Scripted:
    """Work that does what a test says, one lane per scope."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def lane(self, order: Order) -> str:
        return order.scope

    async def run(self, job: Job, context: Context) -> Proof:
        await self._act(job, context)
        return Proof("done", job.payload)


def order(scope: str = "a", filter: str = "LP") -> Order:
    start = datetime(2026, 2, 27, 22, 45, tzinfo=UTC)
    return Order(
        scope, scope, f"S50_{scope}", "M 81", "M 81", "20260227.91", "20.0s", filter, start, start
    )


class QueueRig:
    """A queue on a fast clock."""

    def __init__(self, folder: Path, act: Act) -> None:
        now = datetime.now(UTC)
        self.clock = Clock(now, now, 10_000.0)
        self.store = Store()
        self.journal = Journal(folder)
        work = {kind: Scripted(act) for kind in ("stack", "fetch", "upload", "confirm")}
        self.queue = JobQueue(self.journal, self.store, self.clock, dict(work))

    async def __aenter__(self) -> "QueueRig":
        await self.journal.open("test")
        await self.queue.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.queue.stop()
        await self.journal.close()

    async def settle(self) -> list[AnyJob]:
        async with asyncio.timeout(60):
            while self.queue.unfinished():
                await asyncio.sleep(0.01)
        return await self.journal.latest()


async def test_a_stack_goes_all_the_way(tmp_path: Path) -> None:
    seen: list[str] = []

    async def act(job: Job, context: Context) -> None:
        seen.append(job.kind)

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("stack", "confirm", order())
        jobs = await rig.settle()
    assert seen == ["stack", "fetch", "upload", "confirm"]
    assert {job.state for job in jobs} == {JobState.PROVED}
    assert rig.store.jobs == {}


async def test_one_lane_one_job_and_another_lane_beside_it(tmp_path: Path) -> None:
    running: set[str] = set()
    together: list[set[str]] = []
    other_lane = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        name = job.payload.scope + job.payload.filter
        running.add(name)
        together.append(set(running))
        if job.payload.scope == "b":
            other_lane.set()
        async with asyncio.timeout(20):
            await other_lane.wait()
        running.discard(name)

    async with QueueRig(tmp_path, act) as rig:
        for which in (order("a"), order("a", "IRCUT"), order("b")):
            await rig.queue.add("stack", "stack", which)
        await rig.settle()
    assert not any({"aLP", "aIRCUT"} <= group for group in together)
    assert any({"aLP", "bLP"} <= group for group in together)


async def test_a_damaged_file_is_tried_again_but_not_for_ever(tmp_path: Path) -> None:
    tries = 0

    async def act(job: Job, context: Context) -> None:
        nonlocal tries
        tries += 1
        raise FileDamaged("cut short")

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("fetch", "fetch", order())
        (job,) = await rig.settle()
    assert tries == MAX_ATTEMPTS
    assert job.state is JobState.FAILED and "tried 8 times" in job.reason


async def test_an_outage_is_waited_out(tmp_path: Path) -> None:
    tries = 0

    async def act(job: Job, context: Context) -> None:
        nonlocal tries
        tries += 1
        if tries <= MAX_ATTEMPTS + 3:
            raise ServerUnavailable("502")

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("upload", "upload", order())
        (job,) = await rig.settle()
    assert job.state is JobState.PROVED
    assert tries == MAX_ATTEMPTS + 4


async def test_a_refusal_fails_at_once_with_its_reason(tmp_path: Path) -> None:
    async def act(job: Job, context: Context) -> None:
        raise Rejected("refused", "bad header")

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("upload", "confirm", order())
        (job,) = await rig.settle()
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert "bad header" in job.reason


async def test_later_waits_without_counting_as_a_failure(tmp_path: Path) -> None:
    tries = 0

    async def act(job: Job, context: Context) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Later(30, "the scope is observing")

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("stack", "stack", order())
        (job,) = await rig.settle()
    assert (job.state, job.attempts, tries) == (JobState.PROVED, 0, 3)


async def test_a_fault_of_ours_fails_one_job_and_not_the_queue(tmp_path: Path) -> None:
    async def act(job: Job, context: Context) -> None:
        if job.payload.scope == "a":
            raise ZeroDivisionError

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("stack", "stack", order("a"))
        await rig.queue.add("stack", "stack", order("b"))
        jobs = await rig.settle()
    assert [job.state for job in jobs] == [JobState.FAILED, JobState.PROVED]
    assert "ZeroDivisionError" in jobs[0].reason


@pytest.mark.parametrize("running", [True, False])
async def test_cancel_ends_a_job_and_what_was_to_follow(tmp_path: Path, running: bool) -> None:
    begun = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        begun.set()
        if job.payload.filter == "LP":
            await asyncio.sleep(60)

    async with QueueRig(tmp_path, act) as rig:
        first, _ = await rig.queue.add("stack", "confirm", order())
        second, _ = await rig.queue.add("stack", "stack", order(filter="IRCUT"))
        await begun.wait()
        assert await rig.queue.cancel(first if running else second)
        if not running:
            assert await rig.queue.cancel(first)
        jobs = await rig.settle()
    states = {job.id: job.state for job in jobs}
    assert states[first] is JobState.CANCELLED
    assert states[second] is (JobState.PROVED if running else JobState.CANCELLED)
    assert {job.kind for job in jobs} == {"stack"}


async def test_what_was_running_goes_on_at_the_next_start(tmp_path: Path) -> None:
    begun = asyncio.Event()
    steps: list[str] = []

    async def act(job: Job, context: Context) -> None:
        steps.append(job.step)
        await context.note("start", {"n": 1})
        begun.set()
        if len(steps) == 1:
            await asyncio.sleep(60)

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("stack", "stack", order())
        await begun.wait()
    async with QueueRig(tmp_path, act) as rig:
        (job,) = await rig.settle()
    assert job.state is JobState.PROVED
    assert steps == ["", "start"]


async def test_asking_for_more_extends_a_running_job(tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    seen: list[str] = []

    async def act(job: Job, context: Context) -> None:
        seen.append(job.kind)
        begun.set()
        await go_on.wait()

    async with QueueRig(tmp_path, act) as rig:
        await rig.queue.add("stack", "stack", order())
        await begun.wait()
        _, fresh = await rig.queue.add("stack", "fetch", order())
        go_on.set()
        await rig.settle()
    assert not fresh
    assert seen == ["stack", "fetch"]


async def test_progress_is_shown_while_a_job_runs(tmp_path: Path) -> None:
    shown, go_on = asyncio.Event(), asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        context.progress(0.5, "half")
        shown.set()
        await go_on.wait()

    async with QueueRig(tmp_path, act) as rig:
        job_id, _ = await rig.queue.add("stack", "stack", order())
        await shown.wait()
        view = rig.store.jobs[job_id]
        go_on.set()
        await rig.settle()
    assert (view.progress, view.detail, view.state) == (0.5, "half", JobState.RUNNING)
    assert rig.store.log[-1].text.startswith("stack M 81")
