"""Calls about jobs: ask for them, see what they would do, cancel them, ask for them again."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.jobs.kinds import known_kind
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.progress.requests import (
    PlanLine,
    RequestOutcome,
    orders_to_restack,
    orders_to_stack,
)
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

ORDER_KINDS = frozenset({"stack", "fetch", "upload", "raw", "purge", "hold", "unhold", "empty"})
"""The kinds of job that verbs ask for."""


class Stack(Call[RequestOutcome], frozen=True):
    """Queue a stack for every eligible block of these targets (of all: None), or of these `blocks`.

    With `insist` even while the scope observes, with `restack` for those grown since stacking.
    """

    targets: tuple[TargetKey, ...] | None = None
    blocks: tuple[BlockKey, ...] | None = None
    insist: bool = False
    restack: bool = False

    async def run(self, night: "NightParts") -> RequestOutcome:
        keys = self.targets if self.blocks is None else {block.target for block in self.blocks}
        pick = orders_to_restack if self.restack else orders_to_stack
        orders = pick(night.situations(keys), self.blocks, waiting=self.insist, insist=self.insist)
        return await night.stack_orders(orders)


class Upload(Call[RequestOutcome], frozen=True):
    """Queue fetch, upload and confirmation of every stack that the server does not have."""

    targets: tuple[TargetKey, ...] | None = None

    async def run(self, night: "NightParts") -> RequestOutcome:
        return await night.upload(self.targets)


class AddOrders(Call[tuple[tuple[int, bool], ...]], frozen=True):
    """Queue these orders, which another process of this user's worked out for itself.

    The numbers of the jobs, and whether each is new.
    """

    kind: str
    goal: str
    orders: tuple[Order, ...]

    async def run(self, night: "NightParts") -> tuple[tuple[int, bool], ...]:
        if self.kind not in ORDER_KINDS:
            raise UsageError("that cannot be asked for by order", clean(self.kind, 40))
        return tuple(await night.add_orders(self.kind, self.goal, self.orders))


class DryRun(Call[tuple[PlanLine, ...]], frozen=True):
    """What stacking and uploading these targets would do and what it would leave, and why."""

    changes: ClassVar[bool] = False
    targets: tuple[TargetKey, ...] | None = None

    async def run(self, night: "NightParts") -> tuple[PlanLine, ...]:
        return await night.dry_run(self.targets)


class Cancel(Call[str], frozen=True):
    """Cancel a job; a plain line of what was done."""

    job_id: int

    async def run(self, night: "NightParts") -> str:
        return await night.cancel(self.job_id)


class AskAgain(Call[str], frozen=True):
    """Ask once more for what a cancelled job was to do. UsageError if it cannot be."""

    job_id: int

    async def run(self, night: "NightParts") -> str:
        for job in await night.journal.jobs([self.job_id]):
            kind = known_kind(job.kind)
            if job.state is JobState.CANCELLED and kind is not None and kind.repeatable:
                await night.queue.add(job.kind, job.goal, job.payload.renewed())
                night.views.stale = True
                return f"{clean(job.kind)} {clean(job.label)} is queued again"
        raise UsageError("that job cannot be asked for again", "it was not cancelled, or deletes")


class Refresh(Call[None], frozen=True):
    """Look at this scope (at all: None) and at the server again, in the background."""

    changes: ClassVar[bool] = False
    scope: str | None = None

    async def run(self, night: "NightParts") -> None:
        night.refresh_soon(self.scope)
