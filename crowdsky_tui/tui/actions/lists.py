"""What the actions on a list do: filter, order, marks, copy."""

from crowdsky_tui.tui.desk import Desk, Move
from crowdsky_tui.tui.terminal.clipboard import copied_words


def clear_reason(desk: Desk) -> str | None:
    """Why there is nothing to clear; None where there is."""
    if desk.lists.filter_text or desk.lists.has_marks:
        return None
    return "Nothing is marked or filtered here; q quits"


def clear(desk: Desk) -> None:
    """Marks go first, then the filter."""
    if desk.lists.has_marks:
        desk.lists.clear_marks()
    else:
        desk.lists.set_filter("")


def sort(desk: Desk) -> None:
    """Sort the current list by its next column."""
    desk.say(f"Sorted: {desk.lists.sort_next()}")


def draw_down(desk: Desk) -> None:
    """Mark from here down."""
    desk.lists.draw_range(Move.DOWN)


def draw_up(desk: Desk) -> None:
    """Mark from here up."""
    desk.lists.draw_range(Move.UP)


def copy_reason(desk: Desk) -> str | None:
    """Why nothing can be copied; None where something can."""
    return None if desk.lists.copied() else "There is nothing here to copy"


async def copy(desk: Desk) -> None:
    """Copy the chosen rows' names, one per line, and say what and by which way."""
    found = desk.lists.copied()
    if found:
        desk.say(await copied_words(desk.copy, found))
