"""Upload: a checked file to the server, exactly once.

The ledger and the server's list decide together whether a file is still to be sent. No list, no
upload. The body's last piece is held back until the ledger says *doubt*: whatever breaks before it
is certain not to have arrived; whatever breaks after it is settled by looking, never by sending
again in the hope that it did not. Outside the ledger the same is told by the marks beside the file
and on its telescope (`handover`), for another copy of this program and a lost ledger.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import msgspec

from crowdsky_tui.base.clock import BOOT, Clock
from crowdsky_tui.base.errors import FileDamaged, ServerError, UploadInDoubt, UsageError
from crowdsky_tui.blocks import as_fit, companions, parse_crowdsky_name, parse_light_filename
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.kept import kept_file
from crowdsky_tui.instruments.seestar.files.marks import Copy
from crowdsky_tui.jobs.delivery import ACCEPTED, HANDED_OVER, NOT_HANDED_OVER, Delivery
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry, same_file_text
from crowdsky_tui.jobs.ledger_doubt import DOUBT_POLL_S, highest_job, settle_doubt
from crowdsky_tui.jobs.listed import note_if_listed
from crowdsky_tui.jobs.local_files import with_key
from crowdsky_tui.jobs.meter import Meter
from crowdsky_tui.jobs.order import Job, Order, StackDetails, stack_of_order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.server_list import ServerList, names_its_key, rows_like
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import BlockState

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
    from crowdsky_tui.services.crowdsky.rows import UploadReceipt
    from crowdsky_tui.services.crowdsky.upload import BeforeLastByte

LIST_AGE_S = 60.0
HARDLY_TOLD = (
    "a row of its quarter of an hour tells too little: it may be of this stack or of another"
)
LOOK_THERE = (
    "Look for it on the web site; if it is not there, 'crowdsky-tui upload TARGET"
    " --no-skip-existing' sends it"
)


class UploadWork:
    """Sends one file. The lane's limit is `upload.parallel`."""

    def __init__(
        self,
        server: "Callable[[], CrowdSkyServer]",
        listing: ServerList,
        science: Science,
        clock: Clock,
        *,
        deadline: timedelta,
        scrub_location: Callable[[], bool],
        handover: Handover | None = None,
    ) -> None:
        self._server = server
        self._listing = listing
        self._science = science
        self._clock = clock
        self._deadline = deadline
        self._scrub_location = scrub_location
        nowhere = Copy("", "", "")
        self._handover = handover or Handover(Scopes({}), nowhere, clock, deadline)
        self._at_work: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By hash: of two jobs with the same file one goes first."""

    def lane(self, order: Order) -> str:
        """The upload line, which stacks and sub-frames share."""
        return "upload"

    async def run(self, job: Job, context: Context) -> Proof:
        """Send the file, unless list, ledger or marks tell that it was sent.

        Raises Later while it is in doubt whether it arrived, or while another copy sends it.
        """
        order = job.payload
        rows: Sequence[ServerStack] = await self._listing.fresh(LIST_AGE_S)
        entry = await self._checked_entry(order, context.journal)
        async with self._at_work.setdefault(entry.sha256, asyncio.Lock()):
            if not order.resend or entry.sent_in(job):
                proof = await self._same_file(entry, context.journal)
                if proof is None:
                    entry, rows = await self._learn(entry, context, rows)
                    proof = await self._known(entry, context, rows)
                if proof is not None:
                    return proof
            return await self._send(entry, context, rows)

    async def _same_file(self, entry: LedgerEntry, journal: Journal) -> Proof | None:
        """The end of a job whose file was handed over as another stack's; None for all others."""
        twin = sent_twin(entry, await journal.ledger(entry.order.chunk))
        if twin is None:
            return None
        same = msgspec.structs.replace(
            entry, same_as=twin.order.stack_id, upload=Delivery.NOTHING_SENT
        )
        await journal.save_entry(same)
        text = f"{same_file_text(twin)}; it is not sent a second time"
        return Proof(text, entry.order, last=True)

    async def _learn(
        self, entry: LedgerEntry, context: Context, rows: Sequence[ServerStack]
    ) -> tuple[LedgerEntry, Sequence[ServerStack]]:
        """What the marks tell of a stack that neither ledger nor list knows, and a list since."""
        journal, order = context.journal, entry.order
        if entry.upload not in NOT_HANDED_OVER:
            return entry, rows
        if self._listing.row_of(order, await journal.ledger(order.chunk), rows) is not None:
            return entry, rows
        entry = await journal.save_entry(await self._handover.learn(entry))
        held_s = self._handover.held_s(entry)
        return entry, await self._listing.fresh(min(held_s, LIST_AGE_S))

    async def _known(
        self, entry: LedgerEntry, context: Context, rows: Sequence[ServerStack]
    ) -> Proof | None:
        """What makes sending needless; None if the file is to be sent. Raises as `settle_doubt`."""
        order, journal = entry.order, context.journal
        now = self._clock.now()
        if await note_if_listed(entry, rows, self._listing, journal, now) is not None:
            await self._handover.listed(entry)
            return Proof("already on the server", order)
        if entry.upload in ACCEPTED:
            return Proof("sent before; the server has not listed it yet", order)
        if entry.upload == Delivery.DOUBT:
            await settle_doubt(entry, context, self._clock, self._deadline)
        elif self._listing.may_be_listed(order, await journal.ledger(order.chunk), rows):
            raise ServerError(f"{order.name} may be on the server already", HARDLY_TOLD, LOOK_THERE)
        return None

    async def _checked_entry(self, order: Order, journal: Journal) -> LedgerEntry:
        """The ledger's entry with the hash of the file as it is now."""
        entry = await journal.entry(order)
        path = Path(order.local_path or entry.local_path)
        if await asyncio.to_thread(kept_file, path) != path:
            raise UsageError(
                f"{order.name} is kept compressed here", "the server takes it as it was",
                "'crowdsky-tui archive --expand' gives it back",
            )  # fmt: skip
        facts = await self._science.inspect(path)
        if not names_its_key(order):
            order = with_key(order, facts.header)
        if entry.sha256 and entry.sha256 != facts.sha256:
            raise FileDamaged(
                f"{order.name} is not the file that was known under this name",
                "its hash is another",
                "Move one of the two away",
            )
        entry = msgspec.structs.replace(
            entry, order=order, local_path=str(path), size=facts.size, sha256=facts.sha256
        )
        return await journal.save_entry(entry)

    async def _begin(
        self, before: LedgerEntry, context: Context, rows: Sequence[ServerStack]
    ) -> LedgerEntry:
        """Journal that the file is about to be sent; the entry as it is to be sent."""
        journal, order = context.journal, before.order
        await context.note("send", {"sha256": before.sha256})
        if order.resend or before.upload == Delivery.DOUBT:
            await self._handover.begin(before)
        if not before.upload:
            await journal.save_entry(msgspec.structs.replace(before, upload=Delivery.SENDING))
        old = [row.id for row in rows_like(before, rows) if row.id is not None]
        entry = before.never_sent()
        return msgspec.structs.replace(
            entry,
            frames_told=_first_given(
                (order.told or StackDetails()).n_frames_input, len(order.files) or None
            ),
            old_rows=tuple(dict.fromkeys((*entry.old_rows, *old))),
            job_before=await highest_job(context),
        )

    async def _send(
        self, before: LedgerEntry, context: Context, rows: Sequence[ServerStack]
    ) -> Proof:
        """Send the file. What the ledger said `before` holds again if it surely did not arrive."""
        journal = context.journal
        entry = await self._begin(before, context, rows)

        async def before_last_byte() -> None:
            nonlocal entry
            entry = msgspec.structs.replace(
                entry,
                upload=Delivery.DOUBT,
                sent_at=self._clock.now(),
                sent_boot=BOOT,
                sent_steady=self._clock.steady(),
                sent_by=context.job.id,
            )
            try:
                entry = await journal.save_entry(entry)
                await self._handover.before_last_byte(entry)
            except asyncio.CancelledError:  # the last byte stays here, so there is no doubt
                await journal.save_entry(before)
                await self._handover.taken_back(before)
                raise

        try:
            receipt = await self._upload(entry, context, before_last_byte)
        except UploadInDoubt as doubt:
            raise Later(DOUBT_POLL_S, str(doubt)) from doubt
        except ServerError:
            await journal.save_entry(before)
            await self._handover.taken_back(before)
            raise
        sent = await journal.save_entry(
            msgspec.structs.replace(
                entry,
                upload=Delivery.SENT,
                server_key=receipt.chunk_key,
                server_job=receipt.job_id,
                accepted_at=self._clock.now(),
            )
        )
        await self._handover.accepted(sent)
        return Proof(f"accepted by the server as {receipt.chunk_key or 'queued'}", before.order)

    async def _upload(
        self, entry: LedgerEntry, context: Context, before_last_byte: "BeforeLastByte"
    ) -> "UploadReceipt":
        order = entry.order
        name = parse_crowdsky_name(as_fit(order.name))
        first, last = observed_span(order)
        meter, told = Meter(), order.told or StackDetails()
        thumbnail = Path(entry.local_path).with_name(companions(order.name)[1])
        if told.thumbnail:
            thumbnail = Path(told.thumbnail)
        return await self._server().upload_stack(
            entry.local_path,
            thumbnail=thumbnail if thumbnail.exists() else None,
            n_frames_input=entry.frames_told,
            n_frames_aligned=_first_given(told.n_frames_aligned, name.frames if name else None),
            date_obs_start=told.date_obs_start or first,
            date_obs_end=told.date_obs_end or last,
            scrub_location=1 if self._scrub_location() else None,
            progress=lambda done, total: context.progress(
                done / max(total, 1), meter.text(done, total)
            ),
            before_last_byte=before_last_byte,
        )


