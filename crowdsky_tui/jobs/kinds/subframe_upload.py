"""Raw: a block's sub-frames to the server, in a session of their own.

The server groups a session's files by chunk key and telescope alone, so one session holds one
block: one scope, one filter, one exposure, one chunk. A session with anything in doubt is given up
and a new one begun, because a frame that is sent twice is stacked twice.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import BOOT, Clock
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    FileDamaged,
    NotFound,
    Rejected,
    ServerError,
    UploadInDoubt,
)
from crowdsky_tui.base.text import path_component
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.blocks import chunk_str, format_chunk_key, parse_chunk_key
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.messages import FileFacts
from crowdsky_tui.jobs.delivery import ACCEPTED, NOT_HANDED_OVER, Delivery
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.model import fact_number
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.handover import Handover, raw_folder
from crowdsky_tui.jobs.kinds.fetch import compare
from crowdsky_tui.jobs.kinds.upload import LIST_AGE_S
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.ledger_doubt import DOUBT_POLL_S, SURELY_TAKEN_IN, highest_job, settle_doubt
from crowdsky_tui.jobs.listed import note_if_listed
from crowdsky_tui.jobs.meter import Meter
from crowdsky_tui.jobs.order import Job, Order, stack_of_order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.waiting import waited
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.services.crowdsky.rows import ServerStack

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

MOST_SESSIONS = 5
NEXT_SESSION_S = 5.0
"""Before the second session; each further pause is twice the one before."""
SESSION_LIFE = timedelta(hours=23)
"""The server ends a session that is a day old: within this it surely has not."""
LARGEST_FRAME = 50 * 1024 * 1024


class RawFrame(msgspec.Struct, frozen=True):
    """A sub-frame on this machine; `problem` says why it is left out, "" if it is sent."""

    path: Path
    size: int
    key: str
    problem: str = ""
    object_name: str = ""


def check_frame(path: Path, facts: FileFacts, order: Order) -> RawFrame:
    """What the server will make of a frame, and whether it belongs to the order's block."""
    header = facts.header
    key, problem = "", ""
    if header.date_obs is None:
        problem = "it has no DATE-OBS"
    else:
        chunk = chunk_str(header.date_obs)
        key = chunk if header.pixel is None else format_chunk_key(chunk, header.pixel)
        if chunk != order.chunk:
            problem = "by its DATE-OBS it belongs to another quarter of an hour"
    if facts.size > LARGEST_FRAME:
        problem = "it is larger than 50 MiB"
    elif header.filter != order.filter or header.exposure_s != order.exposure_s:
        problem = problem or "its header has another filter or exposure"
    return RawFrame(path, facts.size, key, problem, header.object_name)


def of_one_key(frames: list[RawFrame]) -> list[RawFrame]:
    """The same frames; those whose key is not the most frequent one get that as their problem."""
    keys = Counter(frame.key for frame in frames if not frame.problem)
    if not keys:
        return frames
    common = keys.most_common(1)[0][0]
    return [
        frame
        if frame.problem or frame.key == common
        else msgspec.structs.replace(frame, problem="it points at another tile of the sky")
        for frame in frames
    ]


