"""Raw: a block's sub-frames to the server, in a session of their own.

The server groups a session's files by chunk key and telescope alone, so one session holds one
block: one scope, one filter, one exposure, one chunk. A session with anything in doubt is given up
and a new one begun, because a frame that is sent twice is stacked twice.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.blocks import chunk_str, format_chunk_key
from crowdsky_tui.clock import Clock
from crowdsky_tui.errors import (
    CrowdSkyError,
    FileDamaged,
    NotFound,
    Rejected,
    ServerError,
    UploadInDoubt,
)
from crowdsky_tui.jobs.doubt import DOUBT_POLL_S, settle_doubt
from crowdsky_tui.jobs.fetch import compare
from crowdsky_tui.jobs.meter import Meter
from crowdsky_tui.jobs.order import Job, LedgerEntry, Order
from crowdsky_tui.jobs.queue import Context, Later, Proof
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.serverlist import ServerList, find_rows
from crowdsky_tui.jobs.upload import LIST_AGE_S
from crowdsky_tui.science.child import Science
from crowdsky_tui.science.facts import FileFacts
from crowdsky_tui.text import path_component
from crowdsky_tui.toend import to_its_end

if TYPE_CHECKING:
    from crowdsky_tui.server.client import CrowdSkyServer

MOST_SESSIONS = 5
LARGEST_FRAME = 50 * 1024 * 1024


class RawFrame(msgspec.Struct, frozen=True):
    """A sub-frame on this machine; `problem` says why it is left out, "" if it is sent."""

    path: Path
    size: int
    key: str
    problem: str = ""


def raw_folder(downloads: Path, order: Order) -> Path:
    """Where a block's sub-frames are kept; ValueError if a name may not be part of a path."""
    parts = (order.serial or order.telescope, order.sub_folder)
    return (downloads / "raw").joinpath(*(path_component(part) for part in parts))


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
    return RawFrame(path, facts.size, key, problem)


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
    """Fetches, checks and sends the sub-frames of one block. `order.again` means overwrite.

    They stay on this machine, below `downloads/raw`, until the server lists their stack.
    """

    def __init__(
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
    ) -> None:
        self._scopes = scopes
        self._server = server
        self._listing = listing
        self._science = science
        self._clock = clock
        self._downloads = downloads
        self._deadline = deadline
        self._scrub = scrub_location

    def lane(self, order: Order) -> str:
        return "upload"

    async def run(self, job: Job, context: Context) -> Proof:
        rows = await self._listing.fresh(LIST_AGE_S)
        entry = await context.journal.entry(job.order)
        sent_by_this_job = entry.sent_at is not None and entry.sent_at >= job.asked_at
        if not job.order.again or sent_by_this_job:
            ledger = await context.journal.ledger(job.order.chunk)
            if job.order.stack_id in find_rows(ledger, rows):
                return Proof("already on the server", job.order)
            if entry.upload in {"sent", "confirmed"}:
                return Proof("sent before; the server has not listed it yet", job.order)
            if entry.upload == "doubt":
                await settle_doubt(entry, context, self._clock, self._deadline)
        frames = await self._frames(job.order, context)
        token = await self._fill_session(frames, context)
        return await self._finalize(token, entry, context)

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

    async def _fill_session(self, frames: list[RawFrame], context: Context) -> str:
        """Begin a session and send every frame once; raises Later if that must begin anew."""
        sessions = int(context.job.facts.get("sessions", 0)) + 1
        if sessions > MOST_SESSIONS:
            raise ServerError(
                "the sub-frames could not be sent",
                f"{sessions - 1} sessions ended in doubt",
                "Ask again when the connection is better",
            )
        await context.note("session", {"sessions": sessions})
        server, meter = self._server(), Meter()
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
                raise Later(1.0, why) from error
            done += frame.size
        return token

    async def _finalize(self, token: str, entry: LedgerEntry, context: Context) -> Proof:
        journal, order = context.journal, context.job.order
        entry = await journal.save_entry(
            msgspec.structs.replace(entry, order=order, upload="doubt", sent_at=self._clock.now())
        )
        try:
            receipt = await self._server().raw_finalize(
                token, scrub_location=self._scrub(), overwrite=order.again
            )
        except UploadInDoubt as doubt:
            raise Later(DOUBT_POLL_S, str(doubt)) from doubt
        except ServerError:
            await journal.save_entry(msgspec.structs.replace(entry, upload="", sent_at=None))
            raise
        if not receipt.chunks:
            await journal.save_entry(msgspec.structs.replace(entry, upload="", sent_at=None))
            raise Rejected(
                f"{order.target} {order.start:%H:%M} was not stacked",
                f"the server has a stack under {', '.join(receipt.skipped) or 'its key'} already",
                "Use --overwrite to delete that one and stack these sub-frames instead",
            )
        await journal.save_entry(
            msgspec.structs.replace(
                entry,
                upload="sent",
                server_key=receipt.chunks[0],
                server_job=receipt.job_ids[0] if receipt.job_ids else None,
                accepted_at=self._clock.now(),
            )
        )
        return Proof(f"accepted by the server as {receipt.chunks[0]}", order)
