"""The queue: runs journalled jobs, each in its lane, with retries, cancel and resume.

A *lane* is what a job needs alone: one scope's stacker, one scope's files, the upload line. A slow
or broken scope never holds up another, because its lanes are its own.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from crowdsky_tui.clock import Clock
from crowdsky_tui.errors import CrowdSkyError
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.patience import LONGEST_BACKOFF_S, budget_end, is_over, next_pause
from crowdsky_tui.store import JobState, JobView, LogLine, Severity, Store
from crowdsky_tui.text import clean

JOURNAL_RETRY_S = 5.0
PRUNE_EVERY = timedelta(days=1)

logger = logging.getLogger(__name__)


class Later(Exception):
    """A job must wait for the world; not a failure. `seconds` are of the clock's time.

    `lane` names the one in which every other job would have to wait for the same.
    """

    def __init__(self, seconds: float, reason: str, *, lane: str = "") -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason
        self.lane = lane


class Proof(msgspec.Struct, frozen=True):
    """What a finished job saw with its second look, and the order as the next step needs it."""

    text: str
    order: Order


class Work(Protocol):
    """How one kind of job is done."""

    def lane(self, order: Order) -> str | None:
        """The lane that the job needs; None if it may run beside anything."""

    async def run(self, job: Job, context: "Context") -> Proof:
        """Do it, or find it done. Raises Later to wait, CrowdSkyError if it went wrong."""


def _turn(job: Job) -> tuple[bool, int, int]:
    return (not job.order.insist, job.attempts, job.id)


class Context:
    """What a running job may do to the journal and to the screen."""

    def __init__(self, queue: "JobQueue", job: Job) -> None:
        self._queue = queue
        self.journal = queue.journal
        self.job = job

    async def note(self, step: str, facts: dict[str, Any] | None = None) -> None:
        """Journal the step that comes next, before it touches the outside world."""
        self.job = await self._queue.journal.note(self.job, step, facts or {})

    def progress(self, fraction: float | None, detail: str = "") -> None:
        """Show how far the job is (0 to 1). Cheap: call as often as you like."""
        self._queue.show(self.job, progress=fraction, detail=detail)


class JobQueue:
    """Owns every running job; `start` resumes what an earlier run left unfinished."""

    def __init__(
        self,
        journal: Journal,
        store: Store,
        clock: Clock,
        work: dict[str, Work],
        lane_limits: dict[str, int] | None = None,
    ) -> None:
        self.journal = journal
        self._store = store
        self._clock = clock
        self._work = work
        self._limits = lane_limits or {}
        self._jobs: dict[int, Job] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._not_before: dict[int | str, float] = {}
        """By job and by lane, on the clock that nobody can set."""
        self._cancelled: set[int] = set()
        self._starting = asyncio.Lock()
        self._pruned_at: datetime | None = None
        self._wake = asyncio.Event()
        self._changed = asyncio.Condition()
        self._pump: asyncio.Task[None] | None = None
        self.on_end: Callable[[Job], Awaitable[None]] | None = None

    async def start(self) -> None:
        """Take up the unfinished jobs of an earlier run and begin."""
        for job in await self.journal.unfinished():
            if job.state is not JobState.QUEUED:
                job = await self.journal.move(job, JobState.QUEUED, next_try_at=None)
            self._keep(job)
        self._pump = asyncio.create_task(self._run_pump(), name="job queue")

    async def stop(self) -> None:
        """Stop everything at its next safe point; the journal keeps it for the next start."""
        tasks = [task for task in (self._pump, *self._tasks.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def add(self, kind: str, goal: str, order: Order) -> tuple[int, bool]:
        """Journal a job and queue it; if it is unfinished already, its id and False."""
        job, fresh = await self.journal.add(kind, goal, order, self._clock.now())
        self._keep(job)
        if order.insist and (lane := self._lane(job)):
            self._not_before.pop(lane, None)
        self._wake.set()
        return job.id, fresh

    async def cancel(self, job_id: int) -> bool:
        """Cancel an unfinished job and everything that was to follow; False if it is over."""
        async with self._starting:
            if job_id not in self._jobs:
                return False
            self._cancelled.add(job_id)
            task = self._tasks.get(job_id)
        try:
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
            async with self._starting:
                await self._cancel_resting(job_id)
        finally:
            self._cancelled.discard(job_id)
        return True

    async def _cancel_resting(self, job_id: int) -> None:
        """Cancel a job that does not run, unless it has ended meanwhile."""
        self._tasks.pop(job_id, None)  # a task that was cancelled before its first step
        job = self._jobs.get(job_id)
        if job is not None:
            await self._end(await self.journal.move(job, JobState.CANCELLED, reason="cancelled"))

    def unfinished(self, block_ids: Collection[str] | None = None) -> list[Job]:
        """The jobs that are not over: of these blocks, or all."""
        return [
            job
            for job in self._jobs.values()
            if block_ids is None or job.order.block_id in block_ids
        ]

    async def changed(self) -> None:
        """Wait until some job changes its state."""
        async with self._changed:
            await self._changed.wait()

    def show(self, job: Job, progress: float | None = None, detail: str = "") -> None:
        view = JobView(
            id=job.id,
            kind=job.kind,
            scope=job.order.scope,
            target=clean(job.order.target),
            label=clean(job.label),
            state=job.state,
            asked_at=job.asked_at,
            progress=progress,
            detail=detail,
            reason=clean(job.reason, 400),
        )
        self._store.set_job(view)

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        if job.next_try_at is not None:
            self._rest(job.id, (job.next_try_at - self._clock.now()).total_seconds())
        self.show(job)

    def _rest(self, job_or_lane: int | str, seconds: float) -> None:
        self._not_before[job_or_lane] = self._clock.steady() + seconds

    async def _run_pump(self) -> None:
        while True:
            self._wake.clear()
            now = self._clock.steady()
            try:
                await self._prune()
                for job in self._due(now):
                    await self._launch(job)
                pause = self._seconds_to_next(now)
            except CrowdSkyError as error:  # the journal cannot be written: nothing may begin
                self._warn(str(error))
                pause = JOURNAL_RETRY_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _prune(self) -> None:
        """Once a day, forget what has long been over."""
        now = self._clock.now()
        if self._pruned_at is None or now - self._pruned_at > PRUNE_EVERY:
            self._pruned_at = now
            await self.journal.prune(now)

    async def _launch(self, job: Job) -> None:
        async with self._starting:
            if job.id not in self._jobs or job.id in self._cancelled:
                return
            running = await self.journal.move(job, JobState.RUNNING, next_try_at=None)
            self._keep(running)
            task = asyncio.create_task(self._run_job(running), name=f"{job.kind} {job.id}")
            self._tasks[job.id] = task

    def _due(self, now: float) -> list[Job]:
        """The jobs to start now, as far as their lanes have room.

        Oldest first, but those that the user insists on before the others, and those that went
        wrong after them: a bad one holds up nobody.
        """
        taken = Counter(
            lane for job_id in self._tasks if (lane := self._lane(self._jobs[job_id])) is not None
        )
        due: list[Job] = []
        for job in sorted(self._jobs.values(), key=_turn):
            if job.id in self._tasks or self._not_before.get(job.id, now) > now:
                continue
            lane = self._lane(job)
            if lane is not None:
                full = taken[lane] >= self._limits.get(lane, 1)
                if full or self._not_before.get(lane, now) > now:
                    continue
                taken[lane] += 1
            due.append(job)
        return due

    def _lane(self, job: Job) -> str | None:
        return self._work[job.kind].lane(job.order)

    def _seconds_to_next(self, now: float) -> float | None:
        """Real seconds until some job or lane has waited long enough; what is due needs a wake."""
        waits = [moment for moment in self._not_before.values() if moment > now]
        if not waits:
            return None
        return max(self._clock.real_seconds(min(waits) - self._clock.steady()), 0.02)

    async def _run_job(self, job: Job) -> None:
        try:
            try:
                ended = await self._outcome(job, Context(self, job))
            except asyncio.CancelledError:
                ended = await self._after_cancel(job)
        except CrowdSkyError as error:  # the journal could not be written; the job stays open
            self._warn(str(error))
            again = self._clock.now() + timedelta(seconds=LONGEST_BACKOFF_S)
            ended = msgspec.structs.replace(job, next_try_at=again, reason=str(error))
        finally:
            self._tasks.pop(job.id, None)
            self._wake.set()
        await self._end(ended)

    async def _outcome(self, job: Job, context: Context) -> Job:
        """Run a job and journal how it ended. A cancellation may come at any moment."""
        move = self.journal.move
        try:
            proof = await self._work[job.kind].run(job, context)
            proved, following = await self.journal.prove(
                job, proof.order, proof.text, self._clock.now()
            )
            if following:
                self._keep(following)
            return proved
        except Later as later:
            until = self._clock.now() + timedelta(seconds=later.seconds)
            if later.lane:
                self._rest(later.lane, later.seconds)
            return await move(job, JobState.WAITING, reason=later.reason, next_try_at=until)
        except CrowdSkyError as error:
            return await self._after_error(job, error)
        except Exception as error:  # a fault of ours must not take the night down with it
            logger.exception("job %s failed", job.id)
            reason = f"a fault in crowdsky-tui: {type(error).__name__} (the log file has it)"
            return await move(job, JobState.FAILED, reason=reason)

    async def _after_cancel(self, job: Job) -> Job:
        """The user cancelled the job, or the program is closing: then it goes on at the next start.

        The job may have come to its end in the same moment; then that stands, and what was to
        follow is cancelled in its place.
        """
        asked = job.id in self._cancelled
        (current,) = await self.journal.jobs([job.id])
        if current.state is JobState.RUNNING:
            if asked:
                return await self.journal.move(job, JobState.CANCELLED, reason="cancelled")
            return await self.journal.move(job, JobState.QUEUED, reason="goes on at the next start")
        for following in await self.journal.latest([job.order.block_id]):
            if asked and following.id > job.id and following.unfinished:
                await self.journal.move(following, JobState.CANCELLED, reason="cancelled")
        return current

    async def _after_error(self, job: Job, error: CrowdSkyError) -> Job:
        attempts, now = job.attempts + 1, self._clock.now()
        if is_over(error, attempts, budget_end(job.asked_at, job.order.start.tzinfo), now):
            reason = str(error) if attempts == 1 else f"{error} (tried {attempts} times)"
            return await self.journal.move(
                job, JobState.FAILED, reason=clean(reason, 800), attempts=attempts
            )
        return await self.journal.move(
            job,
            JobState.WAITING,
            reason=str(error),
            attempts=attempts,
            next_try_at=now + timedelta(seconds=next_pause(error, attempts)),
        )

    async def _end(self, job: Job) -> None:
        """Make a job's new state known."""
        if job.unfinished:
            self._keep(job)
        else:
            self._jobs.pop(job.id, None)
            self._not_before.pop(job.id, None)
            self._store.drop_job(job.id)
        self._log(job)
        if self.on_end is not None:
            await self.on_end(job)
        async with self._changed:
            self._changed.notify_all()

    def _warn(self, text: str) -> None:
        logger.error("%s", text)
        self._store.add_log(LogLine(self._clock.now(), Severity.ERROR, clean(text, 400)))

    def _log(self, job: Job) -> None:
        severity = {
            JobState.PROVED: Severity.GOOD,
            JobState.FAILED: Severity.ERROR,
            JobState.CANCELLED: Severity.WARNING,
        }.get(job.state)
        if severity is not None:
            text = clean(f"{job.kind} {job.label}: {job.reason}", 400)
            self._store.add_log(LogLine(self._clock.now(), severity, text))
