"""`Night`: everything between dusk and the morning report, without any idea of a terminal.

The app, the command line and (later) the agent are front ends of this one object: whatever a key
does, a command does too, through the same method.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.errors import AuthRefused, CrowdSkyError, UsageError
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds import all_work
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.queue import JobQueue
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.serverlist import ServerList
from crowdsky_tui.jobs.vanished import note_vanished, vanished_text
from crowdsky_tui.logs import start_log
from crowdsky_tui.science.child import Science
from crowdsky_tui.settings import Settings
from crowdsky_tui.store import BlockView, JobView, LogLine, Severity, Store
from crowdsky_tui.survey import Situation
from crowdsky_tui.telescopes import make_service
from crowdsky_tui.timetable import parse_timetable
from crowdsky_tui.views import Views
from crowdsky_tui.watch import ScopeWatch

if TYPE_CHECKING:
    from crowdsky_tui.server.client import CrowdSkyServer
    from crowdsky_tui.server.rows import ServerStack

logger = logging.getLogger(__name__)

SERVER_LOOK_EVERY_S = 300.0
PAINT_EVERY_S = 0.4

TargetKey = tuple[str, str]


class PlanLine(msgspec.Struct, frozen=True):
    """One line of a dry run: `action` is stack, fetch, upload, delete or skip."""

    scope: str
    target: str
    action: str
    what: str
    reason: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What a request came to: the jobs it made, and a plain line about them."""

    jobs: tuple[int, ...]
    note: str
    orders: tuple[Order, ...] = ()


