"""Stacks to the server and back; sending is a journalled job, proved by the server's list."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.api.nights import PATIENCE_S, file_at, keys_of, look, night_for
from crowdsky_tui.base.clock import night_problem
from crowdsky_tui.base.errors import ServerError
from crowdsky_tui.jobs.delivery import ACCEPTED, Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.local_files import local_order, local_orders
from crowdsky_tui.jobs.order import Job, Order, StackDetails
from crowdsky_tui.jobs.stack_kind import proved_state
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.wait_for_jobs import wait_for_jobs
from crowdsky_tui.store.store import BlockState

SENDING = ("fetch", "upload")
"""The kinds of job that are waited for; proving goes on at the next start."""


async def list_stacks(object_name: str | None = None) -> list[dict[str, Any]]:
    """The account's finished stacks on the server; what is queued there is not in it.

    Parameters
    ----------
    object_name : str, optional
        Only those of this object.

    Returns
    -------
    list of dict
        id, chunk_key, object_name, telescope_id, filter_name, n_frames_input, n_frames_aligned,
        total_exptime (seconds), ra_deg and dec_deg (degrees), dates (aware UTC) and more.

    Raises
    ------
    ServerError
        AuthRefused without a login; ProtocolError for what is not a list.
    """
    async with night_for(owner=False, scopes=False) as night:
        rows = await night.server().list_stacks(object_name)
        return [msgspec.structs.asdict(row) for row in rows]


async def download_stack(chunk_keys: str | list[str], dest: str | Path = ".") -> list[Path]:
    """Download stacks by chunk key into `dest`; nothing is overwritten.

    Parameters
    ----------
    chunk_keys : str or list of str
        Such as `20250115.78_HP049152`.
    dest : str or Path
        A folder.

    Returns
    -------
    list of Path
        `<chunk key>.fits` each, complete.

    Raises
    ------
    UsageError
        For what is no chunk key.
    FileInTheWay, NotFound, DiskFull, ServerError
        What was complete before stays.
    """
    async with night_for(owner=False, scopes=False) as night:
        return await night.server().download_stack(chunk_keys, dest)


async def upload_stack(
    fits_path: str | Path,
    thumbnail: str | Path | None = None,
    n_frames_input: int | None = None,
    n_frames_aligned: int | None = None,
    date_obs_start: str | None = None,
    date_obs_end: str | None = None,
    scrub_location: int | None = None,
) -> dict[str, Any]:
    """Send one `CrowdSky_*` stack of this machine, once, as a journalled job.

    What was sent before, by whomever, is not. A job that goes on at the next start proves it.

    Parameters
    ----------
    fits_path : str or Path
        At most 50 MiB.
    thumbnail : str or Path, optional
        JPEG or PNG; the one beside the file if there is one.
    n_frames_input, n_frames_aligned : int, optional
        Sub-frames offered and used; the name tells the latter.
    date_obs_start, date_obs_end : str, optional
        ISO 8601, UTC unless it says otherwise.
    scrub_location : int, optional
        1 takes the site's coordinates out of what is sent, 0 does not; the settings' word if None.

    Returns
    -------
    dict
        ok, job_id, chunk_key and status: `queued`, or `confirmed` where the list has it already.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UsageError
        If it is not a `CrowdSky_*` stack. FileDamaged, ServerError, ClockWrong, JournalLocked.
    """
    path = file_at(fits_path)
    shown = str(file_at(thumbnail)) if thumbnail else ""
    details = StackDetails(
        shown, n_frames_input, n_frames_aligned, date_obs_start or "", date_obs_end or ""
    )
    async with night_for(owner=True) as night:
        if scrub_location is not None:
            _scrub(night, scrub=bool(scrub_location))
        order = msgspec.structs.replace(await local_order(path, night.science), told=details)
        await night.start()
        outcomes = await _send(night, [order], resend=False)
        return _receipt(await night.journal.entry(order), outcomes.get(order.stack_id))


def _scrub(night: Night, *, scrub: bool) -> None:
    """Let the word of a call hold instead of the settings'."""
    upload = msgspec.structs.replace(night.settings.upload, scrub_location=scrub)
    night.settings = msgspec.structs.replace(night.settings, upload=upload)


def _receipt(entry: LedgerEntry, job: Job | None) -> dict[str, Any]:
    """What is told of a stack that the server took. Raises ServerError if it did not."""
    if not _taken(entry):
        raise _refusal(entry.order, job)
    return {
        "ok": True,
        "job_id": entry.server_job,
        "chunk_key": entry.server_key or entry.order.key,
        "status": "confirmed" if entry.upload == Delivery.CONFIRMED else "queued",
    }


