"""Finding what an earlier run left: a finished stack, a job of ours, an orphaned result.

Nothing is stacked twice because a connection, or this program, died in the middle.
"""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from crowdsky_tui.blocks import Block, DsoName, parse_crowdsky_name, parse_dso_name
from crowdsky_tui.device.files import MY_WORKS, RemoteFile, ScopeFiles
from crowdsky_tui.device.records import HEADER_BYTES, Header, HeaderReader, StackResult, Target
from crowdsky_tui.errors import (
    CrowdSkyError,
    FileDamaged,
    NotFoundOnScope,
    ScienceUnavailable,
    ScopeUnreachable,
)

READ_ATTEMPTS = 4


class Output(msgspec.Struct, frozen=True):
    """A batch stack's `.fit` as the firmware left it: folder and name below MyWorks."""

    folder: str
    name: str

    @property
    def path(self) -> str:
        return f"{MY_WORKS}/{self.folder}/{self.name}"


class Shelf(Protocol):
    """The telescope's files and who reads their headers."""

    @property
    def files(self) -> ScopeFiles: ...
    @property
    def science(self) -> HeaderReader: ...


async def read_header(shelf: Shelf, path: str) -> Header:
    """A file's header, read again where it came short."""
    import stamina

    async for attempt in stamina.retry_context(
        on=(FileDamaged, ScopeUnreachable, ScienceUnavailable),
        attempts=READ_ATTEMPTS,
        wait_initial=0.1,
        wait_max=2.0,
    ):
        with attempt:
            head = await shelf.files.read_range(path, 0, HEADER_BYTES)
            return await shelf.science.header_facts(head)
    raise AssertionError("the retries above return or raise")


def finished_stack(files: list[RemoteFile], block: Block) -> StackResult | None:
    """The block's finished stack among the files of its main folder."""
    for file in files:
        name = parse_crowdsky_name(file.name)
        if name is None or file.size == 0:
            continue
        if (name.exposure, name.filter) != (block.exposure, block.filter):
            continue
        legacy = name.block_start == block.block_start.replace(tzinfo=None)
        if name.chunk == block.chunk or (name.legacy and legacy):
            return StackResult("complete", file.name, name.frames, file.size, adopted=True)
    return None


async def find_orphan(
    shelf: Shelf, target: Target, block: Block, files: list[RemoteFile], fewest: int = 1
) -> Output | None:
    """A `DSO_Stacked_*` of at least `fewest` of this block's frames that was never renamed."""
    candidates = [
        name
        for file in files
        if (name := parse_dso_name(file.name))
        and name.exposure == block.exposure
        and fewest <= name.frames <= block.frame_count
        and file.size > 0
    ]
    if not candidates:
        return None
    span = await _span(shelf, target, block)
    for name in sorted(candidates, key=lambda name: name.datetime, reverse=True):
        output = Output(target.folder, name.filename)
        if span and await _made_of(shelf, output, name, block, span):
            return output
    return None


async def _span(shelf: Shelf, target: Target, block: Block) -> tuple[datetime, datetime] | None:
    """When the block's first and last exposure began, by their headers; None if unreadable.

    A stack's DATE-OBS is that of one of its frames, so half an exposure is room enough on both
    sides, and a neighbouring block's stack never fits.
    """
    begun = []
    for name in (block.files[0], block.files[-1]):
        try:
            header = await read_header(shelf, f"{MY_WORKS}/{target.sub_folder}/{name}")
        except (FileDamaged, NotFoundOnScope):
            return None
        if header.date_obs is None:
            return None
        begun.append(header.date_obs)
    room = timedelta(seconds=float(block.exposure[:-1]) / 2)
    return begun[0] - room, begun[1] + room


async def _made_of(
    shelf: Shelf, output: Output, name: DsoName, block: Block, span: tuple[datetime, datetime]
) -> bool:
    try:
        header = await read_header(shelf, output.path)
    except CrowdSkyError:
        return False
    return (
        header.date_obs is not None
        and span[0] <= header.date_obs <= span[1]
        and header.filter == block.filter
        and header.exposure_s == float(block.exposure[:-1])
        and (header.stack_count or name.frames) <= block.frame_count
    )