class Night:
    """Opens, runs and closes the scopes, the server, the jobs and the journal.

    With `owner=False` nothing can be asked for; the journal is read beside its owner.
    """

    def __init__(self, settings: Settings, *, holder: str = "crowdsky-tui", owner: bool = True):
        self.settings = settings
        self.clock = settings.make_clock()
        self.store = Store()
        self.store.on_log = _write_to_log_file
        self.science = Science()
        self._holder = holder
        self._owner = owner
        self._server: CrowdSkyServer | None = None
        self.journal = Journal(settings.state_dir)
        self.watches: dict[str, ScopeWatch] = {}
        self.listing = ServerList(self._fetch_list, self.clock)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def demo(self) -> bool:
        return self.clock.simulated

    async def open(self) -> None:
        """Take the journal and get everything ready; nothing is asked of a scope or server yet."""
        start_log(self.settings.state_dir if self._owner else None)
        await self.journal.open(self._holder, read_only=not self._owner)
        for scope in self.settings.scopes:
            service = make_service(scope, self.clock, self.science)
            self.watches[service.name] = ScopeWatch(
                service,
                self.store,
                self.clock,
                self.settings.stacking.block_minutes,
                self._repaint,
            )
        services = {name: watch.service for name, watch in self.watches.items()}
        self.queue = JobQueue(
            self.journal,
            self.store,
            self.clock,
            all_work(
                Scopes(services),
                self.server,
                self.listing,
                self.science,
                self.clock,
                self.settings,
            ),
            {"upload": self.settings.upload.parallel},
        )
        self.views = Views(
            self.store,
            self.journal,
            self.queue,
            self.listing,
            self.settings,
            self.clock,
            self.watches,
        )
        await self.views.load()
        self.queue.on_end = self._after_job
        self.listing.on_change = self._repaint
        if self._owner:
            self.listing.on_rows = self._look_for_vanished
        self._repaint()
        for service in services.values():
            await service.open()

    async def start(self) -> None:
        """Begin to work: take up unfinished jobs, watch the scopes and the server."""
        await self.queue.start()
        loops = [watch.run() for watch in self.watches.values()]
        for loop in (*loops, self._watch_server(), self._paint_views()):
            self._tasks.append(asyncio.create_task(loop))

    async def close(self) -> None:
        """Stop at the next safe point; the journal keeps what is unfinished."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if hasattr(self, "queue"):
            await self.queue.stop()
        for watch in self.watches.values():
            await watch.service.close()
        if self._server is not None:
            await self._server.close()
        await self.science.close()
        await self.journal.close()

    async def __aenter__(self) -> "Night":
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def server(self) -> "CrowdSkyServer":
        """The server's client, made at its first use. Raises AuthRefused without an account."""
        if self._server is None:
            account = self.settings.server
            if not (account.username and account.password):
                raise AuthRefused(
                    "no CrowdSky account is set",
                    "server.username and server.password are empty",
                    "Set them with 'crowdsky-tui config set', or CROWDSKY_USERNAME and"
                    " CROWDSKY_PASSWORD",
                )
            from crowdsky_tui.server.client import CrowdSkyServer
            from crowdsky_tui.server.rate import Pace

            pace = Pace(parse_timetable(self.settings.upload.limit), now=self.clock.now)
            self._server = CrowdSkyServer(
                account.url, account.username, account.password, pace=pace
            )
        return self._server

    # --- looking -------------------------------------------------------------------------------

    async def look(self, scope: str | None = None) -> dict[str, CrowdSkyError]:
        """Read the scopes' folders now. Returns what went wrong, by scope; the rest was read."""
        watches = self._watches(scope)
        outcomes = await asyncio.gather(
            *(watch.look() for watch in watches), return_exceptions=True
        )
        problems: dict[str, CrowdSkyError] = {}
        for watch, outcome in zip(watches, outcomes, strict=True):
            if isinstance(outcome, CrowdSkyError):
                problems[watch.service.name] = outcome
            elif isinstance(outcome, BaseException):
                raise outcome
        return problems

    def refresh_soon(self, scope: str | None = None) -> None:
        """Look at the scopes and at the server again, in the background."""
        for watch in self._watches(scope):
            watch.look_soon()
        self._tasks.append(asyncio.create_task(self.list_quietly()))

    def situations(self, targets: Iterable[TargetKey] | None = None) -> list[Situation]:
        """How far every block and stack of these targets is (of all: None). No I/O."""
        wanted = None if targets is None else set(targets)
        return [
            seen
            for key, items in self.views.situations().items()
            if wanted is None or key in wanted
            for seen in items
        ]

    def unfinished(self) -> tuple[JobView, ...]:
        """The jobs that are not over."""
        return tuple(self.store.jobs.values())

    # --- asking --------------------------------------------------------------------------------

    async def stack(
        self,
        targets: Sequence[TargetKey] | None = None,
        *,
        blocks: Sequence[BlockView] | None = None,
        goal: str = "stack",
    ) -> Asked:
        """Queue a stack for every eligible block; `goal` says how far it is to go from there."""
        chosen = None if blocks is None else {block.key for block in blocks}
        seen = self.situations(targets if blocks is None else [block.key[:2] for block in blocks])
        orders = [
            item.order
            for item in seen
            if (item.to_stack or (goal != "stack" and item.unstacked and item.under_way))
            and (chosen is None or _block_key(item.order) in chosen)
        ]
        return await self._ask("stack", goal, orders, "block", "to stack")

    async def upload(self, targets: Sequence[TargetKey] | None = None) -> Asked:
        """Queue fetch, upload and confirmation of every stack that the server does not have."""
        return await self.upload_orders(
            [item.order for item in self.situations(targets) if item.to_upload]
        )

    async def upload_orders(self, orders: Sequence[Order], *, again: bool = False) -> Asked:
        """The same for these stacks, from their scopes or, with a `local_path`, from this machine.

        `again` sends even what was sent before: the user's own word is needed for that.
        """
        self.server()
        chosen = [msgspec.structs.replace(order, again=again) for order in orders]
        local = [order for order in chosen if order.local_path]
        remote = [order for order in chosen if not order.local_path]
        first = await self._ask("fetch", "confirm", remote, "stack", "to send")
        if not local:
            return first
        second = await self._ask("upload", "confirm", local, "stack", "to send")
        return Asked((*first.jobs, *second.jobs), second.note, (*first.orders, *second.orders))

    def not_on_server(self, orders: Sequence[Order]) -> list[Order]:
        """Those of these stacks that the server does not list. The list must have been read."""
        found = self.views.rows_of(orders)
        return [order for order in orders if order.stack_id not in found]

    async def sync(self, targets: Sequence[TargetKey] | None = None) -> Asked:
        """Everything: stack what is eligible, send and confirm what is not on the server."""
        stacks = await self.stack(targets, goal="confirm")
        uploads = await self.upload(targets)
        orders = (*stacks.orders, *uploads.orders)
        note = f"{stacks.note}; {uploads.note}"
        return Asked((*stacks.jobs, *uploads.jobs), note, orders)

    async def raw_upload(self, orders: Sequence[Order]) -> Asked:
        """Queue the sub-frames of these blocks; `again` on an order deletes the server's stack."""
        self.server()
        return await self._ask("raw", "confirm", orders, "block", "to send as sub-frames")

    async def purge(self, orders: Sequence[Order]) -> Asked:
        """Queue the deletion of these stacks from their scopes. The caller has asked the user."""
        return await self._ask("purge", "purge", orders, "stack", "to delete")

    async def dry_run(self, targets: Sequence[TargetKey] | None = None) -> tuple[PlanLine, ...]:
        """What stacking and uploading these targets would do and what it would leave, and why."""
        return tuple(_plan_line(seen) for seen in self.situations(targets))

    async def cancel(self, job_id: int) -> str:
        """Cancel a job; returns a plain line of what was done."""
        job = next((job for job in self.queue.unfinished() if job.id == job_id), None)
        if job is None or not await self.queue.cancel(job_id):
            return "That job is over already."
        self._repaint()
        return f"Cancelled: {job.kind} {job.label}."

    def orders_at_work(self, targets: Sequence[TargetKey], asked: Asked) -> tuple[Order, ...]:
        """What was asked for now, and what an earlier run left unfinished for these targets."""
        wanted = set(targets)
        left = [job.order for job in self.queue.unfinished()]
        return (
            *asked.orders,
            *(order for order in left if (order.scope, order.target) in wanted),
        )

    async def outcomes(self, orders: Sequence[Order]) -> dict[str, Job]:
        """The newest job of each of these orders, by block id and by stack id."""
        wanted = {order.block_id for order in orders}
        found: dict[str, Job] = {}
        for job in await self.journal.latest():
            if job.order.block_id in wanted:
                found[job.order.block_id] = job
                found[job.order.stack_id] = job
        return found

    # --- inside --------------------------------------------------------------------------------

    async def _ask(
        self, kind: str, goal: str, orders: Sequence[Order], noun: str, purpose: str
    ) -> Asked:
        if not self._owner:
            raise UsageError("this view is read-only", "another copy holds the journal", "")
        added = [await self.queue.add(kind, goal, order) for order in orders]
        self._repaint()
        fresh = sum(1 for _, is_new in added if is_new)
        note = f"{fresh} {noun}{'' if fresh == 1 else 's'} {purpose}"
        if len(added) > fresh:
            note += f", {len(added) - fresh} already under way"
        return Asked(tuple(job_id for job_id, _ in added), note, tuple(orders))

    def _watches(self, scope: str | None) -> list[ScopeWatch]:
        if scope is None:
            return list(self.watches.values())
        if scope not in self.watches:
            known = ", ".join(self.watches) or "none"
            raise UsageError(f"there is no scope named {scope}", f"the settings have: {known}")
        return [self.watches[scope]]

    async def _fetch_list(self) -> "list[ServerStack]":
        return await self.server().list_stacks()

    async def _look_for_vanished(self, rows: "Sequence[ServerStack]") -> None:
        gone = await note_vanished(self.journal, rows)
        if gone:
            line = LogLine(self.clock.now(), Severity.WARNING, vanished_text(gone))
            self.store.add_log(line)
            await self.views.load()

    async def list_quietly(self) -> None:
        """Ask for the server's list; if that fails, the store's server view says why."""
        with contextlib.suppress(CrowdSkyError):  # the server pane shows the reason
            await self.listing.fresh()

    async def _watch_server(self) -> None:
        while self.settings.server.username:
            await self.list_quietly()
            await self.clock.sleep(SERVER_LOOK_EVERY_S)

    async def _after_job(self, job: Job) -> None:
        await self.views.note_job(job)
        watch = self.watches.get(job.order.scope)
        if watch is not None and not job.unfinished and job.kind in {"stack", "purge"}:
            with contextlib.suppress(CrowdSkyError):  # the watch's own round looks again
                await watch.look_at(job.order.target)
        self._repaint()

    def _repaint(self) -> None:
        self.views.stale = True

    async def _paint_views(self) -> None:
        while True:
            self.views.refresh()
            await asyncio.sleep(PAINT_EVERY_S)


def _write_to_log_file(line: LogLine) -> None:
    logger.info("%s", line.text)


def _block_key(order: Order) -> tuple[str, str, str, str, str]:
    return (order.scope, order.target, order.chunk, order.exposure, order.filter)


def _plan_line(seen: Situation) -> PlanLine:
    order = seen.order
    what = f"{order.start:%d %b %H:%M}, {seen.frames} × {order.exposure} {order.filter}"
    if seen.to_stack:
        action, reason = "stack", f"{seen.effective_s:.0f} s"
    elif seen.to_upload:
        action, reason = "upload", order.name
    else:
        action, reason = "skip", f"{seen.state}: {seen.reason}" if seen.reason else str(seen.state)
    return PlanLine(order.scope, order.target, action, what, reason)
