"""What lies on the telescopes, stacked or deleted there as journalled jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

from crowdsky_tui.api.blocks import block_fields
from crowdsky_tui.api.nights import PATIENCE_S, keys_of, look, night_for
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import path_component
from crowdsky_tui.blocks import check_block_minutes, main_folder, parse_crowdsky_name
from crowdsky_tui.instruments.seestar.files.targets import unstacked_blocks
from crowdsky_tui.jobs.kinds.purge import deleted_files
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.wait_for_jobs import wait_for_jobs
from crowdsky_tui.progress.situation import Situation, orders_of
from crowdsky_tui.progress.target_folders import TargetFacts
from crowdsky_tui.store.store import JobState


async def list_targets() -> list[dict[str, Any]]:
    """The targets that have sub-frames, on all telescopes of the settings together.

    Returns
    -------
    list of dict
        target, raw_files (in the `_sub` folder) and stacked_files (in the main folder).

    Raises
    ------
    DeviceError
        If no telescope could be read.
    """
    async with night_for(owner=False) as night:
        await look(night)
        found: dict[str, dict[str, Any]] = {}
        for watch in night.watches.values():
            for facts in watch.targets.values():
                empty = {"target": facts.target, "raw_files": 0, "stacked_files": 0}
                row = found.setdefault(facts.target, empty)
                row["raw_files"] += facts.raw_files
                row["stacked_files"] += facts.stacked_files
        return [found[target] for target in sorted(found)]


async def find_unstacked_blocks(target: str, block_minutes: int = 15) -> list[dict[str, Any]]:
    """The blocks of a target that are over and that no `CrowdSky_*` file on the telescope covers.

    Parameters
    ----------
    target : str
        As in folder names, for example `"M 81"`.
    block_minutes : int
        15, 30 or 60: a chunk key names a quarter of an hour.

    Returns
    -------
    list of dict
        Sorted by time: block_start and block_end (aware, on the telescope's clock), exposure
        (`"20.0s"`), filter, files (sorted names), frame_count.

    Raises
    ------
    NotFoundOnScope
        If no telescope has the target.
    UsageError
        If blocks of this length are not possible.
    """
    check_block_minutes(block_minutes, for_keys=True)
    async with night_for(owner=False, block_minutes=block_minutes) as night:
        await look(night)
        blocks = []
        for scope, name in keys_of(night, [target]):
            known = await night.watches[scope].service.list_blocks(name, block_minutes)
            blocks += unstacked_blocks(known, night.clock.now())
        blocks.sort(key=lambda block: (block.block_start, block.exposure, block.filter))
        return [block_fields(block) for block in blocks]


async def stack_blocks(
    target: str, block_minutes: int = 15, min_exptime: float = 240, dry_run: bool = False
) -> dict[str, Any]:
    """Stack a target's unstacked blocks on the telescope, one by one, as journalled jobs.

    While the telescope observes the jobs wait; after half an hour without progress the call ends
    and they stay in the journal.

    Parameters
    ----------
    target : str
        As in folder names.
    block_minutes : int
        15, 30 or 60.
    min_exptime : float
        Seconds of exposure (sub-frames times seconds of each) that a block needs.
    dry_run : bool
        Tell what would be stacked, and change nothing.

    Returns
    -------
    dict
        target, blocks_stacked, blocks_failed, blocks_skipped and results: a dict a block with
        block_start, block_end, exposure, filter, frame_count, status (`complete`; `dry_run`; the
        job's state; the block's state where it was skipped), name of the stack, and reason.

    Raises
    ------
    NotFoundOnScope, UsageError
        As `find_unstacked_blocks`. ReadOnlyMode and ClockWrong where nothing may be stacked,
        JournalLocked while another process works.
    """
    (summary,) = await _stack([target], block_minutes, min_exptime, dry_run)
    return summary


async def stack_all(
    block_minutes: int = 15, min_exptime: float = 240, dry_run: bool = False
) -> dict[str, Any]:
    """`stack_blocks` for every target; what fails for one does not stop the others.

    Returns
    -------
    dict
        targets_processed, targets_with_work, total_blocks_stacked, total_blocks_failed,
        total_blocks_skipped and per_target, a list of what `stack_blocks` returns.
    """
    every = await _stack([], block_minutes, min_exptime, dry_run)
    left_out = [one["blocks_skipped"] for one in every]
    return {
        "targets_processed": len(every),
        "targets_with_work": sum(
            len(one["results"]) > skipped for one, skipped in zip(every, left_out, strict=True)
        ),
        "total_blocks_stacked": sum(one["blocks_stacked"] for one in every),
        "total_blocks_failed": sum(one["blocks_failed"] for one in every),
        "total_blocks_skipped": sum(left_out),
        "per_target": every,
    }


async def purge_crowdsky_stacks(folder: str | None = None) -> dict[str, Any]:
    """Delete the finished `CrowdSky_*` stacks and their pictures from the telescopes.

    Also those that the server does not list: the call is the user's word. Sub-frames stay.

    Parameters
    ----------
    folder : str or None
        One main folder (`"M 81"`); `"all"` or None for every one.

    Returns
    -------
    dict
        folders_scanned, files_deleted and deleted, as `folder/name`.

    Raises
    ------
    NotFoundOnScope
        If no telescope has the folder.
    ReadOnlyMode
        If nothing may be changed.
    """
    wanted = None if folder in (None, "all") else _folder_name(str(folder))
    async with night_for(owner=True) as night:
        await look(night)
        orders, scanned = [], 0
        for scope, watch in night.watches.items():
            names = await watch.service.list_folders() if wanted is None else [wanted]
            for name in names:
                if main_folder(name) is None:
                    orders += await _stacks_in(night, scope, name)
                    scanned += 1
        await night.start()
        asked = await night.purge(orders)
        outcomes = await wait_for_jobs(night, asked.orders, PATIENCE_S)
    deleted = sorted("/".join(file) for file in deleted_files(outcomes))
    return {"folders_scanned": scanned, "files_deleted": len(deleted), "deleted": deleted}


def _folder_name(folder: str) -> str:
    try:
        return path_component(folder)
    except ValueError as error:
        raise UsageError("this is not a folder on the telescope", str(error)) from error


async def _stacks_in(night: Night, scope: str, folder: str) -> list[Order]:
    """The stacks in one main folder, whether or not it has sub-frames beside it."""
    service = night.watches[scope].service
    files = await service.list_folder(folder)
    names = [name for file in files if (name := parse_crowdsky_name(file.name))]
    facts = TargetFacts(
        scope=scope,
        serial=service.serial,
        telescope=service.telescope,
        target=folder,
        folder=folder,
        sub_folder="",
        zone=await service.scope_zone(),
        raw_files=0,
        stacked_files=len(names),
        blocks=(),
        stacks=tuple(names),
        read_at=night.clock.now(),
    )
    return orders_of(facts)


async def _stack(
    names: Sequence[str], block_minutes: int, min_exptime: float, dry_run: bool
) -> list[dict[str, Any]]:
    """Stack what is eligible of these targets (of all if there are none): one summary each."""
    check_block_minutes(block_minutes, for_keys=True)
    async with night_for(
        owner=not dry_run, block_minutes=block_minutes, min_exptime=min_exptime
    ) as night:
        await look(night)
        if night.settings.server.username:  # what it lists need not be stacked
            await night.list_quietly()
        keys = keys_of(night, names)
        before, outcomes = night.situations(keys), {}
        if not dry_run:
            await night.start()
            asked = await night.do(Stack(tuple(keys)))
            outcomes = await wait_for_jobs(night, asked.orders, PATIENCE_S)
    return [
        _summary(target, [item for item in before if item.order.target == target], outcomes)
        for target in dict.fromkeys(target for _, target in keys)
    ]


def _summary(
    target: str, before: Sequence[Situation], outcomes: Mapping[str, Job]
) -> dict[str, Any]:
    results, done, failed, skipped = [], 0, 0, 0
    for item in before:
        order, job = item.order, outcomes.get(item.order.block_id)
        if not item.unstacked:
            continue
        status, name, reason = str(item.block.state), "", item.block.reason
        if job is not None:
            proved = job.state is JobState.PROVED
            status = "complete" if proved else str(job.state)
            name, reason = job.payload.name, job.reason
            done, failed = done + proved, failed + (not proved)
        elif item.to_stack:
            status, reason = "dry_run", "would be stacked"
        else:
            skipped += 1
        results.append(
            {
                "block_start": order.start,
                "block_end": order.end,
                "exposure": order.exposure,
                "filter": order.filter,
                "frame_count": item.block.frame_count,
                "status": status,
                "name": name,
                "reason": reason,
            }
        )
    return {
        "target": target,
        "blocks_stacked": done,
        "blocks_failed": failed,
        "blocks_skipped": skipped,
        "results": results,
    }
