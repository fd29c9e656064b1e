"""Why a block was not stacked, in words for its user."""

from crowdsky_tui.base.errors import ScopeBusy, StackDisturbed


def stacks_something_else(why: str) -> ScopeBusy:
    """What is raised while another app's stack runs, or waits, on the telescope."""
    return ScopeBusy(
        "the telescope is stacking something else", why, "It is tried again when that has ended"
    )


def disturbed(why: str) -> StackDisturbed:
    """What is raised where something else came out than what was asked for."""
    return StackDisturbed(
        "the telescope's result is not this block's",
        why,
        "Close the batch stacking of other apps; it is tried again",
        status="error",
    )
