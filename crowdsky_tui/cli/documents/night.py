"""Documents of the verbs that stack, send and clean up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from crowdsky_tui.cli.verbs.clean import CleanLine
from crowdsky_tui.night.settle import UnsettledLine
from crowdsky_tui.sky.coordinates import SkyTarget


class Block(TypedDict):
    """A block and how far it is. Times have their offset."""

    block_start: datetime
    block_end: datetime
    exposure: str
    filter: str
    files: Sequence[str]
    frame_count: int
    scope: str
    target: str
    chunk: str
    effective_s: float
    state: str
    reason: str
    stack: str | None
    chunk_key: str | None


class StackedBlock(Block):
    """What became of a block; `status` is complete, dry_run, or how it failed."""

    status: str


class StackedTarget(TypedDict):
    """What became of a target's blocks; `left_out` are files and folders, with the reason."""

    target: str
    blocks_stacked: int
    blocks_failed: int
    blocks_skipped: int
    results: list[StackedBlock]
    left_out: NotRequired[list[str]]


class StackedAll(TypedDict):
    """The same for several targets."""

    targets_processed: int
    targets_with_work: int
    total_blocks_stacked: int
    total_blocks_failed: int
    total_blocks_skipped: int
    per_target: list[StackedTarget]
    left_out: NotRequired[list[str]]


class Uploaded(TypedDict):
    """Stacks by name: sent and confirmed, passed over, failed, held; `reasons` by name."""

    folders_scanned: int
    files_uploaded: int
    files_skipped: int
    files_failed: int
    uploaded: list[str]
    skipped: list[str]
    failed: list[str]
    held: list[str]
    reasons: dict[str, str]
    dry_run: bool
    left_out: NotRequired[list[str]]


class Named(TypedDict):
    """Which block or stack it is about."""

    scope: str
    target: str
    block_start: datetime
    exposure: str
    filter: str
    stack: str | None


class Waiting(Named):
    """A block or stack that waits for the user's word."""

    reason: str


class NotProved(Waiting):
    """A step that is not proved yet: it goes on at the next start."""

    step: str
    state: str


class Synced(TypedDict):
    """What `sync` did, and every block as it is afterwards."""

    targets_processed: int
    blocks_to_stack: int
    stacks_to_send: int
    confirmed_now: list[str]
    not_proved: list[NotProved]
    held: list[Waiting]
    undecided: list[Waiting]
    confirmed_total: int
    blocks: list[Block]
    dry_run: bool
    left_out: NotRequired[list[str]]


class Settled(TypedDict):
    """What was handed over and is neither listed nor refused; `decided` says what was done."""

    unsettled: list[UnsettledLine]
    decided: str


class Purged(TypedDict):
    """Files deleted on the telescopes; `refused` stay because the server does not list them."""

    folders_scanned: int
    files_deleted: int
    deleted: list[str]
    refused: list[str]


class Cleaned(TypedDict):
    """Stacks moved (`action` hold or unhold) or deleted (empty); `done` by name."""

    action: str
    dry_run: bool
    stacks: list[CleanLine]
    bytes: int
    done: list[str]


class RawBlock(TypedDict):
    """Sub-frames of a block; `overwrites` are ids of rows at the server."""

    scope: str
    target: str
    block_start: datetime
    exposure: str
    filter: str
    frame_count: int
    frames_sent: int | None
    status: str
    reason: str
    overwrites: list[int]


class RawSent(TypedDict):
    """What was sent for the server to stack."""

    blocks_confirmed: int
    blocks: list[RawBlock]
    dry_run: bool
    left_out: NotRequired[list[str]]


class ScopeResult(TypedDict):
    """What a telescope was told, and what is proved of it; `seconds` is how long that took."""

    scope: str
    action: str
    state: str
    text: str
    seconds: float
    warnings: NotRequired[list[str]]
    target: NotRequired[SkyTarget]


class Downloaded(TypedDict):
    """Files written; `choose` names the stacks that share a key."""

    downloaded: list[str]
    choose: NotRequired[dict[str, list[Any]]]


class FramesFetched(TypedDict):
    """Everybody's frames: files written, and why others were not."""

    downloaded: list[str]
    failed: dict[int, str]
