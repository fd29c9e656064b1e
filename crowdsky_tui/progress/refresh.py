"""Keeps the store's targets, blocks and server list in step with what is known.

Nothing here asks anybody anything: it puts together what the watches have read, what the journal
holds and what the server last listed, whenever one of them has moved.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.delivery import ACCEPTED
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order, of_stacks
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.work import JobQueue
from crowdsky_tui.progress.ledger_cache import LedgerBook
from crowdsky_tui.progress.requests import stacked_subs
from crowdsky_tui.progress.server_rows import queued_rows, stack_rows
from crowdsky_tui.progress.situation import (
    Known,
    Situation,
    TargetFacts,
    Verdict,
    caught_up,
    left_out_view,
    orders_of,
    rows_of,
    situation,
    target_view,
    unreviewed,
)
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    JobState,
    ServerState,
    ServerView,
    StackRow,
    Store,
    Topic,
)

Rows = tuple[StackRow, ...]
STALE_AFTER = timedelta(seconds=30)
NOT_LOOKED_UP = ("", None)


class Views:
    """`refresh` brings the store up to date; `situations` is the same for commands."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        queue: JobQueue,
        listing: ServerList,
        settings: Settings,
        clock: Clock,
        watches: Mapping[str, ScopeWatch],
    ) -> None:
        self._store = store
        self._journal = journal
        self._queue = queue
        self._listing = listing
        self._settings = settings
        self._clock = clock
        self._watches = watches
        self._ledger = LedgerBook()
        self._ended: dict[str, Job] = {}
        self._situations: dict[TargetKey, list[Situation]] = {}
        self._shown: dict[TargetKey, list[Situation]] | None = None
        self._computed_at: datetime | None = None
        self._jobs_revision = -1
        self._orders: dict[TargetKey, tuple[TargetFacts, list[Order]]] = {}
        self._pane_rows: dict[str, tuple[object, Rows]] = {}
        self._listed: tuple[Sequence[ServerStack], Rows] = ((), ())
        self.downloaded: frozenset[str] = frozenset()
        self.coverage: dict[TargetKey, tuple[str, int | None]] = {}
        self.verdict: Callable[[Order], Verdict] = unreviewed
        self.stale = True

    async def load(self) -> None:
        """Read the ledger and what failed earlier from the journal."""
        self._ledger = await asyncio.to_thread(_packed, await self._journal.ledger())
        self.stale = True
        for job in of_stacks(await self._journal.failed()):
            self._note_ended(job)

    async def note_job(self, changed: AnyJob) -> None:
        """A job changed its state: take over what it wrote."""
        for job in of_stacks([changed]):
            await self._note_job(job)

    async def _note_job(self, job: Job) -> None:
        self._note_ended(job)  # before anything is awaited: nobody may ask for it again meanwhile
        for entry in await self._journal.ledger(job.payload.chunk):
            self.note_entry(entry)
        self.stale = True

    def note_entry(self, entry: LedgerEntry) -> None:
        """An entry of the ledger has changed."""
        self._ledger.note(entry)
        self.stale = True

    def note_downloaded(self, chunk_keys: frozenset[str]) -> None:
        """These stacks of the server's list are on this machine."""
        self.downloaded |= chunk_keys

    def note_coverage(self, key: TargetKey, text: str, days: int | None) -> None:
        """When anybody last observed a target's tile (see `TargetView`)."""
        self.coverage[key] = (text, days)
        self.stale = True

    def use(self, settings: Settings) -> None:
        """Go on with these settings."""
        self._settings = settings
        self.stale = True

    def _note_ended(self, job: Job) -> None:
        if not job.unfinished:
            self._ended[job.payload.block_id] = job

    def _forget_read(self, facts: Mapping[TargetKey, TargetFacts]) -> None:
        """Forget jobs that did what they should where the folders have been read since."""

        def needed(job: Job) -> bool:
            if job.state is JobState.FAILED:
                return True
            seen = facts.get(job.payload.block_key.target)
            return job.proved_at is not None and (seen is None or seen.read_at < job.proved_at)

        self._ended = {block: job for block, job in self._ended.items() if needed(job)}

    def situations(self) -> dict[TargetKey, list[Situation]]:
        """How far every block and stack is, by (scope, target)."""
        now = self._clock.now()
        if self.stale or not self._computed_at or now - self._computed_at > STALE_AFTER:
            self.stale = False
            self._computed_at = now
            self._situations = self._compute(now)
        return self._situations

    def rows_of(self, orders: Sequence[Order]) -> dict[str, ServerStack]:
        """The server's row of each of these stacks that has one, by stack id."""
        ledger = self._ledger.keep_at_hand(order.chunk for order in orders)
        return rows_of(orders, ledger, self._listing.rows)

    def stacks_in(self, chunk: str) -> list[Order]:
        """The stacks of a 15-minute slot that were seen on the telescopes."""
        return [
            order
            for key, facts in self._facts().items()
            for order in self._orders_of(key, facts)
            if order.name and order.chunk == chunk
        ]

    def refresh(self) -> None:
        """Write what changed into the store."""
        for part, (key, work) in self._outdated().items():
            self._pane_rows[part] = (key, work())
        self._write()

    async def refresh_gently(self) -> None:
        """The same; what takes long with a large server list is worked out in a thread."""
        for part, (key, work) in self._outdated().items():
            self._pane_rows[part] = (key, await asyncio.to_thread(work))
        self._write()

    def _outdated(self) -> dict[str, tuple[object, Callable[[], Rows]]]:
        """The parts of the server pane that have moved: what they hang on, and their work."""
        at, rows, here = self._listing.listed_at, self._listing.rows, self.downloaded
        parts: dict[str, tuple[object, Callable[[], Rows]]] = {
            "listed": (
                (at, here),
                lambda: self._stack_rows(rows, ledger, here, proved),
            ),
            "queued": ((at, self._ledger.changes), lambda: queued_rows(ledger.values(), rows)),
        }
        moved = {
            part: (key, work)
            for part, (key, work) in parts.items()
            if part not in self._pane_rows or self._pane_rows[part][0] != key
        }
        ledger = dict(self._ledger.open) if moved else {}
        proved = dict(self._ledger.proved) if moved else {}
        return moved

    def _stack_rows(
        self,
        rows: Sequence[ServerStack],
        ledger: Mapping[str, LedgerEntry],
        here: frozenset[str],
        proved: Mapping[int, bool],
    ) -> Rows:
        """The server's list; the very rows that are shown, if all are equal."""
        listed = stack_rows(rows, ledger, here, proved, self._listed)
        shown = self._store.server.stacks
        self._listed = (rows, shown if listed == shown else listed)
        return self._listed[1]

    def _write(self) -> None:
        after = self.situations()
        if after is not self._shown:
            self._shown = after
            facts, progress = self._facts(), self._progress()
            for key, seen in after.items():
                table = self.coverage.get(key, NOT_LOOKED_UP)
                coverage = with_our_own(table, seen, self._clock.now())
                view = target_view(facts[key], seen, coverage)
                self._store.set_target(view, _block_views(seen, progress))
            others = self._show_left_out(set(after))
            for gone in set(self._store.targets) - set(after) - others:
                self._store.drop_target(gone)
        elif self._store.revisions[Topic.JOBS] != self._jobs_revision:
            self._show_progress(after)
        self._jobs_revision = self._store.revisions[Topic.JOBS]
        self._show_server()

    def _show_left_out(self, known: set[TargetKey]) -> set[TargetKey]:
        """Show the folders of sub-frames that are no target's; their keys."""
        shown = set()
        for scope, watch in self._watches.items():
            for left in watch.left_out:
                view = left_out_view(scope, left)
                if view.key not in known:
                    self._store.set_target(view, [])
                    shown.add(view.key)
        return shown

    def _facts(self) -> dict[TargetKey, TargetFacts]:
        return {
            facts.key: facts for watch in self._watches.values() for facts in watch.targets.values()
        }

    def _compute(self, now: datetime) -> dict[TargetKey, list[Situation]]:
        self._forget_read(self._facts())
        every = {
            key: (
                facts,
                [
                    caught_up(order, self._ended.get(order.block_id), facts.read_at)
                    for order in self._orders_of(key, facts)
                ],
            )
            for key, facts in self._facts().items()
        }
        self._orders = {key: known for key, known in self._orders.items() if key in every}
        orders = [order for _, found in every.values() for order in found]
        chunks = {order.chunk for order in orders}
        ledger = self._ledger.keep_at_hand(chunks)
        near = [entry for entry in ledger.values() if entry.order.chunk in chunks]
        known = Known(
            now=now,
            min_exptime=self._settings.stacking.min_exptime,
            ledger=ledger,
            stacked_subs=stacked_subs(near),
            delivered={entry.order.block_id: entry for entry in near if entry.upload in ACCEPTED},
            open={job.payload.block_id: job for job in of_stacks(self._queue.unfinished())},
            ended=self._ended,
            rows=rows_of(orders, ledger, self._listing.rows),
            verdict=self.verdict,
        )
        situations: dict[TargetKey, list[Situation]] = {}
        for key, (facts, found) in every.items():
            unclear = facts.unclear_starts()
            situations[key] = [
                situation(order, known, unclear.get(order.start, ""), facts.barred)
                for order in found
            ]
        return situations

    def _orders_of(self, key: TargetKey, facts: TargetFacts) -> list[Order]:
        """`orders_of`, worked out once for each reading of the folders."""
        known = self._orders.get(key)
        if known is None or known[0] is not facts:
            known = self._orders[key] = (facts, orders_of(facts))
        return known[1]

    def _progress(self) -> dict[str, float]:
        """How far the running jobs are, by block id."""
        return {
            job.payload.block_id: view.progress
            for job in self._queue.unfinished()
            if (view := self._store.jobs.get(job.id)) and view.progress is not None
        }

    def _show_progress(self, situations: Mapping[TargetKey, list[Situation]]) -> None:
        """Only running jobs moved: repaint the blocks of their targets."""
        progress = self._progress()
        busy = {
            job.payload.block_key.target
            for job in of_stacks(self._queue.unfinished())
            if job.payload.block_id in progress
        }
        for key in busy & set(situations):
            views = _block_views(situations[key], progress)
            self._store.set_target(self._store.targets[key], views)

    def _show_server(self) -> None:
        listing, account = self._listing, self._settings.server
        state = listing.state if account.username else ServerState.NO_ACCOUNT
        stacks, queued = (self._pane_rows[part][1] for part in ("listed", "queued"))
        view = ServerView(
            state=state,
            username=account.username,
            reason=listing.reason,
            listed_at=listing.listed_at,
            stacks=stacks,
            queued=queued,
            in_flight=len(queued),
        )
        self._store.set_server(view)


def with_our_own(
    table: tuple[str, int | None], seen: Sequence[Situation], now: datetime
) -> tuple[str, int | None]:
    """The sky coverage of a target's tile, with our own stacks that its table does not have yet."""
    text, days = table
    proved = [each.order.end for each in seen if each.block.state is BlockState.CONFIRMED]
    if not text or not proved:
        return table
    ours = max((now - max(proved)).days, 0)
    if days is not None and days <= ours:
        return table
    when = "within a day" if ours < 1 else f"{ours} day{'' if ours == 1 else 's'} ago"
    return f"observed by yourself {when}", ours


def _packed(entries: Sequence[LedgerEntry]) -> LedgerBook:
    """A ledger of these entries; which days are at hand is not known yet. Takes a while."""
    book = LedgerBook()
    for entry in entries:
        book.note(entry)
    book.keep_at_hand(())
    return book


def _block_views(seen: list[Situation], progress: Mapping[str, float]) -> list[BlockView]:
    return [
        item.block
        if (known := progress.get(item.order.block_id)) is None
        else msgspec.structs.replace(item.block, progress=known)
        for item in seen
    ]
