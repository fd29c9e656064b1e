"""Following a running batch stack: by its events, and by asking, because events can be lost."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from crowdsky_tui.base.clock import SHORTEST_WAIT, Clock
from crowdsky_tui.base.errors import CrowdSkyError, ScopeTimeout, ScopeUnreachable, StackFailed
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.stacking import batch
from crowdsky_tui.instruments.seestar.stacking.batch import BatchJob, Caller

ASK_EVERY_S = 3.0
LIMIT_S = 3600.0
ABSENT_LIMIT = 5
RECONNECT_S = 15.0

Progress = Callable[[float, str], None]


class Followed(Caller, Protocol):
    """The telescope, as far as following needs it."""

    @property
    def clock(self) -> Clock: ...
    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]: ...
    async def wait_ready(self, timeout: float | None = None) -> None: ...


async def follow(
    scope: Followed, progress: Progress, stale: tuple[str, str] | None = None
) -> BatchJob:
    """Wait for the job to end and return its last state: complete, fail or cancel.

    `stale` is the output of an earlier job, which must not be taken for ours. A connection that
    breaks is waited for. After `LIMIT_S` seconds of the scope's clock the job is stopped;
    StackFailed then, or if the job vanishes. What `progress` is told never goes back.
    """
    deadline = scope.clock.steady() + LIMIT_S
    progress = _never_back(progress)
    wake = asyncio.Event()

    def hear(event: Event) -> None:
        job = batch.job_from(event.fields) if event.name == "BatchStack" else None
        if job is None:
            return
        if job.working:
            _tell(progress, job)
        else:
            wake.set()

    unsubscribe = scope.subscribe(hear)
    absent = 0
    try:
        while scope.clock.steady() < deadline:
            wake.clear()
            try:
                job = await batch.read_job(scope)
            except (ScopeTimeout, ScopeUnreachable):
                await _reconnected(scope)
                continue
            if job is not None and job.working:
                _tell(progress, job)
                absent = 0
            elif job is not None and (job.output is None or job.output != stale):
                return job
            else:
                absent += 1
            if absent >= ABSENT_LIMIT:
                raise StackFailed(
                    "the stack's job is gone from the telescope",
                    "it was restarted, or another app cleared it",
                    "Stack the block again",
                    status="error",
                )
            await _sleep(scope.clock, wake)
    finally:
        unsubscribe()
    raise await _stopped(scope)


def _never_back(progress: Progress) -> Progress:
    """`progress`, not told what an answer says that an event has overtaken on its way."""
    furthest = 0.0

    def forward(fraction: float, text: str) -> None:
        nonlocal furthest
        if fraction >= furthest:
            furthest = fraction
            progress(fraction, text)

    return forward


def _tell(progress: Progress, job: BatchJob) -> None:
    left = f"{job.remaining_s} s left" if job.remaining_s else ""
    progress(min(max(job.percent / 100, 0.0), 1.0), left)


async def _sleep(clock: Clock, wake: asyncio.Event) -> None:
    """`ASK_EVERY_S` of the clock, or less if an event says that the job has ended."""
    try:
        async with asyncio.timeout(max(clock.real_seconds(ASK_EVERY_S), SHORTEST_WAIT)):
            await wake.wait()
    except TimeoutError:
        return


async def _reconnected(scope: Followed) -> None:
    """Give a broken connection some time to come back; LoginNeeded if it wants a login now."""
    await asyncio.sleep(SHORTEST_WAIT)
    try:
        await scope.wait_ready(RECONNECT_S)
    except (ScopeTimeout, ScopeUnreachable):
        return


async def _stopped(scope: Followed) -> StackFailed:
    why = f"it had not ended after {LIMIT_S / 60:.0f} minutes"
    try:
        await batch.stop(scope)
    except CrowdSkyError as error:
        why += f", and stopping it failed: {error}"
    else:
        why += " and was stopped"
    return StackFailed("the stack took too long", why, "Stack the block again", status="timeout")
