"""The documented rounds over a telescope: stack a target, stack all, purge."""

from typing import Protocol

from crowdsky_tui.base.errors import CrowdSkyError, ScopeBusy, StackFailed, UsageError
from crowdsky_tui.base.text import path_component
from crowdsky_tui.blocks import Block, check_block_minutes, main_folder
from crowdsky_tui.instruments.seestar.control.state import Observing
from crowdsky_tui.instruments.seestar.files.files import MY_WORKS
from crowdsky_tui.instruments.seestar.files.records import (
    BlockResult,
    PurgeSummary,
    StackAllSummary,
    StackSummary,
    Target,
    TargetBlocks,
)
from crowdsky_tui.instruments.seestar.files.targets import unstacked_blocks
from crowdsky_tui.instruments.seestar.stacking.stack_block import StackingScope, stack_block

PREFIX = "CrowdSky_"


class Telescope(StackingScope, Protocol):
    """The telescope, as far as these rounds need it (`SeestarService` is one)."""

    @property
    def name(self) -> str: ...
    async def list_folders(self) -> list[str]: ...
    async def list_targets(self) -> list[Target]: ...
    async def find_target(self, target: "str | Target") -> Target: ...
    async def list_blocks(
        self, target: "str | Target", block_minutes: int = ...
    ) -> TargetBlocks: ...
    async def observing(self) -> Observing: ...


async def stack_blocks(
    scope: Telescope,
    target: "str | Target",
    block_minutes: int,
    min_exptime: float,
    dry_run: bool,
) -> StackSummary:
    """See `SeestarService.stack_blocks`. ScopeBusy while the telescope observes, or may."""
    check_block_minutes(block_minutes, for_keys=True)
    found = await scope.find_target(target)
    known = await scope.list_blocks(found, block_minutes)
    blocks = unstacked_blocks(known, scope.clock.now())
    results = [_skipped(block, min_exptime, known.why_unclear(block)) for block in blocks]
    if not dry_run and None in results:
        await _check_idle(scope)
    for index, block in enumerate(blocks):
        if results[index] is None:
            stacked = (
                _result(block, "would stack") if dry_run else await _stack(scope, found, block)
            )
            results[index] = stacked
    done = [result for result in results if result is not None]
    words = [result.status for result in done]
    skipped = words.count("short") + words.count("unclear")
    stacked_count = words.count("complete")
    failed = 0 if dry_run else len(words) - skipped - stacked_count
    return StackSummary(found.target, stacked_count, failed, skipped, done)


async def stack_all(
    scope: Telescope, block_minutes: int, min_exptime: float, dry_run: bool
) -> StackAllSummary:
    """See `SeestarService.stack_all`."""
    check_block_minutes(block_minutes, for_keys=True)
    summaries = []
    for target in await scope.list_targets():
        try:
            summary = await stack_blocks(scope, target, block_minutes, min_exptime, dry_run)
        except CrowdSkyError as error:
            summary = StackSummary(target.target, error=str(error))
        summaries.append(summary)
    return StackAllSummary(
        targets_processed=len(summaries),
        targets_with_work=sum(
            len(summary.results) > summary.blocks_skipped for summary in summaries
        ),
        total_blocks_stacked=sum(summary.blocks_stacked for summary in summaries),
        total_blocks_failed=sum(summary.blocks_failed for summary in summaries),
        total_blocks_skipped=sum(summary.blocks_skipped for summary in summaries),
        per_target=summaries,
    )


async def purge_crowdsky_stacks(scope: Telescope, folder: str | None) -> PurgeSummary:
    """See `SeestarService.purge_crowdsky_stacks`."""
    if folder in (None, "all"):
        folders = [name for name in await scope.list_folders() if main_folder(name) is None]
    else:
        folders = [_folder_name(str(folder))]
    deleted, failed = [], []
    for name in folders:
        for file in await scope.list_folder(name):
            if not file.name.startswith(PREFIX):
                continue
            try:
                await scope.files.delete(f"{MY_WORKS}/{name}/{file.name}")
            except CrowdSkyError as error:
                failed.append(f"{name}/{file.name}: {error}")
            else:
                deleted.append(f"{name}/{file.name}")
    return PurgeSummary(len(folders), len(deleted), deleted, failed)


def _folder_name(folder: str) -> str:
    try:
        return path_component(folder)
    except ValueError as error:
        raise UsageError("this is not a folder on the telescope", str(error)) from error


def _skipped(block: Block, min_exptime: float, unclear: str) -> BlockResult | None:
    """Why a block is left out, None if it is to be stacked."""
    if unclear:
        return _result(block, "unclear", unclear)
    if block.effective_s < min_exptime:
        why = f"{block.effective_s:g} s of exposure, at least {min_exptime:g} s are needed"
        return _result(block, "short", why)
    return None


def _result(block: Block, status: str, reason: str = "", name: str = "") -> BlockResult:
    return BlockResult(
        block.block_start,
        block.block_end,
        block.exposure,
        block.filter,
        block.frame_count,
        status,
        name,
        reason,
    )


async def _check_idle(scope: Telescope) -> None:
    view = await scope.observing()
    if view.observing is not False:
        raise ScopeBusy(
            f"{scope.name} is not free to stack",
            view.text,
            "Stack when it has stopped observing",
        )


async def _stack(scope: Telescope, target: Target, block: Block) -> BlockResult:
    try:
        done = await stack_block(scope, target, block, note=_no_note, progress=_no_progress)
    except StackFailed as error:
        return _result(block, error.status, str(error))
    except CrowdSkyError as error:
        return _result(block, "error", str(error))
    return _result(block, done.status, name=done.name)


async def _no_note(step: str, facts: dict[str, object]) -> None:
    return None


def _no_progress(fraction: float, text: str) -> None:
    return None
