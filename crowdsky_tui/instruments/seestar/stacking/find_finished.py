"""Finding what an earlier run left: a finished stack, a job of ours, an orphaned result.

Nothing is stacked twice because a connection, or this program, died in the middle.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    FileDamaged,
    NotFoundOnScope,
    ScienceUnavailable,
    ScopeUnreachable,
)
from crowdsky_tui.blocks import Block, parse_crowdsky_name, parse_dso_name
from crowdsky_tui.blocks.subframe_times import SubframeTimes, subframe_times
from crowdsky_tui.instruments.seestar.files.files import MY_WORKS, RemoteFile, ScopeFiles
from crowdsky_tui.instruments.seestar.files.records import (
    HEADER_BYTES,
    Header,
    HeaderReader,
    StackResult,
    Target,
)

READ_ATTEMPTS = 4
OURS_UNSEEN = 0.75
"""A result that nobody noted as this block's is it only if it holds this part of its frames."""


class Output(msgspec.Struct, frozen=True):
    """A batch stack's `.fit` as the firmware left it: folder and name below MyWorks."""

    folder: str
    name: str

    @property
    def path(self) -> str:
        """Its path on the share."""
        return f"{MY_WORKS}/{self.folder}/{self.name}"


class Span(msgspec.Struct, frozen=True):
    """What a block's result may say: a DATE-OBS from `first` to `last`, and which object.

    `taken` is when the block's sub-frames were.
    """

    first: datetime
    last: datetime
    object_name: str = ""
    taken: SubframeTimes | None = None


class Known(msgspec.Struct, frozen=True):
    """What earlier runs noted of results: one that they were about to rename, and others' ones."""

    ours: str = ""
    not_ours: frozenset[str] = frozenset()


def known_from(noted: Mapping[str, object]) -> Known:
    """What the notes of an earlier run say of results."""
    old, others = noted.get("old"), noted.get("not_ours")
    return Known(
        old if isinstance(old, str) else "",
        frozenset(map(str, others)) if isinstance(others, list | tuple) else frozenset(),
    )


class ReadableFiles(Protocol):
    """The telescope's files and who reads their headers."""

    @property
    def files(self) -> ScopeFiles: ...
    @property
    def science(self) -> HeaderReader: ...


async def read_header(readable: ReadableFiles, path: str) -> Header:
    """A file's header, read again where it came short."""
    import stamina

    async for attempt in stamina.retry_context(
        on=(FileDamaged, ScopeUnreachable, ScienceUnavailable),
        attempts=READ_ATTEMPTS,
        wait_initial=0.1,
        wait_max=2.0,
    ):
        with attempt:
            head = await readable.files.read_range(path, 0, HEADER_BYTES)
            return await readable.science.header_facts(head)
    raise AssertionError("the retries above return or raise")


def finished_stack(files: list[RemoteFile], block: Block) -> StackResult | None:
    """The block's finished stack among the files of its main folder: of several the fullest."""
    found = []
    for file in files:
        name = parse_crowdsky_name(file.name)
        if name is None or file.size == 0:
            continue
        if (name.exposure, name.filter) != (block.exposure, block.filter):
            continue
        legacy = name.block_start == block.block_start.replace(tzinfo=None)
        if name.chunk == block.chunk or (name.legacy and legacy):
            found.append(StackResult("complete", file.name, name.frames, file.size, adopted=True))
    return max(found, key=lambda stack: stack.frames, default=None)


async def find_orphan(
    readable: ReadableFiles, target: Target, block: Block, files: list[RemoteFile], known: Known
) -> Output | None:
    """A `DSO_Stacked_*` of this block that was never renamed.

    One that an earlier run was about to rename is, however few sub-frames it has; any other only
    with at least `OURS_UNSEEN` of the block's; never one that was found to be somebody else's.
    """
    fewest = math.ceil(block.frame_count * OURS_UNSEEN)
    candidates = [
        name
        for file in files
        if (name := parse_dso_name(file.name))
        and name.exposure == block.exposure
        and (fewest <= name.frames <= block.frame_count or name.filename == known.ours)
        and name.filename not in known.not_ours
        and file.size > 0
    ]
    if not candidates:
        return None
    span = await read_span(readable, target, block)
    for name in sorted(candidates, key=lambda name: name.datetime, reverse=True):
        output = Output(target.folder, name.filename)
        if span and await _made_of(readable, output, block, span):
            return output
    return None


async def read_span(readable: ReadableFiles, target: Target, block: Block) -> Span | None:
    """What the block's first and last sub-frame tell of it; None if they cannot be read.

    A stack's DATE-OBS is that of one of its frames, so half an exposure is room enough on both
    sides, and a neighbouring block's stack never fits.
    """
    headers = []
    for name in (block.files[0], block.files[-1]):
        try:
            header = await read_header(readable, f"{MY_WORKS}/{target.sub_folder}/{name}")
        except (FileDamaged, NotFoundOnScope):
            return None
        headers.append(header)
    begun = [header.date_obs for header in headers if header.date_obs is not None]
    if len(begun) != len(headers):
        return None
    exposure_s = float(block.exposure[:-1])
    room = timedelta(seconds=exposure_s / 2)
    taken = subframe_times(block.files, begun[0], begun[1], exposure_s)
    return Span(begun[0] - room, begun[1] + room, headers[0].object_name, taken)


async def _made_of(readable: ReadableFiles, output: Output, block: Block, span: Span) -> bool:
    try:
        header = await read_header(readable, output.path)
    except CrowdSkyError:
        return False
    told = header.date_obs is not None and header.filter and header.exposure_s is not None
    return bool(told) and not why_not_of(block, span, header)


def why_not_of(block: Block, span: Span, header: Header) -> str:
    """What in a result's header shows that it is not of this block; empty if nothing does."""
    exposure = float(block.exposure[:-1])
    if header.date_obs is not None and not span.first <= header.date_obs <= span.last:
        return f"its header says {header.date_obs:%d %b %H:%M:%S} UTC"
    if header.filter and header.filter != block.filter:
        return f"its filter is {header.filter}"
    if header.exposure_s is not None and header.exposure_s != exposure:
        return f"its sub-frames are of {header.exposure_s:g} s"
    if header.stack_count is not None and header.stack_count > block.frame_count:
        return f"it is of {header.stack_count} sub-frames"
    if span.object_name and header.object_name and header.object_name != span.object_name:
        return f"its object is {header.object_name}"
    return ""
