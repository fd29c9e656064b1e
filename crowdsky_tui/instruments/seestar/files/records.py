"""What a telescope holds and what was done with it, as records with the documented field names."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Protocol

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import Block, CrowdSkyName, DsoName
from crowdsky_tui.blocks.subframe_times import SubframeTimes

HEADER_BYTES = 23_040
"""Eight FITS blocks: more than the longest header a Seestar writes.

Source: docs/design/seestar-protocol.md 5.3.
"""


class LeftOut(msgspec.Struct, frozen=True):
    """Sub-frames that are not worked on: `name` of the folder as it is, why, how many files.

    `count` is 0 where the folder could not be looked into. `waits`: somebody has to decide about
    them; nothing can be made of the others.
    """

    name: str
    reason: str
    count: int = 0
    waits: bool = True

    def __str__(self) -> str:
        return f"{clean(self.name)}: {self.reason}"


class Target(msgspec.Struct, frozen=True):
    """A target with sub-frames. `raw_files` and `stacked_files` count the `.fit` files.

    `folder` and `sub_folder` are names below MyWorks; `folder` may not exist yet. `only_in` is
    "share" or "albums" where only one of them shows `sub_folder`. `raw_bytes` is the size of all
    files beside the sub-frames, them included. `barred` says why nothing may be begun there: what
    is begun could not be brought to its end.
    """

    target: str
    raw_files: int
    stacked_files: int
    folder: str
    sub_folder: str
    only_in: str = ""
    raw_bytes: int = 0
    barred: str = ""


class TargetBlocks(msgspec.Struct, frozen=True):
    """Everything known of one target. `covered` holds (chunk, exposure, filter).

    `sizes` are bytes of the finished stacks, by file name; `zone` is the scope's. `doubts` are the
    nights, by local date, whose names and headers do not tell the same time, with the figures.
    `left_out` are files that are in no block and in no stack's place.
    """

    target: Target
    zone: tzinfo
    blocks: list[Block]
    covered: set[tuple[str, str, str]]
    stacked: list[CrowdSkyName]
    sizes: dict[str, int]
    orphans: list[DsoName]
    last_frame: datetime | None = None
    doubts: dict[date, str] = {}
    left_out: tuple[LeftOut, ...] = ()

    def is_covered(self, block: Block) -> bool:
        """Whether the telescope has a stack of this block, by its name."""
        return (block.chunk, block.exposure, block.filter) in self.covered

    def why_unclear(self, block: Block) -> str:
        """Why nobody can say when this block was, so that it must not be stacked; or nothing."""
        return why_unclear(block, self.doubts)


AMBIGUOUS = "this hour happens twice when summer time ends, and the headers did not tell which"


def why_unclear(block: Block, doubts: Mapping[date, str]) -> str:
    """Why a block must not be stacked yet; empty if it may. `doubts` as in `TargetBlocks`."""
    return AMBIGUOUS if block.ambiguous else doubts.get(block.block_start.date(), "")


class StackResult(msgspec.Struct, frozen=True):
    """A finished stack as it lies on the telescope: `size` in bytes, `frames` accepted.

    `adopted` says that it was found done, or running, and not stacked anew. `taken` is when its
    block's sub-frames were, where their headers tell.
    """

    status: str
    name: str
    frames: int
    size: int
    adopted: bool = False
    taken: SubframeTimes | None = None


class Header(Protocol):
    """The part of a FITS header's facts that is used here (`science.facts.HeaderFacts`)."""

    @property
    def pixel(self) -> int | None:
        """The HEALPix pixel of the position (RING, NSIDE 128); None without a position."""

    @property
    def date_obs(self) -> datetime | None:
        """When the first exposure began, in UTC; None where it is not said."""

    @property
    def filter(self) -> str:
        """The filter's name, as the header has it."""

    @property
    def exposure_s(self) -> float | None:
        """The length of one exposure, in seconds; None where it is not said."""

    @property
    def stack_count(self) -> int | None:
        """How many frames are stacked in it; None where it is not said."""

    @property
    def object_name(self) -> str:
        """The target's name, as the header has it."""


class HeaderReader(Protocol):
    """Whoever reads FITS headers; raises FileDamaged."""

    async def header_facts(self, head: bytes) -> Header:
        """What stands in the header at the beginning of `head`, a file's first bytes."""

    async def date_obs(self, head: bytes) -> datetime | None:
        """When the first exposure began, in UTC; None where it is not said."""
