"""`Night`: everything between dusk and the morning report, without any idea of a terminal.

The app, the command line and the agent are front ends of this one object: whatever a key
does, a command does too, through the same method.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.archive.frames import Frames
from crowdsky_tui.base.absent_disk import keep_base
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.logfiles import start_log
from crowdsky_tui.base.memory import give_back_holes, give_back_large_blocks, share_one_heap
from crowdsky_tui.base.supervisor import Faults, Supervisor, close_all
from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings, download_folder, keep_secrets
from crowdsky_tui.instruments.seestar.connection.capabilities import CapabilityBook
from crowdsky_tui.jobs.all_work import make_handover
from crowdsky_tui.jobs.clock_check import refuse_wrong_clock
from crowdsky_tui.jobs.engine.kind import rereads
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.observing import Observation
from crowdsky_tui.jobs.order import Order, of_stacks
from crowdsky_tui.jobs.scopes import Scopes, refuse_kind
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.work import JobQueue
from crowdsky_tui.night.automatic.runner import Automatic
from crowdsky_tui.night.background.conditions import ConditionsWatch
from crowdsky_tui.night.background.house import House
from crowdsky_tui.night.background.needless_marks import NeedlessMarks
from crowdsky_tui.night.background.night_records import NightRecords
from crowdsky_tui.night.background.server_watch import ServerWatch
from crowdsky_tui.night.calls.call import Call, R
from crowdsky_tui.night.look import look_at
from crowdsky_tui.night.make_queue import make_queue
from crowdsky_tui.night.make_watches import make_rig_watches, make_scope_watches
from crowdsky_tui.night.rig_archive import archive_visit
from crowdsky_tui.night.services import NightServices
from crowdsky_tui.night.sign_in import make_client
from crowdsky_tui.night.telescope_org import TelescopeOrgAccount
from crowdsky_tui.night.telescope_session import Sessions
from crowdsky_tui.night.telescope_setup import ScopeSetup
from crowdsky_tui.progress import requests
from crowdsky_tui.progress.refresh import Views
from crowdsky_tui.progress.requests import PlanLine, RequestOutcome, plan_line
from crowdsky_tui.progress.server_rows import downloaded_keys
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.review.stack_review import StackReview
from crowdsky_tui.store.store import JobView, LogLine, Severity, Store

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
    from crowdsky_tui.services.crowdsky.rows import ServerStack

PAINT_EVERY_S = 0.4


class Night:
    """Opens, runs and closes the scopes, the server, the jobs and the journal.

    With `owner=False` nothing can be asked for; the journal is read beside its owner.
    """

    def __init__(self, settings: Settings, *, holder: str = "crowdsky-tui", owner: bool = True):
        self.settings = settings
        keep_secrets(settings)
        keep_base(settings.storage.base)
        self.clock = settings.make_clock()
        self.store = Store()
        self.faults = Faults(self._tell_fault, settings.state_dir)
        self.science = Science()
        self._holder = holder
        self._owner = owner
        self._server: CrowdSkyServer | None = None
        self.journal = Journal(settings.state_dir)
        self._capabilities = CapabilityBook(settings.state_dir / "capabilities.json")
        self.watches = make_scope_watches(self, self._capabilities, self._repaint, self.faults)
        self.rigs = make_rig_watches(self, self.science)
        self.records = NightRecords(self, self.faults)
        self.store.on_log = self.records.note_line
        self.sessions = Sessions(
            (self.watches, self.rigs), self.store, self.clock, self.science, settings, self.faults
        )
        self.listing = ServerList(self._fetch_list, self.clock)
        self.telescope_org = TelescopeOrgAccount(self)
        self.frames = Frames(self.records.database)
        self.queue = self._make_queue()
        parts = (self.store, self.journal, self.queue, self.listing, settings, self.clock)
        self.views = Views(*parts, self.watches)
        self.review = StackReview(self, self._repaint, self.faults)
        self._server_watch = ServerWatch(self, self.faults)
        self._tasks = Supervisor(self.faults)
        self.conditions = ConditionsWatch(self, self.faults)
        self.automatic = Automatic(self, self.faults)
        self.config_path: Path | None = None
        self.setup = ScopeSetup(settings, lambda: self.config_path)
        self.services = NightServices(self, self.faults)

    @property
    def badge(self) -> str:
        """What the top line says of the clock; empty for the real time."""
        return self.clock.badge

    def _make_queue(self) -> JobQueue:
        services = {name: watch.service for name, watch in self.watches.items()}
        scopes = Scopes(services, self.rigs, read_only=self.settings.read_only)
        handover = make_handover(scopes, self.settings, self.clock)
        self._marks = NeedlessMarks(self.watches, self.journal, handover, self.clock)
        return make_queue(self, scopes, handover, self.faults)

    async def open(self) -> None:
        """Take the journal and get everything ready; nothing is asked of a scope or server yet."""
        give_back_large_blocks()
        share_one_heap()
        start_log(None)
        await self.journal.open(self._holder, read_only=not self._owner)
        if self._owner:  # from here on nobody else writes that file
            await asyncio.to_thread(start_log, self.settings.state_dir)
        await self._capabilities.load()
        await self.views.load()
        folder = download_folder(self.settings)
        self.views.note_downloaded(await asyncio.to_thread(downloaded_keys, folder))
        await self.review.reviews.load()
        self.views.verdict = self.review.reviews.verdict
        self.review.reviews.on_measured = self.records.note_measured
        self.queue.on_end = self._after_job
        self.listing.on_change = self._repaint
        self.listing.others = self.views.stacks_in
        if self._owner:
            self.listing.on_rows = self._server_watch.compare
        self._repaint()
        for watch in self.watches.values():
            await watch.service.open()

    async def start(self) -> None:
        """Begin to work: take up unfinished jobs, watch the scopes and the server."""
        await self.queue.start()
        for name, watch in self.watches.items():
            self._tasks.start(f"the watch of {name}", watch.run())
        for name, rig in self.rigs.items():
            self._tasks.keep(f"the watch of {name}", rig.run)
        self._tasks.start("the server's watch", self._server_watch.run())
        self._tasks.start("the marks on the telescopes", self._marks.run(self.faults))
        self._tasks.keep("painting", self._paint_views)
        self.records.start()
        self.conditions.start()
        if self.settings.mqtt.host:
            self._tasks.keep("what the house is told", House(self).run)
        self.services.alerts.start()
        self.automatic.begin_if_wanted()

    async def close(self) -> None:
        """Stop at the next safe point; the journal keeps what is unfinished."""
        await close_all(self._parts(), self.faults)

    def _parts(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """What is to be closed; each part is needed by those after it."""
        yield "the journal", self.journal.close
        yield "the science child", self.science.close
        if self._owner:
            yield "the telescopes' capabilities", self._capabilities.save
        if self._server is not None:
            yield "the server's connection", self._server.close
        yield "the connection to telescope.org", self.telescope_org.close
        yield "the records", self.records.close
        for name, watch in self.watches.items():
            yield f"the connection to {name}", watch.service.close
        for name, rig in self.rigs.items():
            yield f"the connection to {name}", rig.close
        yield "the scopes' sessions", self.sessions.close
        yield "the job queue", self.queue.stop
        yield "the review", self.review.close
        yield "the archive and its watches", self.services.close
        yield "the watches", self._tasks.close
        yield "the sensors", self.conditions.close
        yield "the automatic night", self.automatic.close

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
            self._server = make_client(self.settings, self.clock)
        return self._server

    async def use_settings(self, settings: Settings) -> None:
        """Go on with these; another login counts from the next call on, and is asked at once."""
        before, self.settings = self.settings, settings
        self.views.use(settings)
        if settings.server != before.server:
            if self._server is not None:
                self._server.set_credentials(settings.server.username, settings.server.password)
            await self.list_quietly()

    # --- looking -------------------------------------------------------------------------------

    async def look(self, scope: str | None = None) -> dict[str, CrowdSkyError]:
        """Read the scopes' folders now. Returns what went wrong, by scope; the rest was read."""
        return await look_at(self._watches(scope), self.faults)

    def refresh_soon(self, scope: str | None = None) -> None:
        """Look at the scopes and at the server again, in the background."""
        for watch in self._watches(scope):
            watch.look_soon()
        self._tasks.start("a look at the server's list", self.list_quietly())

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
        """The jobs to be done; none of a kind that this version leaves alone."""
        shown = self.store.jobs
        return tuple(shown[job.id] for job in self.queue.unfinished() if job.id in shown)

    # --- asking --------------------------------------------------------------------------------

    async def do(self, call: Call[R]) -> R:
        """Carry a call out. Raises CrowdSkyError."""
        return await call.run(self)

    async def stack_orders(self, orders: Sequence[Order], *, goal: str = "stack") -> RequestOutcome:
        """Queue a stack for each of these blocks; `goal` says how far it is to go from there."""
        return await self._ask("stack", goal, orders, "block", "to stack")

    async def upload(self, targets: Sequence[TargetKey] | None = None) -> RequestOutcome:
        """Queue fetch, upload and confirmation of every stack that the server does not have."""
        await self.review.measure_left()
        return await self.upload_orders(
            [item.order for item in self.situations(targets) if item.to_upload]
        )

    async def upload_orders(
        self, orders: Sequence[Order], *, resend: bool = False
    ) -> RequestOutcome:
        """The same for these stacks, from their scopes or, with a `local_path`, from this machine.

        `resend` sends even what was sent before: the user's own word is needed for that.
        """
        self.server()
        chosen = [msgspec.structs.replace(order, resend=resend) for order in orders]
        local = [order for order in chosen if order.local_path]
        remote = [order for order in chosen if not order.local_path]
        added = await self.add_orders("fetch", "confirm", remote)
        added += await self.add_orders("upload", "confirm", local)
        return requests.outcome_of(added, [*remote, *local], "stack", "to send")

    def not_on_server(self, orders: Sequence[Order]) -> list[Order]:
        """Those of these stacks that the server does not list. The list must have been read."""
        found = self.views.rows_of(orders)
        return [order for order in orders if order.stack_id not in found]

    async def sync(
        self, targets: Sequence[TargetKey] | None = None, *, insist: bool = False
    ) -> RequestOutcome:
        """Everything: stack what is eligible, send and confirm what is not on the server."""
        seen = self.situations(targets)
        blocks = requests.orders_to_stack(seen, None, waiting=True, insist=insist)
        stacks = await self.stack_orders(blocks, goal="confirm")
        uploads = await self.upload(targets)
        orders, note = (*stacks.orders, *uploads.orders), f"{stacks.note}; {uploads.note}"
        return RequestOutcome((*stacks.jobs, *uploads.jobs), note, orders)

    async def raw_upload(self, orders: Sequence[Order]) -> RequestOutcome:
        """Queue these blocks' sub-frames; `overwrite` on an order deletes the server's stack."""
        self.server()
        return await self._ask("raw", "confirm", orders, "block", "to send as sub-frames")

    async def purge(self, orders: Sequence[Order], kind: str = "purge") -> RequestOutcome:
        """Queue the deletion of these stacks, or another `kind` of `jobs.clean`. The user knows.

        `RequestOutcome.orders` also names what an earlier run left unfinished of it.
        """
        left = [job.payload for job in of_stacks(self.queue.unfinished()) if job.kind == kind]
        found = await self._ask(kind, kind, orders, "stack", f"to {kind}")
        return msgspec.structs.replace(found, orders=(*found.orders, *left))

    async def dry_run(self, targets: Sequence[TargetKey] | None = None) -> tuple[PlanLine, ...]:
        """What stacking and uploading these targets would do and what it would leave, and why."""
        return tuple(map(plan_line, self.situations(targets)))

    async def cancel(self, job_id: int) -> str:
        """Cancel a job; returns a plain line of what was done."""
        job = self.queue.job(job_id)
        if job is None or not await self.queue.cancel(job_id):
            return "That job is over already."
        self._repaint()
        return f"Cancelled: {job.kind} {job.label}."

    # --- inside --------------------------------------------------------------------------------

    async def _ask(
        self, kind: str, goal: str, orders: Sequence[Order], noun: str, purpose: str
    ) -> RequestOutcome:
        return requests.outcome_of(await self.add_orders(kind, goal, orders), orders, noun, purpose)

    async def add_orders(
        self, kind: str, goal: str, orders: Sequence[Order]
    ) -> list[tuple[int, bool]]:
        """Queue a job of this kind for each order; their numbers, and whether each is new."""
        if not self._owner:
            raise UsageError("this view is read-only", "another copy holds the journal", "")
        refuse_kind(kind, read_only=self.settings.read_only)
        refuse_wrong_clock(kind, self.clock)
        added = []
        for order in orders:
            with self.review.reviews.asking(kind, goal, order) as far:
                added.append(await self.queue.add(kind, far, order))
        self._repaint()
        return added

    def _watches(self, scope: str | None) -> list[ScopeWatch]:
        if scope is None:
            return list(self.watches.values())
        if scope not in self.watches:
            known = ", ".join(self.watches) or "none"
            raise UsageError(f"there is no scope named {scope}", f"the settings have: {known}")
        return [self.watches[scope]]

    async def _fetch_list(self) -> "list[ServerStack]":
        return await self.server().list_stacks(known=self.listing.rows)

    async def list_quietly(self) -> None:
        """Ask for the server's list; if that fails, the store's server view says why."""
        await self._server_watch.look()

    async def _after_job(self, job: AnyJob) -> None:
        await self.views.note_job(job)
        self.records.note_job(job)
        self.review.after(job)
        if isinstance(job.payload, Observation) and not job.unfinished:
            self._archive_visit(job.payload)
        watch = self.watches.get(job.payload.scope)
        if watch is not None and not job.unfinished and rereads(job.kind):
            with contextlib.suppress(CrowdSkyError):  # the watch's own round looks again
                await watch.look_at(job.payload.target)
        self._repaint()
        await self.journal.checkpoint()
        if not self.queue.unfinished():
            await asyncio.to_thread(give_back_holes)

    def _archive_visit(self, order: Observation) -> None:
        if order.scope in self.rigs:
            name = f"the archive of {order.label} on {order.scope}"
            self._tasks.start(name, archive_visit(self, order))

    def _tell_fault(self, text: str) -> None:
        self.store.add_log(LogLine(self.clock.now(), Severity.ERROR, text))

    def _repaint(self) -> None:
        self.views.stale = True

    async def _paint_views(self) -> None:
        while True:
            await self.views.refresh_gently()
            await asyncio.sleep(PAINT_EVERY_S)
