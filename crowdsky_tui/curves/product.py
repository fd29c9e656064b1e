"""What is done of a project, and what the next run does. Imports no SQLAlchemy."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.curves.remote_frames import RemotePlane
from crowdsky_tui.photometry.frame_messages import FrameMeasure

FRAME = "frame"


class State(StrEnum):
    """How far a product is."""

    PENDING = "pending"
    OK = "ok"
    EMPTY = "empty"
    STALE = "stale"
    FAILED = "failed"
    BLOCKED = "blocked"


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A frame's measurement.

    Attributes
    ----------
    key
        The frame's SHA-256.
    input_hash, pars_hash
        Of what it was made from, and how.
    why
        Why it failed or is blocked.
    retryable
        Another run may try it again by itself.
    measure
        The frame without its points.
    """

    key: str
    state: State
    input_hash: str
    pars_hash: str
    tried_at: datetime
    name: str = ""
    why: str = ""
    tries: int = 1
    retryable: bool = False
    measure: FrameMeasure | None = None


class Wanted(msgspec.Struct, frozen=True):
    """A frame that a run looks at: SHA-256, path, and the hash of all that goes in.

    `taken` is when its sub-frames were, as the journal knows it; `remote` the plane of a cube of
    telescope.org.
    """

    key: str
    path: str
    input_hash: str
    taken: SubframeTimes | None = None
    remote: RemotePlane | None = None


def state_of(known: Product | None, wanted: Wanted, pars_hash: str) -> State:
    """How far a frame is, seen from now."""
    if known is None:
        return State.PENDING
    if known.state in (State.BLOCKED, State.PENDING):
        return known.state
    if (known.input_hash, known.pars_hash) != (wanted.input_hash, pars_hash):
        return State.STALE
    return known.state


def is_due(known: Product | None, state: State, *, retry: bool) -> bool:
    """Whether a run does it: what never was, what is stale, and what failed if that may help."""
    if state is State.FAILED:
        return retry or (known is not None and known.retryable)
    return state in (State.PENDING, State.STALE, State.BLOCKED)


def states(
    known: Mapping[str, Product], wanted: tuple[Wanted, ...], pars_hash: str
) -> dict[str, State]:
    """Each frame's state, by its key, in the frames' order."""
    return {each.key: state_of(known.get(each.key), each, pars_hash) for each in wanted}
