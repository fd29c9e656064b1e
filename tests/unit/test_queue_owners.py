"""One owner per running job: cancels at any moment, odd jobs, and rests touch nobody else."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from later_kind import ask_for_a_later_kind

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import JournalFull, RateLimited, ServerUnavailable
from crowdsky_tui.jobs.engine.job_view import UNKNOWN_KIND
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.engine.queue import PRUNE_EVERY_S, Later, Proof
from crowdsky_tui.jobs.engine.retry import LONGEST_REST_S, bounded
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

    rig.queue._work = {**rig.queue._work, "stack": Odd("stack", rig._do)}
    odd, _ = await rig.queue.add("stack", "stack", order("odd", insist=True))
    await rig.assert_alive()
    await rig.until(lambda: rig.queue.job(odd) is None)
    assert await rig.state(odd) is JobState.FAILED


@pytest.mark.parametrize("lane", ["stack a", ""])
async def test_who_insists_is_due_at_once_each_time(rig: QueueRig, lane: str) -> None:
    async def act(job: Job, context: Context) -> None:
        raise Later(300.0, "the scope observes", lane=lane)

    rig.act = act
    job_id, _ = await rig.queue.add("stack", "stack", order())
    for times in (1, 2, 3):
        await rig.until(lambda: len(rig.ran) == times)  # noqa: B023
        await rig.until(lambda: job_id in rig.queue._not_before)
        same, fresh = await rig.queue.add("stack", "stack", order(insist=True))
        assert (same, fresh) == (job_id, False)
    await rig.until(lambda: len(rig.ran) == 4)


async def test_a_lanes_rest_holds_back_its_other_jobs_only(rig: QueueRig) -> None:
    async def act(job: Job, context: Context) -> None:
        if job.payload.scope == "a":
            raise Later(300.0, "the scope observes", lane="stack a")

    rig.act = act
    await rig.queue.add("stack", "stack", order("a"))
    await rig.until(lambda: "stack a" in rig.queue._not_before)
    another = msgspec.structs.replace(order("a"), chunk="20260227.92")
    _, fresh = await rig.queue.add("stack", "stack", another)
    assert fresh, "the first job's own rest would hold it back"
    await rig.queue.add("purge", "purge", order("a"))
    await rig.assert_alive()
    await rig.until(lambda: ("purge", "a") in rig.ran)
    assert rig.ran.count(("stack", "a")) == 1


async def test_first_who_insists_then_the_oldest_then_what_went_wrong(rig: QueueRig) -> None:
    jobs = [
        Job(1, "fetch", "fetch", order(name="1"), JobState.WAITING, START, attempts=2),
        Job(2, "fetch", "fetch", order(name="2"), JobState.WAITING, START, attempts=1),
        Job(3, "fetch", "fetch", order(name="3"), JobState.QUEUED, START),
        Job(4, "fetch", "fetch", order(name="4"), JobState.QUEUED, START),
        Job(5, "fetch", "fetch", order(name="5", insist=True), JobState.QUEUED, START),
    ]
    turns = []
    while jobs:
        rig.queue._jobs = {job.id: job for job in jobs}
        (due,) = rig.queue._due(0.0)  # one lane, one job
        turns.append(due.id)
        jobs = [job for job in jobs if job.id != due.id]
    rig.queue._jobs = {}
    assert turns == [5, 3, 4, 2, 1]


async def test_a_slow_or_broken_scope_never_holds_up_another(rig: QueueRig) -> None:
    async def act(job: Job, context: Context) -> None:
        if job.payload.scope == "slow":
            await asyncio.Event().wait()
        if job.payload.scope == "broken":
            raise ServerUnavailable("away")

    rig.act = act
    for scope in ("slow", "broken"):
        for name in ("1", "2", "3"):
            await rig.queue.add("fetch", "fetch", order(scope, name))
    await rig.assert_alive()


@pytest.mark.parametrize("word", ["resend", "overwrite", "restack", "insist"])
async def test_what_the_user_says_while_the_same_job_waits_is_honoured(
    rig: QueueRig, word: str
) -> None:
    heard: list[bool] = []

    async def act(job: Job, context: Context) -> None:
        heard.append(getattr(job.payload, word))
        if len(heard) == 1:
            raise Later(0.2, "the server is away")

    rig.act = act
    first, _ = await rig.queue.add("upload", "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    said: dict[str, Any] = {word: True}
    same, fresh = await rig.queue.add("upload", "confirm", order(name="x.fit", **said))
    assert (same, fresh) == (first, False)
    await rig.queue.add("upload", "confirm", order(name="x.fit"))  # and is not taken back
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == [False, True, True]  # the attempt after it, and the step that follows


async def test_what_the_user_says_while_a_job_runs_counts_for_what_follows(rig: QueueRig) -> None:
    heard: list[tuple[str, bool]] = []
    go_on = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        heard.append((job.kind, job.payload.resend))
        await go_on.wait()

    rig.act = act
    await rig.queue.add("fetch", "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    await rig.queue.add("fetch", "confirm", order(name="x.fit", resend=True))
    go_on.set()
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == [("fetch", False), ("upload", True), ("confirm", True)]


@pytest.mark.parametrize(("kind", "word"), [("upload", "resend"), ("raw", "overwrite")])
async def test_a_word_said_while_the_very_step_runs_that_it_is_for_has_it_run_once_more(
    rig: QueueRig, kind: str, word: str
) -> None:
    heard: list[tuple[str, bool]] = []
    go_on = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        heard.append((job.kind, getattr(job.payload, word)))
        await go_on.wait()

    rig.act = act
    first, _ = await rig.queue.add(kind, "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    said: dict[str, Any] = {word: True}
    for _ in range(2):
        assert await rig.queue.add(kind, "confirm", order(name="x.fit", **said)) == (first, False)
    go_on.set()
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == [(kind, False), (kind, True), ("confirm", True)]


async def test_a_step_that_nobody_asked_more_of_is_run_once(rig: QueueRig) -> None:
    heard: list[str] = []
    go_on = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        heard.append(job.kind)
        await go_on.wait()

    rig.act = act
    await rig.queue.add("upload", "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    others: tuple[dict[str, Any], ...] = ({}, {"insist": True}, {"overwrite": True})
    for said in others:
        await rig.queue.add("upload", "confirm", order(name="x.fit", **said))
    go_on.set()
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == ["upload", "confirm"]


async def test_what_is_cancelled_is_not_run_once_more_for_a_word_said_before(rig: QueueRig) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        begun.set()
        while not go_on.is_set():  # past its last safe point it goes on to its end
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue

    rig.act = act
    number, _ = await rig.queue.add("upload", "upload", order(name="x.fit"))
    await begun.wait()
    await rig.queue.add("upload", "upload", order(name="x.fit", resend=True))
    cancel = asyncio.ensure_future(rig.queue.cancel(number))
    await asyncio.sleep(0)
    go_on.set()
    await cancel
    assert rig.ran == [("upload", "a")]
    assert await rig.state(number) is JobState.PROVED


async def test_what_the_server_asks_to_rest_is_rested_but_a_day_at_most(rig: QueueRig) -> None:
    waits = {"a": 40.0, "b": 10.0**300, "c": float("inf"), "d": float("nan"), "e": -5.0}

    async def act(job: Job, context: Context) -> None:
        scope = job.payload.scope
        if scope in "ab":
            raise RateLimited("later", retry_after=waits[scope])
        if len(rig.ran) < 7:
            raise Later(waits[scope], "later")

    rig.act = act
    ids = {scope: (await rig.queue.add("upload", "upload", order(scope)))[0] for scope in waits}
    await rig.until(lambda: rig.queue.job(ids["e"]) is None or len(rig.ran) >= 7)
    now = rig.clock.steady()
    rests = {scope: rig.queue._not_before[ids[scope]] - now for scope in "abcd"}
    assert 35 < rests["a"] <= 40
    assert LONGEST_REST_S - 5 < rests["b"] <= LONGEST_REST_S
    assert LONGEST_REST_S - 5 < rests["c"] <= LONGEST_REST_S
    assert 290 < rests["d"] <= 300
    assert bounded(-1.0) == 0.0


async def test_a_cancelled_job_is_never_begun_again(rig: QueueRig) -> None:
    async def act(job: Job, context: Context) -> None:
        raise Later(0.05, "the scope observes")

    rig.act = act
    job_id, _ = await rig.queue.add("stack", "confirm", order())
    await rig.until(lambda: len(rig.ran) >= 2)
    assert await rig.queue.cancel(job_id)
    begun = len(rig.ran)
    await asyncio.sleep(0.2)
    assert len(rig.ran) == begun and await rig.state(job_id) is JobState.CANCELLED


async def test_stop_ends_a_queue_whose_jobs_tidy_up_and_keeps_them(tmp_path: Path) -> None:
    rig = QueueRig(tmp_path)
    tidied: list[str] = []

    async def act(job: Job, context: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)
            tidied.append(job.payload.scope)

    rig.act = act
    await rig.journal.open("test")
    await rig.queue.start()
    ids = [(await rig.queue.add("stack", "stack", order(scope)))[0] for scope in "abc"]
    await rig.until(lambda: len(rig.ran) == 3)
    await rig.queue.stop()
    assert sorted(tidied) == ["a", "b", "c"]
    assert {await rig.state(each) for each in ids} == {JobState.QUEUED}
    await rig.journal.close()


async def test_what_is_long_over_is_forgotten_once_a_day_only(
    rig: QueueRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours, pruned = 0, []
    monkeypatch.setattr(rig.clock, "steady", lambda: hours * 3600.0)

    async def prune(_at: datetime) -> int:
        pruned.append(hours)
        return 0

    monkeypatch.setattr(rig.journal, "prune", prune)
    rig.queue._pruned_at = -2 * PRUNE_EVERY_S
    for hour in (0, 1, 23, 24, 25, 26, 49, 50):
        hours = hour
        await rig.queue._prune()
    assert pruned == [0, 25, 50]


async def test_a_step_is_journalled_before_the_outside_world_is_touched(rig: QueueRig) -> None:
    at_touch: list[str] = []

    async def act(job: Job, context: Context) -> None:
        await context.note("send", {"n": 1})
        (known,) = await rig.journal.jobs([job.id])
        at_touch.append(known.step)

    rig.act = act
    await rig.queue.add("upload", "upload", order())
    await rig.until(lambda: at_touch)
    assert at_touch == ["send"]


async def test_a_waiting_upload_line_takes_as_many_as_its_limit_and_no_more(
    tmp_path: Path,
) -> None:
    rig = QueueRig(tmp_path)
    rig.queue._limits = {"upload a": 2}
    rig.act = forever
    await rig.journal.open("test")
    await rig.queue.start()
    for name in "12345":
        await rig.queue.add("upload", "upload", order(name=name))
    await rig.assert_alive_beside("upload", "a", 2)
    await rig.queue.stop()
    await rig.journal.close()
