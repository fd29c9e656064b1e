"""What the automatic night is about to do, and the words for what it did."""

import msgspec

DONE_WORDS = {"stack": "stacked", "fetch": "fetched", "upload": "sent", "confirm": "confirmed"}
"""Kinds of job, and what is said of those that are proved."""


class AutomaticPlan(msgspec.Struct, frozen=True):
    """What switching it on would begin with.

    `ready` blocks are stacked, `decided` stacks are sent or tried again, `undecided` says for each
    target of each telescope how many stacks lie undecided in the review. All text is clean.
    """

    ready: int
    decided: int
    undecided: tuple[str, ...]
    undecided_count: int
