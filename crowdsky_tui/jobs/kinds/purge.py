"""Purge: one `CrowdSky_*` stack and its companions from a scope, proved by the folder's listing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from crowdsky_tui.base.errors import DeviceError
from crowdsky_tui.blocks import companions
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.model import fact_texts
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.order import Job, Order, stack_of_order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.service import SeestarService


class DeletedFile(NamedTuple):
    """A file that was deleted from a scope: its folder in MyWorks, and its name."""

    folder: str
    name: str


def deleted_files(outcomes: Mapping[str, Job]) -> list[DeletedFile]:
    """What these jobs are proved to have deleted; each job counts once."""
    return [
        DeletedFile(job.payload.folder, name)
        for job in {job.id: job for job in outcomes.values()}.values()
        if job.state is JobState.PROVED
        for name in fact_texts(job.facts, "found")
    ]


class PurgeWork:
    """Deletes the companions first and the stack last: a stack without a picture is still one."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def lane(self, order: Order) -> str:
        """The lane of what is deleted or moved on the scope."""
        return f"purge {order.scope}"

    def folder(self, order: Order) -> str:
        """Where the stack is, below the data root."""
        return f"MyWorks/{order.folder}"

    def place(self, order: Order) -> str:
        """The same in words."""
        return order.scope

    async def present(self, service: "SeestarService", order: Order) -> list[str]:
        """What is there of the stack and its companions, the stack last."""
        there = {file.name for file in await service.list_folder(order.folder)}
        return [name for name in (*companions(order.name), order.name) if name in there]

    async def run(self, job: Job, context: Context) -> Proof:
        """Delete the stack with its companions; proved when none of them is there any more."""
        order = job.payload
        service = await self._scopes.ready_to_change(order, self.lane(order))
        found = await self.present(service, order)
        await context.note("delete", {"found": found})
        for name in found:
            await service.files.delete(f"{self.folder(order)}/{name}")
        if await self.present(service, order):
            raise DeviceError(
                f"{order.name} is still there after deleting it",
                "the scope's share did not do it",
                "Try again; check that the share is writable",
            )
        return Proof(f"deleted from {self.place(order)}, {len(found)} files", order)


PURGE = register(
    StackKind(
        "purge",
        Order,
        lambda at_hand: PurgeWork(at_hand.scopes),
        subject=stack_of_order,
        doing="deleting stacks",
        changes_instrument=True,
        rereads=True,
        takes_stack_away=True,
    )
)
