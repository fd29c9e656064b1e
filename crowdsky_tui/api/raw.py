"""Sub-frames to the server in a session of the caller's own; its end is journalled block by block.

A session belongs to the process that began it: only so the journal knows what is in it.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.api.nights import file_at, night_for
from crowdsky_tui.base.clock import BOOT
from crowdsky_tui.base.errors import FileDamaged, ServerError, UploadInDoubt, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import (
    chunk_start,
    chunk_str,
    format_chunk_key,
    parse_chunk_key,
    parse_light_filename,
)
from crowdsky_tui.fits.messages import HeaderFacts
from crowdsky_tui.jobs.clock_check import refuse_wrong_clock
from crowdsky_tui.jobs.delivery import ACCEPTED, HANDED_OVER, Delivery
from crowdsky_tui.jobs.kinds.subframe_upload import same_key
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.scopes import refuse_kind
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.crowdsky.raw import RawReceipt
from crowdsky_tui.services.crowdsky.rows import ServerStack

sessions: dict[str, list[Order]] = {}
"""What was sent to each open session, one order a block, by token."""


async def raw_start_session() -> str:
    """Open a session on the server; one that is never finalized ends after a day.

    Returns
    -------
    str
        The token for `raw_upload_file` and `raw_finalize`, in this process.

    Raises
    ------
    ServerError
        AuthRefused without a login.
    """
    async with night_for(owner=False, scopes=False) as night:
        token = await night.server().raw_start_session()
    sessions[token] = []
    return token


async def raw_upload_file(session_token: str, fits_path: str | Path) -> dict[str, Any]:
    """Send one sub-frame to an open session, once.

    Parameters
    ----------
    session_token : str
        Of `raw_start_session`.
    fits_path : str or Path
        A whole sub-frame with a DATE-OBS, as the telescope wrote it.

    Returns
    -------
    dict
        ok, filename, chunk_key and date_obs, as the server says.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UsageError
        If the session was not begun here, or has another filter or exposure in the same chunk: the
        server would stack both into one.
    FileDamaged, ServerError
        After UploadInDoubt the session may hold the file: begin another one.
    """
    path = file_at(fits_path)
    held = _session(session_token)
    async with night_for(owner=True, scopes=False) as night:
        _check(night)
        order = _order(path, (await night.science.inspect(path)).header)
        _refuse_mixture(held, order)
        scrub = night.settings.upload.scrub_location
        receipt = await night.server().raw_upload_file(session_token, path, scrub_location=scrub)
    _note(held, order)
    return msgspec.structs.asdict(receipt)


async def raw_finalize(
    session_token: str, scrub_location: bool = False, overwrite: bool = False
) -> dict[str, Any]:
    """End a session and have its blocks stacked by the server.

    Each block is journalled as in doubt before, as sent after, and proved by a job that goes on at
    the next start.

    Parameters
    ----------
    session_token : str
        Of `raw_start_session`.
    scrub_location : bool
        Publish no coordinates of the site. The settings' `upload.scrub_location` holds besides.
    overwrite : bool
        Delete the server's stacks of these chunks first, whatever their filter.

    Returns
    -------
    dict
        ok, jobs, job_ids, chunks (queued) and skipped (a stack was there).

    Raises
    ------
    UsageError
        If the session was not begun here or is empty, or a block of it was handed over before.
    ServerError
        After UploadInDoubt only the server's list tells; nothing is sent again.
    """
    held = _session(session_token)
    if not held:
        raise UsageError("the session is empty", "no sub-frame was sent to it", "Send some first")
    async with night_for(owner=True, scopes=False) as night:
        _check(night)
        scrub = scrub_location or night.settings.upload.scrub_location
        receipt = await _journalled_end(night, session_token, scrub=scrub, overwrite=overwrite)
    del sessions[session_token]
    fields = msgspec.structs.asdict(receipt)
    return {
        name: list(v) if isinstance(v := fields[name], tuple) else v
        for name in ("ok", "jobs", "job_ids", "chunks", "skipped")
    }


async def _journalled_end(night: Night, token: str, *, scrub: bool, overwrite: bool) -> RawReceipt:
    """End the session, its blocks in doubt before and settled by the receipt after."""
    rows = await night.listing.fresh()
    before = [
        msgspec.structs.replace(await night.journal.entry(order), order=order)
        for order in sessions[token]
    ]
    for entry in before:
        _refuse_second(entry, overwrite)
    doubts = [await _doubt(night, entry, token, rows) for entry in before]
    try:
        receipt = await night.server().raw_finalize(token, scrub, overwrite)
    except UploadInDoubt:
        raise
    except ServerError:
        for entry in before:
            await night.journal.save_entry(entry)
        raise
    for old, entry in zip(before, doubts, strict=True):
        await _settle(night, old, entry, receipt)
    return receipt


def _session(token: str) -> list[Order]:
    if token not in sessions:
        raise UsageError(
            "this session was not begun here",
            "the journal would not know what is in it",
            "Begin one with raw_start_session",
        )
    return sessions[token]


def _check(night: Night) -> None:
    refuse_kind("raw", read_only=night.settings.read_only)
    refuse_wrong_clock("raw", night.clock)


def _order(path: Path, header: HeaderFacts) -> Order:
    """The block that a sub-frame belongs to, by its header."""
    if header.date_obs is None or header.exposure_s is None:
        raise FileDamaged(
            f"{clean(path.name)} cannot be sent", "its header lacks DATE-OBS or the exposure"
        )
    name = parse_light_filename(path.name)
    chunk = chunk_str(header.date_obs)
    start = chunk_start(chunk)
    target = name.target if name else header.object_name
    return Order(
        scope="",
        serial=header.telescope.rpartition("_")[2],
        telescope=header.telescope,
        target=target,
        folder=target,
        chunk=chunk,
        exposure=name.exposure if name else f"{header.exposure_s:.1f}s",
        filter=header.filter,
        start=start,
        end=start + timedelta(minutes=15),
        files=(path.name,),
        local_path=str(path.resolve().parent),
        key="" if header.pixel is None else format_chunk_key(chunk, header.pixel),
        object_name=header.object_name,
    )


def _refuse_mixture(held: list[Order], order: Order) -> None:
    """The server groups a session by chunk and telescope alone."""
    for other in held:
        if other.block_id == order.block_id and order.files[0] in other.files:
            raise UsageError(f"{order.files[0]} was sent before", "it would be stacked twice")
        same = (other.telescope, other.chunk) == (order.telescope, order.chunk)
        if same and other.block_id != order.block_id:
            raise UsageError(
                f"{order.files[0]} does not belong into this session",
                f"it has {order.exposure} {order.filter} of {clean(order.target)}, the chunk has"
                f" {other.exposure} {other.filter} of {clean(other.target)} already",
                "Send it in a session of its own",
            )


def _note(held: list[Order], order: Order) -> None:
    for number, other in enumerate(held):
        if other.block_id == order.block_id:
            files = (*other.files, *order.files)
            held[number] = msgspec.structs.replace(other, files=files)
            return
    held.append(order)


def _refuse_second(entry: LedgerEntry, overwrite: bool) -> None:
    if entry.upload in HANDED_OVER and not overwrite:
        order = entry.order
        raise UsageError(
            f"the block {clean(order.target)} {order.chunk} was handed over before",
            "it would be stacked twice",
            "Look at the server's list; overwrite=True sends it again",
        )


async def _doubt(
    night: Night, before: LedgerEntry, token: str, rows: Sequence[ServerStack]
) -> LedgerEntry:
    """Journal that the block may be at the server from now on."""
    accepted = await night.journal.ledger(uploads=ACCEPTED, newest=200)
    numbers = [one.server_job for one in accepted if one.server_job is not None]
    now, entry = night.clock.now(), before.never_sent()
    key = parse_chunk_key(entry.order.key or entry.order.chunk)
    old = [row.id for row in rows if row.id is not None and same_key(row.chunk_key, key)]
    return await night.journal.save_entry(
        msgspec.structs.replace(
            entry,
            upload=Delivery.DOUBT,
            frames_told=len(entry.order.files),
            sent_at=now,
            sent_boot=BOOT,
            sent_steady=night.clock.steady(),
            old_rows=tuple(dict.fromkeys((*entry.old_rows, *old))),
            job_before=max(numbers, default=None),
            session=token,
            session_at=now,
        )
    )


async def _settle(night: Night, before: LedgerEntry, entry: LedgerEntry, got: RawReceipt) -> None:
    """Journal what the server said of one block, and ask for its proof."""
    order = entry.order
    key = next((chunk for chunk in got.chunks if chunk.startswith(order.chunk)), "")
    if not key and not got.probably_done:
        await night.journal.save_entry(before)
        return
    sent = msgspec.structs.replace(
        entry,
        upload=Delivery.SENT,
        server_key=key,
        server_job=got.job_ids[got.chunks.index(key)]
        if key and len(got.job_ids) == len(got.chunks)
        else None,
        accepted_at=night.clock.now(),
        session="",
        session_at=None,
    )
    await night.journal.save_entry(sent)
    await night.queue.add("confirm", "confirm", order)
