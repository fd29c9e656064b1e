"""The server's list of our stacks, asked for once and shared by everybody who needs it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from crowdsky_tui.base.clock import Clock, slept_s
from crowdsky_tui.base.errors import AuthRefused, CrowdSkyError, ServerUnavailable
from crowdsky_tui.blocks import as_fit, parse_chunk_key, parse_crowdsky_name
from crowdsky_tui.jobs.delivery import HANDED_OVER
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.services.crowdsky.matching import (
    StackIdentity,
    candidates,
    match_stacks,
)
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import ServerState


class ServerList:
    """One request at a time; everyone who waits gets its answer.

    `fetch` asks the server. `on_change` hears of every answer and every failure, `on_rows` sees
    every answer before those who wait for it.
    """

    def __init__(self, fetch: Callable[[], Awaitable[list[ServerStack]]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self.rows: tuple[ServerStack, ...] = ()
        self.listed_at: datetime | None = None
        self._asked: float | None = None
        self._slept = 0.0
        self.state = ServerState.UNKNOWN
        self.reason = ""
        self.on_change: Callable[[], None] = lambda: None
        self.on_rows: Callable[[tuple[ServerStack, ...]], Awaitable[None]] | None = None
        self.others: Callable[[str], Iterable[Order]] = lambda _chunk: ()
        """The stacks of a 15-minute slot that are known on the telescopes, whoever made them."""

    async def fresh(self, max_age_s: float = 0.0) -> tuple[ServerStack, ...]:
        """The list, at most `max_age_s` seconds old. Raises ServerError: never an empty guess.

        Whatever is wrong with the list, no job is to blame: an outage, unless the login is refused.
        """
        oldest = self._clock.steady() - max_age_s
        async with self._lock:
            overslept = slept_s() - self._slept > 1  # a list from before the machine's sleep is old
            if self._asked is None or self._asked < oldest or overslept:
                await self._ask()
        return self.rows

    async def _ask(self) -> None:
        asked, steady, slept = self._clock.now(), self._clock.steady(), slept_s()
        try:
            self.rows = tuple(await self._fetch())
        except CrowdSkyError as error:
            refused = isinstance(error, AuthRefused)
            self.state = ServerState.REFUSED if refused else ServerState.DOWN
            self.reason = str(error)
            if refused or error.outage:
                raise
            outage = ServerUnavailable(error.what, error.why, error.next_step)
            outage.exit_code = error.exit_code
            raise outage from error
        else:
            self.listed_at, self.state, self.reason = asked, ServerState.OK, ""
            self._asked, self._slept = steady, slept
            if self.on_rows is not None:
                await self.on_rows(self.rows)
        finally:
            self.on_change()

    def row_of(
        self, order: Order, entries: Iterable[LedgerEntry], rows: Iterable[ServerStack]
    ) -> ServerStack | None:
        """The row that proves a stack, as targets, blocks and report see it too.

        `entries` are the ledger's of its slot; all that is known there may claim the row as well.
        """
        known = self._claimants(order, entries)
        return find_rows(known.values(), rows).get(order.stack_id)

    def may_be_listed(
        self, order: Order, entries: Iterable[LedgerEntry], rows: Iterable[ServerStack]
    ) -> bool:
        """Whether a row proves nobody's stack that may be this one's: it tells too little.

        The parameters are as in `row_of`.
        """
        known, listed = self._claimants(order, entries), tuple(rows)
        taken = {id(row) for row in find_rows(known.values(), listed).values()}
        like = rows_like(known[order.stack_id], listed)
        return any(id(row) not in taken for row in like)

    def _claimants(self, order: Order, entries: Iterable[LedgerEntry]) -> dict[str, LedgerEntry]:
        ledger = {entry.order.stack_id: entry for entry in entries}
        ledger.setdefault(order.stack_id, LedgerEntry(order))
        return claimants((order, *self.others(order.chunk)), ledger)


def names_its_key(order: Order) -> bool:
    """Whether a stack's key is known, by its header or its name (not so: `HP000000`, legacy)."""
    name = parse_crowdsky_name(as_fit(order.name))
    return bool(order.key or (name is not None and name.chunk_key))


