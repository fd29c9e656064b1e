"""Keeps the store's targets, blocks and server list in step with what is known.

Nothing here asks anybody anything: it puts together what the watches have read, what the journal
holds and what the server last listed, whenever one of them has moved.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from crowdsky_tui.clock import Clock
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Job, LedgerEntry, Order
from crowdsky_tui.jobs.queue import JobQueue
from crowdsky_tui.jobs.serverlist import ServerList
from crowdsky_tui.server.rows import ServerStack
from crowdsky_tui.settings import Settings
from crowdsky_tui.store import BlockView, ServerState, ServerView, StackRow, Store, Topic
from crowdsky_tui.survey import (
    Known,
    Situation,
    TargetFacts,
    block_view,
    caught_up,
    orders_of,
    rows_of,
    situation,
    target_view,
)
from crowdsky_tui.watch import ScopeWatch

TargetKey = tuple[str, str]
STALE_AFTER = timedelta(seconds=30)


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
        self._ledger: dict[str, LedgerEntry] = {}
        self._ended: dict[str, Job] = {}
        self._situations: dict[TargetKey, list[Situation]] = {}
        self._shown: dict[TargetKey, list[Situation]] | None = None
        self._computed_at: datetime | None = None
        self._jobs_revision = -1
        self._shown_list: datetime | None = None
        self.stale = True

    async def load(self) -> None:
        """Read the ledger and the outcome of earlier jobs from the journal."""
        self._ledger = {entry.order.stack_id: entry for entry in await self._journal.ledger()}
        for job in await self._journal.latest():
            self._note_ended(job)

    async def note_job(self, job: Job) -> None:
        """A job changed its state: take over what it wrote."""
        self._note_ended(job)  # before anything is awaited: nobody may ask for it again meanwhile
        for entry in await self._journal.ledger(job.order.chunk):
            self._ledger[entry.order.stack_id] = entry
        self.stale = True

    def _note_ended(self, job: Job) -> None:
        if not job.unfinished:
            self._ended[job.order.block_id] = job

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
        return rows_of(orders, self._ledger, self._listing.rows)

    def refresh(self) -> None:
        """Write what changed into the store."""
        after = self.situations()
        if after is not self._shown:
            self._shown = after
            facts = self._facts()
            for key, seen in after.items():
                self._store.set_target(target_view(facts[key], seen), self._block_views(seen))
            for scope, target in set(self._store.targets) - set(after):
                self._store.drop_target(scope, target)
        elif self._store.revisions[Topic.JOBS] != self._jobs_revision:
            self._show_progress(after)
        self._jobs_revision = self._store.revisions[Topic.JOBS]
        self._show_server()

    def _facts(self) -> dict[TargetKey, TargetFacts]:
        return {
            facts.key: facts for watch in self._watches.values() for facts in watch.targets.values()
        }

    def _compute(self, now: datetime) -> dict[TargetKey, list[Situation]]:
        every = {
            key: (
                facts,
                [
                    caught_up(order, self._ended.get(order.block_id), facts.read_at)
                    for order in orders_of(facts)
                ],
            )
            for key, facts in self._facts().items()
        }
        orders = [order for _, found in every.values() for order in found]
        known = Known(
            now=now,
            min_exptime=self._settings.stacking.min_exptime,
            ledger=self._ledger,
            delivered={
                entry.order.block_id: entry
                for entry in self._ledger.values()
                if entry.upload in {"sent", "confirmed"}
            },
            open={job.order.block_id: job for job in self._queue.unfinished()},
            ended=self._ended,
            rows=rows_of(orders, self._ledger, self._listing.rows),
        )
        situations: dict[TargetKey, list[Situation]] = {}
        for key, (facts, found) in every.items():
            unclear = facts.ambiguous_starts()
            situations[key] = [situation(order, known, order.start in unclear) for order in found]
        return situations

    def _block_views(self, seen: list[Situation]) -> list[BlockView]:
        progress = {
            job.order.block_id: view.progress
            for job in self._queue.unfinished()
            if (view := self._store.jobs.get(job.id)) is not None
        }
        return [block_view(item, progress.get(item.order.block_id)) for item in seen]

    def _show_progress(self, situations: Mapping[TargetKey, list[Situation]]) -> None:
        """Only running jobs moved: repaint the blocks of their targets."""
        busy = {(job.order.scope, job.order.target) for job in self._queue.unfinished()}
        for key in busy & set(situations):
            views = self._block_views(situations[key])
            self._store.set_target(self._store.targets[key], views)

    def _show_server(self) -> None:
        listing, account = self._listing, self._settings.server
        state = listing.state if account.username else ServerState.NO_ACCOUNT
        stacks = self._store.server.stacks
        if listing.listed_at != self._shown_list:
            self._shown_list = listing.listed_at
            stacks = tuple(_stack_row(row) for row in listing.rows)
        view = ServerView(
            state=state,
            username=account.username,
            reason=listing.reason,
            listed_at=listing.listed_at,
            stacks=stacks,
            in_flight=sum(
                1 for entry in self._ledger.values() if entry.upload in {"sent", "doubt"}
            ),
        )
        self._store.set_server(view)


def _stack_row(row: ServerStack) -> StackRow:
    return StackRow(
        id=row.id,
        chunk_key=row.chunk_key,
        object_name=row.object_name,
        telescope=row.telescope_id,
        filter=row.filter_name,
        n_frames=row.n_frames_aligned or row.n_frames_input,
        total_exptime=row.total_exptime,
        date_obs_start=row.date_obs_start,
        date_obs_end=row.date_obs_end,
        file_size=row.file_size_bytes,
        created_at=row.created_at,
    )
