"""Compress: a proved stack's file on this machine gives way to a smaller copy; expand: and back.

The first file goes only when the copy was read back from the disk and found to give it again, byte
for byte, and while the server lists the stack. At every moment one whole file is there.
"""

from pathlib import Path

from crowdsky_tui.base.errors import CrowdSkyError, FileDamaged, UsageError
from crowdsky_tui.base.files import sync
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.kept import compressed_copy
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order, stack_of_order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.pictures.saving import finish, part_of

LIST_AGE_S = 60.0


class _Archiving:
    def __init__(self, science: Science, downloads: Path) -> None:
        self._science, self._downloads = science, downloads

    def lane(self, order: Order) -> str:
        return "archive"

    async def _entry(self, job: Job, context: Context) -> tuple[LedgerEntry, Path]:
        """What the ledger knows of the stack, and its path; UsageError if it is not ours here."""
        entry = await context.journal.entry(job.payload)
        path = Path(entry.local_path)
        inside = await to_its_end(lambda: path.resolve().is_relative_to(self._downloads.resolve()))
        if not (entry.sha256 and entry.local_path) or entry.order.is_own_file or not inside:
            raise UsageError(
                f"{clean(job.payload.name)} stays as it is",
                "it is no stack fetched to this machine",
            )
        return entry, path


class CompressWork(_Archiving):
    """Only what the server lists at this moment."""

    def __init__(self, science: Science, downloads: Path, listing: ServerList) -> None:
        super().__init__(science, downloads)
        self._listing = listing

    async def run(self, job: Job, context: Context) -> Proof:
        """Put a compressed copy in the file's place, once it gave the file again byte for byte."""
        entry, path = await self._entry(job, context)
        packed = compressed_copy(path)
        await self._allow(job.payload, context)
        if not await to_its_end(path.exists):
            await self._check(packed, entry)
            return Proof(f"compressed already, as {clean(packed.name)}", job.payload)
        before = (await self._science.inspect(path)).sha256
        if before != entry.sha256:
            raise FileDamaged(
                f"{clean(path.name)} stays as it is", "it is not the file that was proved"
            )
        await context.note("compress")
        await self._make(path, packed, entry)
        await context.note("replace")
        await self._check(packed, entry)  # a second look, at what is on the disk under its name
        sizes = await to_its_end(_take_away, path, packed)
        return Proof(
            f"compressed to {sizes[1] / max(sizes[0], 1):.0%}, read back alike", job.payload
        )

    async def _allow(self, order: Order, context: Context) -> None:
        rows = await self._listing.fresh(LIST_AGE_S)
        ledger = await context.journal.ledger(order.chunk)
        if self._listing.row_of(order, ledger, rows) is None:
            raise CrowdSkyError(
                f"{clean(order.name)} stays as it is",
                "the server does not list it",
                "Send it first",
            )

    async def _make(self, path: Path, packed: Path, entry: LedgerEntry) -> None:
        try:
            given_back = await self._science.pack(path, part_of(packed))
            if given_back != entry.sha256:
                raise FileDamaged(
                    f"{clean(path.name)} stays as it is", "its copy would not give it back alike"
                )
            await to_its_end(finish, packed)
        finally:
            await to_its_end(part_of(packed).unlink, missing_ok=True)

    async def _check(self, packed: Path, entry: LedgerEntry) -> None:
        """Raise unless the compressed copy gives back the proved file."""
        if await self._science.unpack(packed) != entry.sha256:
            raise FileDamaged(
                f"{clean(packed.name)} does not give back the stack", "its bytes were changed",
                "Remove it, and fetch the stack again",
            )  # fmt: skip


class ExpandWork(_Archiving):
    """Gives the file back under its name, then takes the copy away."""

    async def run(self, job: Job, context: Context) -> Proof:
        """Put the file back in its copy's place; proved by the hash of the ledger."""
        entry, path = await self._entry(job, context)
        packed = compressed_copy(path)
        if not await to_its_end(path.exists):
            await context.note("expand")
            try:
                if await self._science.unpack(packed, part_of(path)) != entry.sha256:
                    raise FileDamaged(
                        f"{clean(packed.name)} does not give back the stack",
                        "its bytes were changed",
                    )
                await to_its_end(finish, path)
            finally:
                await to_its_end(part_of(path).unlink, missing_ok=True)
        if (await self._science.inspect(path)).sha256 != entry.sha256:
            raise FileDamaged(f"{clean(path.name)} is not the file that was proved")
        await to_its_end(_take_away, packed, path)
        return Proof("expanded, the same bytes as before", job.payload)


def _take_away(path: Path, other: Path) -> tuple[int, int]:
    """Remove `path`, whose content `other` has too; the bytes of both before. Blocks."""
    sizes = (path.stat().st_size if path.exists() else 0), other.stat().st_size
    path.unlink(missing_ok=True)
    sync(path.parent)
    return sizes


COMPRESS = register(
    StackKind(
        "compress",
        Order,
        lambda at_hand: CompressWork(at_hand.science, at_hand.settings.downloads, at_hand.listing),
        subject=stack_of_order,
        doing="compressing proved stacks",
        harmless=True,
        repeatable=True,
    )
)
EXPAND = register(
    StackKind(
        "expand",
        Order,
        lambda at_hand: ExpandWork(at_hand.science, at_hand.settings.downloads),
        subject=stack_of_order,
        doing="expanding compressed stacks",
        harmless=True,
        repeatable=True,
    )
)
