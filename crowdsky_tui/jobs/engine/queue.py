"""The queue: runs journalled jobs, each in its lane, with retries, cancel and resume.

A *lane* is what a job needs alone: one scope's stacker, one scope's files, the upload line. A slow
or broken scope never holds up another, because its lanes are its own. Each running job has one
owner, a task that nobody cancels: whoever wants the job to end asks it to stop (`jobs.work`).
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Generic, cast

import msgspec

from crowdsky_tui.base.clock import Clock, clock_problem
from crowdsky_tui.base.errors import CrowdSkyError, JournalRefused
from crowdsky_tui.base.supervisor import CLOSE_PATIENCE_S, Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import finished
from crowdsky_tui.jobs.engine.context import Context as Context
from crowdsky_tui.jobs.engine.context import J
from crowdsky_tui.jobs.engine.job_view import view_of
from crowdsky_tui.jobs.engine.model import AnyJob, Payload
from crowdsky_tui.jobs.engine.retry import (
    LONGEST_BACKOFF_S,
    bounded,
    budget_end,
    is_over,
    next_pause,
)
from crowdsky_tui.jobs.engine.work import AnyWork, RunningJob, Work, lane_of
from crowdsky_tui.jobs.engine.work import Later as Later
from crowdsky_tui.jobs.engine.work import Proof as Proof
from crowdsky_tui.store.store import JobState, LogLine, Severity, Store

JOURNAL_RETRY_S = 5.0
PRUNE_EVERY_S = 86400.0
SET_ASIDE = "it is set aside, the others go on; what it was about may be asked for again"

logger = logging.getLogger(__name__)


def _turn(job: AnyJob) -> tuple[bool, int, int]:
    return (not job.payload.insist, job.attempts, job.id)


class JobQueue(Generic[J]):
    """Owns every running job; `start` resumes what an earlier run left unfinished.

    A job whose kind this version does not know is kept in the journal, shown, and left alone.
    """

    def __init__(
        self,
        journal: J,
        store: Store,
        clock: Clock,
        work: Mapping[str, AnyWork],
        lane_limits: dict[str, int] | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.journal = journal
        self._store = store
        self._clock = clock
        # a kind's work gets its own jobs alone, and decoding has checked their payload
        self._work = cast("Mapping[str, Work[Payload, Context[J, Payload]]]", work)
        self._limits = lane_limits or {}
        self._supervisor = Supervisor(faults or Faults(self._warn))
        self._jobs: dict[int, AnyJob] = {}
        self._running: dict[int, RunningJob] = {}
        self._not_before: dict[int | str, float] = {}
        """By job and by lane, on the clock that nobody can set."""
        self._kept_at: dict[int, float] = {}
        self._starting = asyncio.Lock()
        self._pruned_at = -2 * PRUNE_EVERY_S
        self._wake = asyncio.Event()
        self._changed = asyncio.Condition()
        self._pump: asyncio.Task[None] | None = None
        self.on_end: Callable[[AnyJob], Awaitable[None]] | None = None

    async def start(self) -> None:
        """Take up the unfinished jobs of an earlier run and begin."""
        for damaged in await self.journal.set_aside_damaged():
            self._warn(f"the journal's row of job {clean(damaged)} is damaged: {SET_ASIDE}")
        for job in await self.journal.unfinished():
            if job.state is not JobState.QUEUED and job.kind in self._work:
                job = await self.journal.move(job, JobState.QUEUED, next_try_at=None)
            self._keep(job)
        self._pump = self._supervisor.keep("the job queue", self._run_pump)

    async def stop(self) -> None:
        """Stop everything at its next safe point; the journal keeps it for the next start."""
        if self._pump is not None:
            await self._supervisor.stop(self._pump)
        running = list(self._running.values())
        for each in running:
            each.stop(cancel=False)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await asyncio.gather(*(each.over.wait() for each in running))
        await self._supervisor.close()

    async def add(self, kind: str, goal: str, payload: Payload) -> tuple[int, bool]:
        """Journal a job and queue it; if it is unfinished already, its id and False.

        If the user insists it is due at once, and so is its lane. Whoever asks may be cancelled
        meanwhile: what the journal has, the queue has.
        """
        return await finished(self._add(kind, goal, payload))

    async def _add(self, kind: str, goal: str, payload: Payload) -> tuple[int, bool]:
        async with self._starting:
            job, fresh = await self.journal.add(kind, goal, payload, self._clock.now())
            self._keep(job)
        if payload.insist:
            self._not_before.pop(job.id, None)
            if lane := self._lane(job):
                self._not_before.pop(lane, None)
        self._wake.set()
        return job.id, fresh

    async def cancel(self, job_id: int) -> bool:
        """Cancel an unfinished job and what was to follow it; False if it is over.

        To ask again, at any moment, changes nothing; no other job is touched. Whoever asks may be
        cancelled meanwhile. Raises JournalError if it cannot be written down.
        """
        return await finished(self._cancel(job_id))

    async def _cancel(self, job_id: int) -> bool:
        async with self._starting:
            running = self._running.get(job_id)
            ended = await self._cancel_resting(job_id) if running is None else None
        if running is not None:
            running.stop(cancel=True)
            await running.over.wait()
            return running.ended_cancelled or await self._cancel(job_id)
        if ended is not None:
            await self._tell_end(ended)
        return ended is not None

    async def _cancel_resting(self, job_id: int) -> AnyJob | None:
        """Cancel a job that does not run; None if it has ended."""
        job = self._jobs.get(job_id)
        if job is None:
            return None
        try:
            ended = await self._end(job, JobState.CANCELLED, "cancelled")
        except JournalRefused as error:
            await self._read_again(job, error)
            return None
        self._settle(ended)
        return ended

    def job(self, job_id: int) -> AnyJob | None:
        """An unfinished job, of whatever kind; None if it is over."""
        return self._jobs.get(job_id)

    def unfinished(self, block_ids: Collection[str] | None = None) -> list[AnyJob]:
        """The jobs to be done: of these blocks, or all. None of a kind that is left alone."""
        return [
            job
            for job in self._jobs.values()
            if job.kind in self._work and (block_ids is None or job.payload.block_id in block_ids)
        ]

    def show_unfinished(self, jobs: Iterable[AnyJob]) -> None:
        """Have these be the jobs to be done, as read beside whoever does them."""
        self._jobs = {job.id: job for job in jobs}

    async def changed(self) -> None:
        """Wait until some job changes its state."""
        async with self._changed:
            await self._changed.wait()

    def show(self, job: AnyJob, progress: float | None = None, detail: str = "") -> None:
        """Show a job in the store; `progress` is a fraction."""
        known = job.kind in self._work
        self._store.set_job(view_of(job, known=known, progress=progress, detail=detail))

    def _keep(self, job: AnyJob) -> None:
        self._jobs[job.id] = job
        self._kept_at.setdefault(job.id, self._clock.steady())
        self.show(job)

    def _rest(self, job_or_lane: int | str, seconds: float) -> None:
        self._not_before[job_or_lane] = self._clock.steady() + bounded(seconds)

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
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _prune(self) -> None:
        """Once a day, forget what has long been over; never by a clock that cannot be right."""
        steady, now = self._clock.steady(), self._clock.now()
        if steady - self._pruned_at > PRUNE_EVERY_S and not clock_problem(now):
            self._pruned_at = steady
            await self.journal.prune(now)

    async def _launch(self, job: AnyJob) -> None:
        async with self._starting:
            if job.id not in self._jobs or job.id in self._running:
                return
            try:
                begun = await self.journal.move(job, JobState.RUNNING, next_try_at=None)
            except JournalRefused as error:
                await self._read_again(job, error)
                return
            self._not_before.pop(job.id, None)
            self._keep(begun)
            running = self._running[job.id] = RunningJob(begun, self._do(begun))
            self._supervisor.start(f"{job.kind} {job.id}", self._own(running))

    async def _read_again(self, job: AnyJob, error: JournalRefused) -> None:
        """The journal knows better how far a job is; that is no other job's trouble."""
        self._warn(str(error))
        for known in await self.journal.jobs([job.id]):
            if known.unfinished:
                self._keep(known)
                self._rest(job.id, LONGEST_BACKOFF_S)
                return
        self._forget(job)

    def _due(self, now: float) -> list[AnyJob]:
        """The jobs to start now, as far as their lanes have room.

        Oldest first, but those that the user insists on before the others, and those that went
        wrong after them: a bad one holds up nobody.
        """
        lanes = (self._lane(running.job) for running in self._running.values())
        taken = Counter(lane for lane in lanes if lane is not None)
        due: list[AnyJob] = []
        for job in sorted(self.unfinished(), key=_turn):
            if job.id in self._running or self._not_before.get(job.id, now) > now:
                continue
            lane = self._lane(job)
            if lane is not None:
                full = taken[lane] >= self._limits.get(lane, 1)
                if full or self._not_before.get(lane, now) > now:
                    continue
                taken[lane] += 1
            due.append(job)
        return due

    def _lane(self, job: AnyJob) -> str | None:
        return lane_of(self._work.get(job.kind), job)

    def _seconds_to_next(self, now: float) -> float | None:
        """Real seconds until some job or lane has waited long enough; what is due needs a wake."""
        waits = [moment for moment in self._not_before.values() if moment > now]
        if not waits:
            return None
        return max(self._clock.real_seconds(min(waits) - self._clock.steady()), 0.02)

    async def _do(self, job: AnyJob) -> Proof:
        def cancelled() -> bool:
            return job.id in self._running and self._running[job.id].cancel_asked

        context = Context(self.journal, job, self.show, cancelled)
        return await self._work[job.kind].run(job, context)

    async def _own(self, running: RunningJob) -> None:
        """Wait for a job's work and write down how it ended: alone, and undisturbed."""
        job = running.job
        try:
            try:
                ended = await self._write_end(running, await running.outcome())
            except Exception as error:  # noqa: BLE001 - the end was not written; the job stays open
                await self._tell_trouble(f"the end of {job.kind} {clean(job.words)}", error)
                self._rest(job.id, LONGEST_BACKOFF_S)
                ended = msgspec.structs.replace(job, reason=clean(error, 400))
            finally:
                del self._running[job.id]
            self._settle(ended)
            self._wake.set()
            await self._tell_end(ended)
        finally:
            running.over.set()

    async def _write_end(
        self, running: RunningJob, outcome: Proof | BaseException | None
    ) -> AnyJob:
        """Journal how a job ended, by what its work returned or raised."""
        job, move = running.job, self.journal.move
        if isinstance(outcome, Proof):
            return await self._prove(running, outcome)
        if running.cancel_asked:
            ended = await self._end(job, JobState.CANCELLED, "cancelled")
            running.ended_cancelled = True
            return ended
        if outcome is None:
            return await move(job, JobState.QUEUED, reason="goes on at the next start")
        if isinstance(outcome, Later):
            seconds = bounded(outcome.seconds)
            self._rest(job.id, seconds)
            if outcome.lane:
                self._rest(outcome.lane, seconds)
            until = self._clock.now() + timedelta(seconds=seconds)
            return await move(job, JobState.WAITING, reason=outcome.reason, next_try_at=until)
        if isinstance(outcome, CrowdSkyError):
            return await self._after_error(job, outcome)
        await self._supervisor.faults.report(f"{job.kind} {clean(job.words)}", outcome)
        reason = f"a fault in crowdsky-tui: {type(outcome).__name__} (the log file has it)"
        return await self._end(job, JobState.FAILED, reason)

    async def _end(self, job: AnyJob, state: JobState, why: str, attempts: int = -1) -> AnyJob:
        tried = job.attempts if attempts < 0 else attempts
        now = self._clock.now()
        return await self.journal.move(job, state, reason=why, attempts=tried, ended_at=now)

    async def _prove(self, running: RunningJob, proof: Proof) -> AnyJob:
        """Journal a proof and queue what follows, unless a cancel has come meanwhile."""
        proved, following = await self.journal.prove(
            running.job, proof, self._clock.now(), once_more=not running.cancel_asked
        )
        if following is None:
            return proved
        if running.cancel_asked and following.id not in self._jobs:  # nobody else asked for it
            try:
                await self._end(following, JobState.CANCELLED, "cancelled")
                running.ended_cancelled = True
                return proved
            except CrowdSkyError as error:
                self._warn(str(error))
        self._keep(following)
        return proved

    async def _after_error(self, job: AnyJob, error: CrowdSkyError) -> AnyJob:
        attempts, now = job.attempts + 1, self._clock.now()
        held_s = self._clock.steady() - self._kept_at.get(job.id, 0.0)
        if is_over(error, attempts, budget_end(job.asked_at, job.payload.zone), now, held_s):
            tried = str(error) if attempts == 1 else f"{error} (tried {attempts} times)"
            why = clean(tried, 800)
            return await self._end(job, JobState.FAILED, why, attempts)
        pause = bounded(next_pause(error, attempts))
        self._rest(job.id, pause)
        return await self.journal.move(
            job,
            JobState.WAITING,
            reason=str(error),
            attempts=attempts,
            next_try_at=now + timedelta(seconds=pause),
        )

    def _settle(self, job: AnyJob) -> None:
        """Take a job's new state into memory and onto the screen."""
        (self._keep if job.unfinished else self._forget)(job)
        self._log(job)

    def _forget(self, job: AnyJob) -> None:
        self._jobs.pop(job.id, None)
        self._kept_at.pop(job.id, None)
        self._not_before.pop(job.id, None)
        self._store.drop_job(job.id)

    async def _tell_end(self, job: AnyJob) -> None:
        """Make a job's new state known; whatever that raises is told, and ends nothing."""
        try:
            if self.on_end is not None:
                await self.on_end(job)
        except Exception as error:  # noqa: BLE001 - a follower's fault ends no queue
            await self._tell_trouble(f"after {job.kind} {clean(job.words)}", error)
        async with self._changed:
            self._changed.notify_all()

    async def _tell_trouble(self, what: str, error: Exception) -> None:
        if isinstance(error, CrowdSkyError):
            self._warn(str(error))
        else:
            await self._supervisor.faults.report(what, error)

    def _warn(self, text: str) -> None:
        logger.error("%s", text)
        self._store.add_log(LogLine(self._clock.now(), Severity.ERROR, clean(text, 400)))

    def _log(self, job: AnyJob) -> None:
        severity = {
            JobState.PROVED: Severity.GOOD,
            JobState.FAILED: Severity.ERROR,
            JobState.CANCELLED: Severity.WARNING,
        }.get(job.state)
        if severity is not None:
            text = clean(f"{job.kind} {job.words}: {job.reason}", 400)
            self._store.add_log(LogLine(self._clock.now(), severity, text))