def identity(order: Order, server_key: str = "") -> StackIdentity:
    """How the server's rows are compared with one of our stacks.

    The key that the server gave when it accepted the file beats the one in the file's header, and
    that the one in its name.
    """
    chunk, pixel = order.chunk, None
    name = parse_crowdsky_name(as_fit(order.name))
    for key in (server_key, order.key, name.chunk_key if name else None):
        parsed = parse_chunk_key(key) if key else None
        if parsed is not None:
            chunk, pixel = parsed
            break
    return StackIdentity(
        telescope=order.telescope,
        chunk=chunk,
        pixel=pixel,
        filter=order.filter,
        exposure_s=order.exposure_s,
        start=order.start,
        end=order.end,
    )


def identity_of(entry: LedgerEntry) -> StackIdentity:
    """`identity` with all that the ledger knows.

    The folder's name counts as the target's only until the file's OBJECT is known. Of what earlier
    versions read or proved without noting that, no name is compared.
    """
    order = entry.order
    name = parse_crowdsky_name(as_fit(order.name))
    unnamed = order.key or (entry.upload in HANDED_OVER and not entry.sha256)
    return msgspec.structs.replace(
        identity(order, entry.server_key),
        target=order.object_name or ("" if unnamed else order.target),
        aligned=name.frames if name else None,
        taken=entry.frames_told,
        sha256=entry.sha256,
        size=entry.size or None,
        row_id=entry.row_id,
        old_rows=entry.old_rows,
        handed_over=entry.upload in HANDED_OVER,
    )


def find_rows(
    entries: Iterable[LedgerEntry], rows: Iterable[ServerStack]
) -> dict[str, ServerStack]:
    """The server's row of each stack that has one, by stack id. A row proves one stack only.

    Of several with the same bytes only the one that was handed over, else the first, can have one.
    """
    by_id = {entry.order.stack_id: entry for entry in entries}
    wanted = _one_of_each_file(list(by_id.values()))
    found = match_stacks([identity_of(entry) for entry in wanted], tuple(rows))
    return {wanted[index].order.stack_id: row for index, row in found.items()}


def _one_of_each_file(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    chosen: dict[str, LedgerEntry] = {}
    for entry in entries:
        file = entry.sha256 or entry.order.stack_id
        before = chosen.get(file)
        if before is None or (entry.upload in HANDED_OVER and before.upload not in HANDED_OVER):
            chosen[file] = entry
    return [
        entry
        for entry in entries
        if not entry.same_as and chosen[entry.sha256 or entry.order.stack_id] is entry
    ]


def rows_like(entry: LedgerEntry, rows: Iterable[ServerStack]) -> list[ServerStack]:
    """Every row that might be this stack's, whoever else may claim it."""
    listed = tuple(rows)
    return [listed[number] for number in candidates([identity_of(entry)], listed).get(0, [])]


def claimants(orders: Iterable[Order], ledger: Mapping[str, LedgerEntry]) -> dict[str, LedgerEntry]:
    """By stack id: these orders' stacks, and all of the ledger that may claim the same rows.

    An order that tells no key is left out unless the ledger has it. A row is of one 15-minute slot,
    so the years of other nights in the ledger need no look.
    """
    slots: set[str] = set()
    entries: dict[str, LedgerEntry] = {}
    for order in orders:
        slots.add(order.chunk)
        if order.stack_id in ledger or (order.name and names_its_key(order)):
            entry = ledger.get(order.stack_id) or LedgerEntry(order)
            entries[order.stack_id] = entry
            slots.update(slots_of(entry))
    entries.update(
        (stack_id, entry)
        for stack_id, entry in ledger.items()
        if not slots.isdisjoint(slots_of(entry))
    )
    return entries


def slots_of(entry: LedgerEntry) -> tuple[str, ...]:
    """The 15-minute slots in which the entry's row may be: its own, and the server's word."""
    own = entry.order.chunk
    said = entry.server_key.partition("_")[0]
    if not said or said == own:
        return (own,)
    parsed = parse_chunk_key(said)
    return (own, parsed[0]) if parsed else (own,)
