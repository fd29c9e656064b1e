"""What `archive stacks` does: the fetched stacks, compressed where they are proved, or expanded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.follow import PATIENCE_S, exit_code, follow
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.cli.select import named

if TYPE_CHECKING:
    from crowdsky_tui.cli.verbs.archive import Stacks
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.jobs.ledger import LedgerEntry
    from crowdsky_tui.jobs.order import Job, Order
    from crowdsky_tui.night.night import Night


_WORDS = {"compress": "compressed", "expand": "expanded"}


class ArchiveLine(msgspec.Struct, frozen=True):
    """One fetched stack: bytes here, plain and compressed, and whether the server lists it."""

    target: str
    name: str
    bytes: int
    compressed_bytes: int
    proved: bool


async def archive_stacks(options: "Stacks", settings: "Settings") -> int:
    """List the stacks that were fetched; compress or expand them where that is asked for."""
    import asyncio

    from crowdsky_tui.night.night import Night
    from crowdsky_tui.store.store import JobState

    kind = "compress" if options.compress else "expand" if options.expand else ""
    at_work = bool(kind) and not options.dry_run
    async with Night(settings, holder="crowdsky-tui archive", owner=at_work) as night:
        entries = await _chosen(night, options)
        listed = await _listed(night, entries, needed=options.compress)
        lines = await asyncio.to_thread(_lines, entries, listed)
        orders = [
            entry.order
            for entry, line in zip(entries, lines, strict=True)
            if (line.bytes and line.proved if options.compress else line.compressed_bytes)
        ]
        outcomes: dict[str, Job] = {}
        if at_work:
            await night.start()
            asked = await night.purge(orders, kind)
            say(asked.note)
            outcomes = await follow(night, asked.orders, PATIENCE_S)
        done = {key for key, job in outcomes.items() if job.state is JobState.PROVED}
        after = await asyncio.to_thread(_lines, entries, listed)
    _print(options, kind, after, [order.name for order in orders if order.stack_id in done], orders)
    return exit_code(outcomes)


async def _chosen(night: "Night", options: "Stacks") -> "list[LedgerEntry]":
    """The ledger's stacks that lie here, of the targets that are named, oldest first."""
    every = [
        entry
        for entry in await night.journal.ledger()
        if entry.local_path and entry.sha256 and not entry.order.is_own_file
        and options.scope in (None, entry.order.scope)
    ]  # fmt: skip
    known = sorted({entry.order.target for entry in every})
    wanted = {_meant(name, known) for name in options.target}
    found = [entry for entry in every if not wanted or entry.order.target in wanted]
    return sorted(found, key=lambda entry: (entry.order.start, entry.order.name))


def _meant(name: str, known: Sequence[str]) -> str:
    if (found := named(name, known)) is None:
        raise UsageError(
            f"no stack of {clean(name)} was fetched to this machine",
            f"there are: {', '.join(map(clean, known)) or 'none'}",
        )
    return found


async def _listed(night: "Night", entries: "Sequence[LedgerEntry]", *, needed: bool) -> set[str]:
    """The stacks that the server lists; where it need not be asked, those that it confirmed."""
    from crowdsky_tui.jobs.delivery import Delivery

    if not needed:
        return {each.order.stack_id for each in entries if each.upload == Delivery.CONFIRMED}
    rows = await night.listing.fresh()
    found: set[str] = set()
    for entry in entries:
        ledger = await night.journal.ledger(entry.order.chunk)
        if night.listing.row_of(entry.order, ledger, rows) is not None:
            found.add(entry.order.stack_id)
    return found


def _lines(entries: "Sequence[LedgerEntry]", listed: set[str]) -> list[ArchiveLine]:
    from crowdsky_tui.fits.kept import compressed_copy

    return [
        ArchiveLine(
            target=clean(entry.order.target),
            name=clean(entry.order.name),
            bytes=_size(Path(entry.local_path)),
            compressed_bytes=_size(compressed_copy(Path(entry.local_path))),
            proved=entry.order.stack_id in listed,
        )
        for entry in entries
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _print(
    options: "Stacks",
    kind: str,
    lines: Sequence[ArchiveLine],
    done: Sequence[str],
    orders: "Sequence[Order]",
) -> None:
    if options.json:
        print_json(
            {
                "action": kind or "list",
                "dry_run": options.dry_run,
                "stacks": lines,
                "chosen": [order.name for order in orders] if kind else [],
                "done": done,
            }
        )
        return
    if not lines:
        say("no stack was fetched to this machine")
        return
    headings = ("target", "stack", "bytes", "compressed", "proved")
    print_table(
        headings,
        [
            (each.target, each.name, f"{each.bytes:,}" if each.bytes else None,
             f"{each.compressed_bytes:,}" if each.compressed_bytes else None,
             "yes" if each.proved else "no")
            for each in lines
        ],
    )  # fmt: skip
    if kind and options.dry_run:
        print(f"{len(orders)} stacks would be {_WORDS[kind]}")
    elif kind:
        print(f"{len(done)} of {len(orders)} stacks {_WORDS[kind]}")
