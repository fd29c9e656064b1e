"""What the gallery tells of each stack."""

from datetime import datetime

import msgspec

from crowdsky_tui.blocks import BlockKey
from crowdsky_tui.review.grades import Grade
from crowdsky_tui.store.store import BlockState


class GalleryItem(msgspec.Struct, frozen=True):
    """One stack. `key` names it in requests, `name` is its file's or its chunk key; text is clean.

    `start` and `end` are aware, on the scope's clock. `block` is as `BlockView.key`, None for a
    stack that only the server has; `server_id` is its number there. `grade` is None while it is not
    measured.
    """

    key: str
    start: datetime
    end: datetime
    exposure: str
    filter: str
    state: BlockState
    reason: str = ""
    grade: Grade | None = None
    block: BlockKey | None = None
    server_id: int | None = None
    name: str = ""