def _first_given(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def sent_twin(entry: LedgerEntry, ledger: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """Another stack with the very same bytes that was handed over, where this one was not."""
    if entry.upload in HANDED_OVER:
        return None
    for other in ledger:
        same = bool(entry.sha256) and other.sha256 == entry.sha256
        if same and other.upload in HANDED_OVER and other.order.stack_id != entry.order.stack_id:
            return other
    return None


def observed_span(order: Order) -> tuple[datetime, datetime]:
    """From the first sub-frame's name to the end of the last one's exposure (aware).

    Without sub-frame names, the block's span.
    """
    frames = [frame for file in order.files if (frame := parse_light_filename(file))]
    if not frames:
        return order.start, order.end
    times = sorted(frame.datetime.replace(tzinfo=order.start.tzinfo) for frame in frames)
    return times[0], times[-1] + timedelta(seconds=order.exposure_s)


UPLOAD = register(
    StackKind(
        "upload",
        Order,
        lambda at_hand: UploadWork(
            at_hand.server,
            at_hand.listing,
            at_hand.science,
            at_hand.clock,
            deadline=at_hand.deadline,
            scrub_location=at_hand.scrub_location,
            handover=at_hand.handover,
        ),
        subject=stack_of_order,
        doing="sending stacks",
        follower="confirm",
        block_state=BlockState.SENDING,
        proves=BlockState.SENT,
        needs_clock=True,
        repeatable=True,
        told_by_subject=True,
        asks_more=lambda run, asked: asked.resend and not run.resend,
    )
)
