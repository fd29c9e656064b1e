"""What a person, or the rule, said about one stack, and what was measured in it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from crowdsky_tui.jobs.order import Order
from crowdsky_tui.photometry.measures import Quality


class Mark(StrEnum):
    """A person's word about a stack. KEPT may leave, HELD waits, REJECTED stays; all can change."""

    NONE = ""
    KEPT = "kept"
    HELD = "held"
    REJECTED = "rejected"


class Review(msgspec.Struct, frozen=True):
    """One row of the journal's reviews.

    `quality` was measured in the file with this `sha256` (hex); `marked_at` is aware UTC.
    """

    order: Order
    mark: Mark = Mark.NONE
    marked_at: datetime | None = None
    quality: Quality | None = None
    sha256: str = ""
