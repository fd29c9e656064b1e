"""How a kind of job is done, how that may end, and how others ask it to stop."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Never, Protocol, TypeVar

import msgspec

from crowdsky_tui.jobs.engine.model import AnyJob, Job, Payload

P_contra = TypeVar("P_contra", bound=Payload, contravariant=True)
C_contra = TypeVar("C_contra", contravariant=True)
"""What a running job may do to the journal and to the screen: a `Context`."""

logger = logging.getLogger(__name__)


class Proof(msgspec.Struct, frozen=True):
    """What a finished job saw with its second look, and the payload as the next step needs it.

    `last`: no further step is needed, whatever the goal.
    """

    text: str
    payload: Payload
    last: bool = False


class Later(Exception):
    """A job must wait for the world; not a failure. `seconds` are of the clock's time.

    `lane` names the one in which every other job would have to wait for the same.
    """

    def __init__(self, seconds: float, reason: str, *, lane: str = "") -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason
        self.lane = lane


class Work(Protocol[P_contra, C_contra]):
    """How one kind of job is done."""

    def lane(self, payload: P_contra, /) -> str | None:
        """The lane that the job needs; None if it may run beside anything."""

    async def run(self, job: Job[P_contra], context: C_contra) -> Proof:
        """Do it, or find it done. Raises Later to wait, CrowdSkyError if it went wrong."""


AnyWork = Work[Never, Never]
"""How a kind of job is done, whatever its payload: only whoever knows the kind may call it."""


def lane_of(work: Work[Payload, Never] | None, job: AnyJob) -> str | None:
    """The lane of a job, None where nothing tells it; its work will fail on the same."""
    try:
        return None if work is None else work.lane(job.payload)
    except Exception as error:  # noqa: BLE001 - its work will fail on the same
        logger.warning("the lane of job %s is not known: %s", job.id, type(error).__name__)
        return None


class RunningJob:
    """One job at work; only its owner, the queue's task for it, writes down how it ends.

    Others call `stop`, as often as they like: that cancels the work once, and never the owner.
    `ended_cancelled` says that it, or what was to follow it, was cancelled.
    """

    def __init__(self, job: AnyJob, work: Coroutine[None, None, Proof]) -> None:
        self.job = job
        self.cancel_asked = False
        self.ended_cancelled = False
        self.over = asyncio.Event()
        self._stopping = False
        self._work = asyncio.create_task(work, name=f"{job.kind} {job.id}")

    def stop(self, *, cancel: bool) -> None:
        """Let the work end at its next safe point: for good (`cancel`), or until the next start."""
        self.cancel_asked |= cancel
        if not self._stopping:
            self._stopping = True
            self._work.cancel()

    async def outcome(self) -> Proof | BaseException | None:
        """Wait for the work's end: its proof, or what it raised; None if it was stopped."""
        await asyncio.wait([self._work])
        if self._work.cancelled():
            return None if self._stopping else asyncio.CancelledError()
        return self._work.exception() or self._work.result()
