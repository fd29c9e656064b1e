"""What the folders of one target on one telescope hold, as last read."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import Block, CrowdSkyName, TargetKey
from crowdsky_tui.instruments.seestar.files.records import LeftOut, why_unclear


class TargetFacts(msgspec.Struct, frozen=True):
    """One target's folders on one scope, as read at `read_at` (aware UTC).

    `raw_bytes` is the size of its sub-frames and their pictures; `doubts` as in `TargetBlocks`,
    `orphans` counts the results of batch stacking without a block's name. `barred` and `left_out`
    as in `Target` and `TargetBlocks`; `clock_doubt` says why nothing may be stacked on this scope,
    `problem` why the folders could not be read this time (blocks and stacks are then older).
    """

    scope: str
    serial: str
    telescope: str
    target: str
    folder: str
    sub_folder: str
    zone: tzinfo
    raw_files: int
    stacked_files: int
    blocks: tuple[Block, ...]
    stacks: tuple[CrowdSkyName, ...]
    read_at: datetime
    raw_bytes: int = 0
    doubts: Mapping[date, str] = {}
    orphans: int = 0
    barred: str = ""
    clock_doubt: str = ""
    problem: str = ""
    left_out: tuple[LeftOut, ...] = ()

    @property
    def key(self) -> TargetKey:
        """The target's key."""
        return TargetKey(self.scope, self.target)

    def unclear_starts(self) -> dict[datetime, str]:
        """The starts of blocks of which nobody can tell when they were, with the reasons."""
        reasons = {
            block.block_start: self.clock_doubt or why_unclear(block, self.doubts)
            for block in self.blocks
        }
        return {start: reason for start, reason in reasons.items() if reason}

    def undecided(self) -> list[str]:
        """What of the folders somebody has to look at, in plain lines."""
        lines = [str(left) for left in self.left_out if left.waits]
        if self.problem:
            lines.append(f"{clean(self.target)}: {self.problem}")
        return lines

    def lost(self) -> list[str]:
        """What of the folders nothing can be made of, in plain lines."""
        return [str(left) for left in self.left_out if not left.waits]

    @property
    def note(self) -> str:
        """What in the folders is left out, and why, in one line."""
        reasons = (self.problem, self.barred, *(str(left) for left in self.left_out))
        return clean("; ".join(filter(None, reasons)), 600)