async def upload_all_stacks(
    target: str | list[str] | None = None,
    local_dir: str | Path | None = None,
    dest: str | Path = ".",
    skip_existing: bool = True,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Send all `CrowdSky_*` stacks, from the telescopes or from a folder, as journalled jobs.

    Parameters
    ----------
    target : str, list of str or None
        Which targets on the telescopes; None or `"all"` for every one.
    local_dir : str, Path or None
        Send what lies in this folder and below instead.
    dest : str or Path
        Where fetched stacks are kept.
    skip_existing : bool
        Leave what was sent before. False sends that again.
    dry_run : bool
        Tell what would be sent, and change nothing.

    Returns
    -------
    dict
        folders_scanned, files_uploaded, files_skipped, files_failed, and the names: uploaded (taken
        by the server), skipped (there already, the very file of another, or not to be sent before
        a person has said so) and failed.

    Raises
    ------
    CrowdSkyError
        NotFoundOnScope for a target that no telescope has; AuthRefused without a login.
    """
    names = [] if target in (None, "all") else [target] if isinstance(target, str) else target
    place = None if local_dir is not None else dest
    async with night_for(owner=not dry_run, scopes=local_dir is None, dest=place) as night:
        night.server()
        await night.listing.fresh()
        found, bad = await _stacks_in(night, local_dir, list(names or []))
        wanted = night.not_on_server(found) if skip_existing else list(found)
        wanted = [order for order in wanted if not _waits_for_a_word(night, order)]
        outcomes: Mapping[str, Job] = {}
        if not dry_run:
            await night.start()
            outcomes = await _send(night, wanted, resend=not skip_existing)
        taken = {order.stack_id: await night.journal.entry(order) for order in wanted}
    return _summary(found, wanted, bad, taken, outcomes, dry_run)


async def _stacks_in(
    night: Night, local_dir: str | Path | None, names: Sequence[str]
) -> tuple[list[Order], list[str]]:
    """The stacks of a folder, or of the telescopes; and what is wrong with the others."""
    if local_dir is None:
        return await _on_scopes(night, names), []
    found, damaged = await local_orders(Path(local_dir), night.science)
    return list(found), [str(problem) for problem in damaged]


async def _on_scopes(night: Night, names: Sequence[str]) -> list[Order]:
    await look(night)
    return [
        item.order
        for item in night.situations(keys_of(night, names))
        if item.order.name and item.block.state is not BlockState.SAME
    ]


def _waits_for_a_word(night: Night, order: Order) -> bool:
    """Whether a person has to say what becomes of the stack before it may leave."""
    unclear = any(
        item.undecided and item.order.stack_id == order.stack_id
        for item in night.situations([order.block_key.target])
    )
    by_hand = night.review.reviews.verdict(order).by_hand
    return unclear or by_hand or bool(night_problem(order.start, night.clock.now()))


async def _send(night: Night, orders: Sequence[Order], *, resend: bool) -> Mapping[str, Job]:
    asked = await night.upload_orders(orders, resend=resend)
    return await wait_for_jobs(night, asked.orders, PATIENCE_S, kinds=SENDING)


def _taken(entry: LedgerEntry) -> bool:
    return entry.upload in ACCEPTED


def _refusal(order: Order, job: Job | None) -> ServerError:
    return ServerError(
        f"{order.name} was not taken by the server",
        job.reason if job and job.reason else "nothing is known of it",
        "See the journal with 'crowdsky-tui status'",
    )


def _summary(
    found: Sequence[Order],
    wanted: Sequence[Order],
    bad: Sequence[str],
    taken: Mapping[str, LedgerEntry],
    outcomes: Mapping[str, Job],
    dry_run: bool,
) -> dict[str, Any]:
    chosen = {order.stack_id for order in wanted}
    uploaded, skipped = [], [order.name for order in found if order.stack_id not in chosen]
    failed = list(bad)
    for order in wanted:
        entry, job = taken[order.stack_id], outcomes.get(order.stack_id)
        held = proved_state(job) is BlockState.FETCHED
        if dry_run or _taken(entry):
            uploaded.append(order.name)
        elif entry.same_as or held:
            skipped.append(order.name)
        else:
            failed.append(order.name)
    return {
        "folders_scanned": len(
            {order.local_path.rpartition("/")[0] or order.folder for order in found}
        ),
        "files_uploaded": 0 if dry_run else len(uploaded),
        "files_skipped": len(skipped),
        "files_failed": len(failed),
        "uploaded": uploaded,
        "skipped": skipped,
        "failed": failed,
    }
