"""What the gallery tells of each stack."""

from datetime import UTC, datetime

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.review.grades import Grade
from crowdsky_tui.store.store import BlockState, BlockView, StackRow

NO_TIME = datetime.fromtimestamp(0, UTC)
LONGEST_REASON = 200


class GalleryItem(msgspec.Struct, frozen=True):
    """One stack: the record of its block, or the server's row where no telescope here has it.

    `key` names it in requests. `grade` is None while it is not measured. `server_id` is its number
    on the server, None before it is listed. `row`, given where `block` is None, has its times in
    the telescope's zone.
    """

    key: str
    block: BlockView | None = None
    row: StackRow | None = None
    grade: Grade | None = None
    server_id: int | None = None

    @property
    def start(self) -> datetime:
        """When its first sub-frame may have begun: aware, on the scope's clock."""
        if self.block is not None:
            return self.block.block_start
        return (self.row and (self.row.date_obs_start or self.row.created_at)) or NO_TIME

    @property
    def end(self) -> datetime:
        """When its block ended: aware, on the scope's clock."""
        if self.block is not None:
            return self.block.block_end
        return (self.row and self.row.date_obs_end) or self.start

    @property
    def exposure(self) -> str:
        """Of one sub-frame, such as `20.0s`; empty where only the server has the stack."""
        return "" if self.block is None else clean(self.block.key.exposure)

    @property
    def filter(self) -> str:
        """The filter's name, clean."""
        if self.block is not None:
            return clean(self.block.key.filter)
        return self.row.filter if self.row else ""

    @property
    def state(self) -> BlockState:
        """How far it is; what the server lists is proved."""
        return BlockState.CONFIRMED if self.block is None else self.block.state

    @property
    def reason(self) -> str:
        """Why it is no further, in at most 200 characters."""
        if self.block is None:
            return "on the server, not on this scope"
        return clean(self.block.reason, LONGEST_REASON)

    @property
    def name(self) -> str:
        """Its file's name, or its chunk key where only the server has it."""
        if self.block is not None:
            return self.block.stack_name or ""
        return self.row.chunk_key if self.row else ""
