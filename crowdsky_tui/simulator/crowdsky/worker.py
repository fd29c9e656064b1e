"""The CrowdSky stand-in's worker: queued uploads become finished stacks after a while."""

import asyncio
import contextlib
import random
import shutil
from concurrent.futures import ThreadPoolExecutor

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky.faults import Faults
from crowdsky_tui.simulator.crowdsky.fits import column_text
from crowdsky_tui.simulator.crowdsky.state import Job, Stack, State

PARALLEL = 4
ATTEMPTS = 3
JITTER = 0.2
QUEUED_SHARE = 0.25
"""The part of a job's time that it waits before a worker picks it up."""


class Worker:
    """Finishes jobs oldest first, four at a time, `delay_s` (± 20 %) of the clock's time each.

    While `paused` is set no job is picked up and none is finished.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        faults: Faults,
        delay_s: float,
        seed: int = 0,
        *,
        replace: bool = False,
    ) -> None:
        self.state = state
        self.clock = clock
        self.faults = faults
        self.delay_s = delay_s
        self.replace = replace
        self._random = random.Random(seed)
        self._news = asyncio.Event()
        self._go = asyncio.Event()
        self._go.set()
        self._bench: ThreadPoolExecutor | None = None
        self._taken: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    @paused.setter
    def paused(self, value: bool) -> None:
        if value:
            self._go.clear()
        else:
            self._go.set()

    def start(self) -> None:
        """Begin to work on the queue."""
        self._bench = ThreadPoolExecutor(1, thread_name_prefix="crowdsky-worker")
        self._tasks = [asyncio.create_task(self._run()) for _ in range(PARALLEL)]

    async def stop(self) -> None:
        """Drop what is under way, but let a product that is being written be finished."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        self._taken.clear()
        if self._bench is not None:
            await asyncio.to_thread(self._bench.shutdown, cancel_futures=True)
            self._bench = None

    def wake(self) -> None:
        """Tell the worker that a job was queued."""
        self._news.set()

    async def _run(self) -> None:
        while True:
            job = self._oldest()
            if job is None:
                self._news.clear()
                await self._news.wait()
                continue
            self._taken.add(job.id)
            await self._work(job)

    def _oldest(self) -> Job | None:
        waiting = (
            job
            for job in self.state.jobs.values()
            if job.status == "queued" and job.id not in self._taken
        )
        return min(waiting, key=lambda job: job.id, default=None)

    async def _work(self, job: Job) -> None:
        duration = self.delay_s * self._random.uniform(1 - JITTER, 1 + JITTER)
        fault = self.faults.take("worker")
        await self.clock.sleep(duration * QUEUED_SHARE)
        await self._go.wait()
        job = await self._change(job, status="processing", attempts=1)
        if fault is not None and fault.kind == "stuck":
            return
        await self.clock.sleep(duration * (1 - QUEUED_SHARE))
        await self._go.wait()
        if fault is not None:
            await self._change(job, status="retry", attempts=ATTEMPTS, error="worker fault")
            return
        try:
            await asyncio.get_running_loop().run_in_executor(self._bench, self._finish, job)
        except (OSError, ValueError, TypeError, KeyError, Warning) as error:
            await self._change(job, status="retry", attempts=ATTEMPTS, error=str(error))

    async def _change(self, job: Job, **changes: object) -> Job:
        changed = msgspec.structs.replace(job, **changes)
        await asyncio.to_thread(self.state.put, changed)
        return changed

    def _finish(self, job: Job) -> None:
        """Write the product and its row; the row appears only when its files are there."""
        from crowdsky_tui.simulator.crowdsky.product import make_product

        upload = self.state.incoming_file(job.id)
        if job.session is not None:
            from crowdsky_tui.simulator.crowdsky.raw_stack import stack_raws

            folder = self.state.raw_folder(job.session)
            stack_raws([folder / name for name in job.raws], upload)
        stack_id = self.state.new_id("stack")
        product = self.state.stack_file(stack_id)
        picture = self.state.thumbnail_file(stack_id)
        now = self.clock.now()
        stars = make_product(
            upload,
            product,
            None if job.has_thumbnail else picture,
            job.stack,
            scrub=job.scrub,
            made=now,
        )
        if job.has_thumbnail:
            shutil.copyfile(self.state.incoming_thumbnail(job.id), picture)
        stack = msgspec.structs.replace(
            job.stack,
            id=stack_id,
            file_size_bytes=product.stat().st_size,
            created_at=column_text(now),
            n_stars_detected=stars,
            sqm=round(18.5 + random.Random(job.id).random() * 2, 2),
        )
        older = self._older_twins(stack) if self.replace else []
        done = msgspec.structs.replace(job, status="completed", stack_id=stack_id)
        self.state.put(done, stack)
        for twin in older:
            self.state.drop_stack(twin.id)
        upload.unlink(missing_ok=True)
        self.state.incoming_thumbnail(job.id).unlink(missing_ok=True)
        if job.session is not None and not self._is_needed(job.session):
            self.state.drop_raws(job.session)

    def _is_needed(self, session: int) -> bool:
        jobs = self.state.jobs.values()
        return any(job.session == session and job.stack_id is None for job in jobs)

    def _older_twins(self, stack: Stack) -> list[Stack]:
        return [old for old in self.state.stacks.values() if old.identity == stack.identity]
