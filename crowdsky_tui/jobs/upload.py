"""Upload: a checked file to the server, exactly once.

The ledger and the server's list decide together whether a file is still to be sent. No list, no
upload. The body's last piece is held back until the ledger says *doubt*: whatever breaks before it
is certain not to have arrived; whatever breaks after it is settled by looking, never by sending
again in the hope that it did not.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.blocks import as_fit, companions, parse_crowdsky_name, parse_light_filename
from crowdsky_tui.clock import Clock
from crowdsky_tui.errors import FileDamaged, ServerError, UploadInDoubt
from crowdsky_tui.jobs.doubt import DOUBT_POLL_S, settle_doubt
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.localfiles import with_key
from crowdsky_tui.jobs.meter import Meter
from crowdsky_tui.jobs.order import Job, LedgerEntry, Order
from crowdsky_tui.jobs.queue import Context, Later, Proof
from crowdsky_tui.jobs.serverlist import ServerList, find_rows, names_its_key
from crowdsky_tui.science.child import Science

if TYPE_CHECKING:
    from crowdsky_tui.server.client import CrowdSkyServer

LIST_AGE_S = 60.0


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
    ) -> None:
        self._server = server
        self._listing = listing
        self._science = science
        self._clock = clock
        self._deadline = deadline
        self._scrub_location = scrub_location

    def lane(self, order: Order) -> str:
        return "upload"

    async def run(self, job: Job, context: Context) -> Proof:
        order = job.order
        rows = await self._listing.fresh(LIST_AGE_S)
        entry = await self._checked_entry(order, context.journal)
        sent_by_this_job = entry.sent_at is not None and entry.sent_at >= job.asked_at
        if order.again and not sent_by_this_job:
            return await self._send(entry, context)
        row = find_rows(await context.journal.ledger(order.chunk), rows).get(order.stack_id)
        if row is not None:
            await context.journal.save_entry(
                msgspec.structs.replace(
                    entry,
                    upload="confirmed",
                    row_id=row.id,
                    server_key=row.chunk_key,
                    confirmed_at=self._clock.now(),
                )
            )
            return Proof("already on the server", order)
        if entry.upload in {"sent", "confirmed"}:
            return Proof("sent before; the server has not listed it yet", order)
        if entry.upload == "doubt":
            await settle_doubt(entry, context, self._clock, self._deadline)
        return await self._send(entry, context)

    async def _checked_entry(self, order: Order, journal: Journal) -> LedgerEntry:
        """The ledger's entry with the hash of the file as it is now."""
        entry = await journal.entry(order)
        path = Path(order.local_path or entry.local_path)
        facts = await self._science.inspect(path)
        if not names_its_key(order):
            order = with_key(order, facts.header)
        if entry.sha256 and entry.sha256 != facts.sha256:
            raise FileDamaged(
                f"{order.name} is not the file that was known under this name",
                "its hash is another",
                "Move one of the two away",
            )
        for other in await journal.ledger(order.chunk):
            same_file = other.sha256 == facts.sha256 and other.order.stack_id != order.stack_id
            if same_file and other.upload and not entry.upload:
                entry = msgspec.structs.replace(
                    entry,
                    upload=other.upload,
                    server_key=other.server_key,
                    sent_at=other.sent_at,
                )
        entry = msgspec.structs.replace(
            entry, order=order, local_path=str(path), size=facts.size, sha256=facts.sha256
        )
        return await journal.save_entry(entry)

    async def _send(self, entry: LedgerEntry, context: Context) -> Proof:
        journal, order = context.journal, entry.order
        await context.note("send", {"sha256": entry.sha256})
        entry = await journal.save_entry(msgspec.structs.replace(entry, upload="sending"))

        async def before_last_byte() -> None:
            nonlocal entry
            doubt = msgspec.structs.replace(entry, upload="doubt", sent_at=self._clock.now())
            try:
                entry = await journal.save_entry(doubt)
            except asyncio.CancelledError:  # the last byte stays here, so there is no doubt
                await journal.save_entry(entry)
                raise

        name = parse_crowdsky_name(as_fit(order.name))
        first, last = observed_span(order)
        meter = Meter()
        thumbnail = Path(entry.local_path).with_name(companions(order.name)[1])
        try:
            receipt = await self._server().upload_stack(
                entry.local_path,
                thumbnail=thumbnail if thumbnail.exists() else None,
                n_frames_input=len(order.files) or None,
                n_frames_aligned=name.frames if name else None,
                date_obs_start=first,
                date_obs_end=last,
                scrub_location=1 if self._scrub_location() else None,
                progress=lambda done, total: context.progress(
                    done / max(total, 1), meter.text(done, total)
                ),
                before_last_byte=before_last_byte,
            )
        except UploadInDoubt as doubt:
            raise Later(DOUBT_POLL_S, str(doubt)) from doubt
        except ServerError:
            await journal.save_entry(msgspec.structs.replace(entry, upload="", sent_at=None))
            raise
        await journal.save_entry(
            msgspec.structs.replace(
                entry,
                upload="sent",
                server_key=receipt.chunk_key,
                server_job=receipt.job_id,
                accepted_at=self._clock.now(),
            )
        )
        return Proof(f"accepted by the server as {receipt.chunk_key or 'queued'}", order)


def observed_span(order: Order) -> tuple[datetime, datetime]:
    """From the first sub-frame's name to the end of the last one's exposure (aware).

    Without sub-frame names, the block's span.
    """
    frames = [frame for file in order.files if (frame := parse_light_filename(file))]
    if not frames:
        return order.start, order.end
    times = sorted(frame.datetime.replace(tzinfo=order.start.tzinfo) for frame in frames)
    return times[0], times[-1] + timedelta(seconds=order.exposure_s)
