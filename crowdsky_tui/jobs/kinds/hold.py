"""Making room on a scope: stacks that the server holds go to a holding folder, back, or away.

The holding folder lies beside MyWorks, where the firmware does not look for albums or targets.
"""

from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import DeviceError, NotFoundOnScope
from crowdsky_tui.blocks import companions
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.purge import PurgeWork
from crowdsky_tui.jobs.order import Job, Order, stack_of_order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.work import Context

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.files.files import RemoteFile
    from crowdsky_tui.instruments.seestar.service import SeestarService

HOLDING = "CrowdSky_held"


def held_folder(folder: str) -> str:
    """Where the stacks of `MyWorks/<folder>` are held, below the data root."""
    return f"{HOLDING}/{folder}"


async def files_of(service: "SeestarService", folder: str, name: str) -> list["RemoteFile"]:
    """The stack `name` and its companions in a folder below the data root, the stack last."""
    try:
        there = {file.name: file for file in await service.files.list(folder)}
    except NotFoundOnScope:
        return []
    return [there[each] for each in (*companions(name), name) if each in there]


class _Move:
    """Moves a stack with its companions, file by file; what has arrived already is fine."""

    done = ""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def lane(self, order: Order) -> str:
        return f"purge {order.scope}"

    def ways(self, order: Order) -> tuple[str, str]:
        """From which folder to which."""
        raise NotImplementedError

    async def allow(self, order: Order, journal: Journal) -> None:
        """Raise unless it may be done now."""

    async def run(self, job: Job, context: Context) -> Proof:
        order = job.payload
        service = await self._scopes.ready_to_change(order, self.lane(order))
        await self.allow(order, context.journal)
        source, target = self.ways(order)
        found = await files_of(service, source, order.name)
        await context.note("move", {"found": [file.name for file in found]})
        await service.files.make_folder(target)
        for file in found:
            await service.files.rename(f"{source}/{file.name}", f"{target}/{file.name}")
        left = await files_of(service, source, order.name)
        arrived = await files_of(service, target, order.name)
        if left or not any(file.name == order.name for file in arrived):
            raise DeviceError(
                f"{order.name} was not moved",
                "the scope's share did not do it",
                "Try again; check that the share is writable",
            )
        return Proof(f"{self.done}, {len(arrived)} files", order)


class HoldWork(_Move):
    """Into the holding folder: only what the server lists at this moment."""

    done = "moved into the holding folder"

    def __init__(self, scopes: Scopes, listing: ServerList) -> None:
        super().__init__(scopes)
        self._listing = listing

    def ways(self, order: Order) -> tuple[str, str]:
        return f"MyWorks/{order.folder}", held_folder(order.folder)

    async def allow(self, order: Order, journal: Journal) -> None:
        rows = await self._listing.fresh()
        ledger = await journal.ledger(order.chunk)
        if self._listing.row_of(order, ledger, rows) is None:
            raise DeviceError(
                f"{order.name} stays where it is",
                "the server does not list it",
                "Send it first",
            )


class UnholdWork(_Move):
    """Back to where it was."""

    done = "moved back"

    def ways(self, order: Order) -> tuple[str, str]:
        return held_folder(order.folder), f"MyWorks/{order.folder}"


class EmptyWork(PurgeWork):
    """Deletes a held stack for good."""

    def folder(self, order: Order) -> str:
        return held_folder(order.folder)

    def place(self, order: Order) -> str:
        return "the holding folder"

    async def present(self, service: "SeestarService", order: Order) -> list[str]:
        return [file.name for file in await files_of(service, self.folder(order), order.name)]


HOLD = register(
    StackKind(
        "hold",
        Order,
        lambda at_hand: HoldWork(at_hand.scopes, at_hand.listing),
        subject=stack_of_order,
        doing="moving stacks into the holding folder",
        changes_instrument=True,
        takes_stack_away=True,
    )
)
UNHOLD = register(
    StackKind(
        "unhold",
        Order,
        lambda at_hand: UnholdWork(at_hand.scopes),
        subject=stack_of_order,
        doing="moving stacks back",
        changes_instrument=True,
    )
)
EMPTY = register(
    StackKind(
        "empty",
        Order,
        lambda at_hand: EmptyWork(at_hand.scopes),
        subject=stack_of_order,
        doing="deleting held stacks",
        changes_instrument=True,
    )
)