class RawWork:
    """Fetches, checks and sends the sub-frames of one block. `order.overwrite` means overwrite.

    They stay on this machine, below `downloads/raw`, until the server lists their stack.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        scopes: Scopes,
        server: "Callable[[], CrowdSkyServer]",
        listing: ServerList,
        science: Science,
        clock: Clock,
        downloads: Path,
        *,
        deadline: timedelta,
        scrub_location: Callable[[], bool],
        handover: Handover,
    ) -> None:
        self._scopes = scopes
        self._server = server
        self._listing = listing
        self._science = science
        self._clock = clock
        self._downloads = downloads
        self._deadline = deadline
        self._scrub = scrub_location
        self._handover = handover

    def lane(self, order: Order) -> str:
        """The upload line, which stacks and sub-frames share."""
        return "upload"

    async def run(self, job: Job, context: Context) -> Proof:
        """Send the block's sub-frames in one session. Raises Later while its end is in doubt."""
        rows = await self._listing.fresh(LIST_AGE_S)
        entry = await context.journal.entry(job.payload)
        if not job.payload.overwrite or entry.sent_in(job):
            proof = await self._known(entry, context, rows)
            if proof is None and entry.upload in NOT_HANDED_OVER and not entry.again_by_word:
                entry = await context.journal.save_entry(await self._handover.learn(entry))
                rows = await self._listing.fresh(min(self._handover.held_s(entry), LIST_AGE_S))
                proof = await self._known(entry, context, rows)
            if proof is not None:
                return proof
        if job.payload.overwrite or entry.again_by_word or entry.upload == Delivery.DOUBT:
            await self._handover.begin(entry)
        frames = await self._frames(job.payload, context)
        session = await self._fill_session(frames, context)
        doubt = await self._handing_over(entry, frames, session, context, rows)
        try:
            return await self._finalize(doubt, entry, context)
        except NotFound as error:  # nobody has ended it before: it was too old
            await context.journal.save_entry(entry)
            await self._handover.taken_back(entry)
            raise Later(NEXT_SESSION_S, f"a new session is begun, as {error}") from error

    async def _known(
        self, entry: LedgerEntry, context: Context, rows: Sequence[ServerStack]
    ) -> Proof | None:
        """What makes sending needless; None if the frames are to be sent."""
        job, journal = context.job, context.journal
        now = self._clock.now()
        if await note_if_listed(entry, rows, self._listing, journal, now) is not None:
            await self._handover.listed(entry)
            return Proof("already on the server", job.payload)
        if entry.upload in ACCEPTED:
            return Proof("sent before; the server has not listed it yet", job.payload)
        if entry.upload != Delivery.DOUBT:
            return None
        if entry.session and await waited(entry, context, self._clock) > SURELY_TAKEN_IN:
            proof = await self._ask_once_more(entry, context, rows)
            if proof is not None:
                return proof
            entry = await journal.entry(job.payload)
        if entry.upload == Delivery.DOUBT:
            await settle_doubt(entry, context, self._clock, self._deadline)
        return None

    async def _ask_once_more(
        self, entry: LedgerEntry, context: Context, rows: Sequence[ServerStack]
    ) -> Proof | None:
        """Finalize a session whose first answer was lost: the server works each off once only.

        None if that does not tell, or if the ledger says now that it may be sent again. By then the
        first call has long ended (`SURELY_TAKEN_IN`), so the two cannot meet.
        """
        journal, order = context.journal, entry.order
        try:
            return await self._finalize(entry, entry, context)
        except NotFound:
            pass
        listed = {row.id for row in rows}
        if order.overwrite and not listed.isdisjoint(entry.old_rows):
            await journal.save_entry(entry.never_sent())  # it deletes those before all else
            return None
        begun = entry.session_at or entry.sent_at
        if begun is None or self._clock.now() - begun >= SESSION_LIFE:
            return None  # the session may have ended by its age alone
        sent = await journal.save_entry(
            msgspec.structs.replace(
                entry,
                upload=Delivery.SENT,
                session="",
                session_at=None,
                accepted_at=self._clock.now(),
            )
        )
        await self._handover.accepted(sent)
        return Proof("accepted by the server, which has worked the session off", order)

    async def _frames(self, order: Order, context: Context) -> list[RawFrame]:
        """The block's sub-frames that can be sent, fetched and checked."""
        folder = raw_folder(self._downloads, order)
        frames = []
        for number, name in enumerate(dict.fromkeys(order.files)):
            context.progress(0.0, f"{number} of {len(order.files)} sub-frames fetched")
            path = folder / path_component(name)
            facts = await self._whole(path, order)
            frames.append(check_frame(path, facts, order))
        frames = of_one_key(frames)
        left = {frame.path.name: frame.problem for frame in frames if frame.problem}
        await context.note("send", {"left_out": left, "folder": str(folder)})
        good = [frame for frame in frames if not frame.problem]
        if not good:
            reason = next(iter(left.values()), "it has none")
            raise FileDamaged(f"no sub-frame of {order.target} can be sent", reason)
        return good

    async def _whole(self, path: Path, order: Order) -> FileFacts:
        """A sub-frame on this machine, fetched if it is not there or not whole."""
        try:
            return await self._science.inspect(path)
        except (CrowdSkyError, FileNotFoundError):
            service = await self._scopes.ready(order)
            await to_its_end(path.unlink, missing_ok=True)
            remote = f"MyWorks/{order.sub_folder}/{path.name}"
            await service.files.download(remote, path)
            facts = await self._science.inspect(path)
            await compare(service.files, remote, path, facts)
            return facts

    async def _fill_session(self, frames: list[RawFrame], context: Context) -> tuple[str, datetime]:
        """Begin a session and send every frame once: its token, and when it was begun.

        Raises Later if that must begin anew.
        """
        sessions = int(fact_number(context.job.facts, "sessions")) + 1
        if sessions > MOST_SESSIONS:
            raise ServerError(
                "the sub-frames could not be sent",
                f"{sessions - 1} sessions ended in doubt",
                "Ask again when the connection is better",
            )
        await context.note("session", {"sessions": sessions})
        server, meter = self._server(), Meter()
        begun = self._clock.now()
        token = await server.raw_start_session()
        done, total = 0, sum(frame.size for frame in frames)
        for number, frame in enumerate(frames, 1):

            def progress(sent: int, _: int, done: int = done, number: int = number) -> None:
                detail = f"{number} of {len(frames)} sub-frames, {meter.text(done + sent, total)}"
                context.progress(min((done + sent) / max(total, 1), 1.0), detail)

            try:
                await server.raw_upload_file(
                    token, frame.path, progress, scrub_location=self._scrub()
                )
            except (UploadInDoubt, NotFound) as error:
                why = f"a new session is begun (the server drops the old one in a day), as {error}"
                raise Later(NEXT_SESSION_S * 2 ** (sessions - 1), why) from error
            done += frame.size
        return token, begun

    async def _handing_over(
        self,
        before: LedgerEntry,
        frames: list[RawFrame],
        session: tuple[str, datetime],
        context: Context,
        rows: Sequence[ServerStack],
    ) -> LedgerEntry:
        """Journal that the session's end is in doubt from now on, with all that will settle it."""
        order = msgspec.structs.replace(context.job.payload, object_name=frames[0].object_name)
        key = parse_chunk_key(frames[0].key)
        old = [row.id for row in rows if row.id is not None and same_key(row.chunk_key, key)]
        entry = before.never_sent()
        doubt = await context.journal.save_entry(
            msgspec.structs.replace(
                entry,
                order=order,
                upload=Delivery.DOUBT,
                frames_told=len(frames),
                sent_at=self._clock.now(),
                sent_boot=BOOT,
                sent_steady=self._clock.steady(),
                sent_by=context.job.id,
                old_rows=tuple(dict.fromkeys((*entry.old_rows, *old))),
                job_before=await highest_job(context),
                session=session[0],
                session_at=session[1],
            )
        )
        try:
            await self._handover.before_last_byte(doubt)
        except BaseException:  # the session is not ended, so there is no doubt
            await context.journal.save_entry(before)
            raise
        return doubt

    async def _finalize(self, entry: LedgerEntry, refused: LedgerEntry, context: Context) -> Proof:
        """End the session of `entry`; the ledger says `refused` if the server refuses that.

        Raises NotFound, with the doubt left in the ledger, if the server does not know the session.
        """
        journal, order = context.journal, entry.order
        what = order.words
        try:
            receipt = await self._server().raw_finalize(
                entry.session, scrub_location=self._scrub(), overwrite=order.overwrite
            )
        except UploadInDoubt as doubt:
            raise Later(DOUBT_POLL_S, str(doubt)) from doubt
        except NotFound:
            raise
        except ServerError:
            await journal.save_entry(refused)
            await self._handover.taken_back(refused)
            raise
        if receipt.probably_done:
            raise NotFound(f"{what} has no session any more")
        if not receipt.chunks:
            known = entry.never_sent() if refused is entry else refused
            await journal.save_entry(known)
            await self._handover.taken_back(known)
            raise Rejected(
                f"{what} was not stacked",
                f"the server has a stack under {', '.join(receipt.skipped) or 'its key'} already",
                "Use --overwrite to delete that one and stack these sub-frames instead",
            )
        sent = await journal.save_entry(
            msgspec.structs.replace(
                entry,
                upload=Delivery.SENT,
                server_key=receipt.chunks[0],
                server_job=receipt.job_ids[0] if receipt.job_ids else None,
                accepted_at=self._clock.now(),
                session="",
                session_at=None,
            )
        )
        await self._handover.accepted(sent)
        return Proof(f"accepted by the server as {receipt.chunks[0]}", order)


def same_key(chunk_key: str, key: tuple[str, int | None] | None) -> bool:
    """Whether a row's key is this one, as the server compares before it overwrites or skips."""
    row = parse_chunk_key(chunk_key)
    if row is None or key is None or row[0] != key[0]:
        return False
    return row[1] is None or key[1] is None or row[1] == key[1]


RAW = register(
    StackKind(
        "raw",
        Order,
        lambda at_hand: RawWork(
            at_hand.scopes,
            at_hand.server,
            at_hand.listing,
            at_hand.science,
            at_hand.clock,
            at_hand.settings.downloads,
            deadline=at_hand.deadline,
            scrub_location=at_hand.scrub_location,
            handover=at_hand.handover,
        ),
        subject=stack_of_order,
        doing="sending sub-frames",
        follower="confirm",
        needs_clock=True,
        asks_more=lambda run, asked: asked.overwrite and not run.overwrite,
    )
)
"""The server stacks the sub-frames itself."""
