"""Kinds of job that are about a block or its stack: what the engine need not know of them."""

from dataclasses import dataclass

from crowdsky_tui.jobs.engine.kind import Kind
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.kinds import known_kind
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.store.store import BlockState, JobState


@dataclass(frozen=True)
class StackKind(Kind[Order, Resources]):
    """A kind of job that is about a block or its stack.

    Parameters
    ----------
    block_state : BlockState or None
        How its block is shown while it is not over; None where it says nothing of its block.
    proves : BlockState or None
        How far the stack is proved to be at its end; None where it says nothing of that.
    takes_stack_away : bool
        Whether the stack is not in its folder any more at its end.
    """

    block_state: BlockState | None = None
    proves: BlockState | None = None
    takes_stack_away: bool = False


def stack_kind(name: str) -> StackKind | None:
    """The kind of that name if it is about a block or its stack."""
    kind = known_kind(name)
    return kind if isinstance(kind, StackKind) else None


def proved_state(job: AnyJob | None) -> BlockState | None:
    """How far a stack is by the end of this job; None if that proved nothing of it."""
    if job is None or job.state is not JobState.PROVED:
        return None
    kind = stack_kind(job.kind)
    return kind.proves if kind else None
