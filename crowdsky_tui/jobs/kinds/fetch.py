"""Fetch: a stack from the scope to this machine, whole, checked and hashed."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, FileDamaged
from crowdsky_tui.base.text import clean, path_component
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.blocks import companions
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.messages import FileFacts
from crowdsky_tui.instruments.seestar.files.download import part_of
from crowdsky_tui.jobs.engine.kind import next_kind, register
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.local_files import with_key
from crowdsky_tui.jobs.order import Job, Order, stack_of_order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.server_list import names_its_key
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.services.crowdsky.sizes import near_limit
from crowdsky_tui.store.store import BlockState

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.files.files import ScopeFiles
    from crowdsky_tui.instruments.seestar.service import SeestarService

log = logging.getLogger(__name__)


def local_path(downloads: Path, order: Order) -> Path:
    """Where a scope's stack is kept here; ValueError if a name may not be part of a path."""
    parts = (order.serial or order.telescope, order.folder, order.name)
    return downloads.joinpath(*(path_component(part) for part in parts))


async def compare(files: "ScopeFiles", remote: str, path: Path, facts: FileFacts) -> None:
    """See that a file here is the scope's, by reading that a second time.

    One that is not is deleted; FileDamaged then. A FITS file of a telescope has no checksum, so a
    byte that was changed on the way would show nowhere else.
    """
    if await files.sha256(remote) == facts.sha256:
        return
    await to_its_end(path.unlink, missing_ok=True)
    raise FileDamaged(
        f"{clean(path.name)} has other bytes here than on the scope",
        "they were changed on the way",
        "It is fetched again",
    )


class FetchWork:
    """Downloads into `downloads/<serial>/<folder>/`, whole or not at all."""

    def __init__(
        self, scopes: Scopes, science: Science, downloads: Path, handover: Handover | None = None
    ) -> None:
        self._scopes = scopes
        self._science = science
        self._downloads = downloads
        self._handover = handover

    def lane(self, order: Order) -> str:
        """The lane of the scope's downloads."""
        return f"fetch {order.scope}"

    async def run(self, job: Job, context: Context) -> Proof:
        """Bring the file here, whole, and compare it with the scope's.

        Raises Later while the scope is away, FileDamaged for a file of other bytes or size.
        """
        order = job.payload
        service = await self._scopes.ready(order, self.lane(order))
        remote = f"MyWorks/{order.folder}/{order.name}"
        path = local_path(self._downloads, order)
        size = await service.files.size(remote)
        whole = await self._is_whole(path, size)
        if not whole:
            await context.note("download", {"size": size})
            await service.files.download(
                remote, path, lambda done, total: context.progress(done / max(total, 1))
            )
        facts = await self._inspect(path)
        if facts.size != size:
            raise FileDamaged(
                f"{order.name} has another size here than on the scope",
                f"{facts.size:,} and {size:,} bytes",
                "It is fetched again",
            )
        entry = await context.journal.entry(order)
        if entry.sha256 != facts.sha256:
            await compare(service.files, remote, path, facts)
        if not whole or not await to_its_end(path.with_name(companions(order.name)[1]).exists):
            await self._fetch_thumbnail(order, path, service)
        if not names_its_key(order):
            order = with_key(order, facts.header)
        order = msgspec.structs.replace(order, object_name=facts.header.object_name)
        if entry.sha256 and entry.sha256 != facts.sha256:
            entry = entry.never_sent()
        entry = await context.journal.save_entry(
            msgspec.structs.replace(
                entry, order=order, local_path=str(path), size=facts.size, sha256=facts.sha256
            )
        )
        if self._handover is not None and next_kind(job.kind, job.goal) and not entry.upload:
            await self._handover.reserve(entry)
        text = f"fetched, {facts.size:,} bytes, checked{near_limit(facts.size)}"
        return Proof(text, msgspec.structs.replace(order, local_path=str(path)))

    async def _is_whole(self, path: Path, size: int) -> bool:
        try:
            return (await self._science.inspect(path)).size == size
        except (CrowdSkyError, FileNotFoundError):
            return False

    async def _inspect(self, path: Path) -> FileFacts:
        try:
            return await self._science.inspect(path)
        except FileDamaged:
            await to_its_end(path.unlink, missing_ok=True)
            raise

    async def _fetch_thumbnail(self, order: Order, path: Path, service: "SeestarService") -> None:
        """The picture beside the stack; a stack without one is still a stack."""
        name = companions(order.name)[1]
        thumbnail = path.with_name(name)
        try:
            await service.files.download(f"MyWorks/{order.folder}/{name}", thumbnail)
        except CrowdSkyError as error:
            log.info("a stack comes without its picture: %s", error)
        finally:
            await to_its_end(part_of(thumbnail).unlink, missing_ok=True)


FETCH = register(
    StackKind(
        "fetch",
        Order,
        lambda at_hand: FetchWork(
            at_hand.scopes, at_hand.science, at_hand.settings.downloads, at_hand.handover
        ),
        subject=stack_of_order,
        doing="fetching stacks",
        follower="upload",
        block_state=BlockState.STACKED,
        proves=BlockState.FETCHED,
        needs_clock=True,
        harmless=True,
        repeatable=True,
        told_by_subject=True,
    )
)
