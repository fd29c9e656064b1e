"""What the actions on a list do: filter, order, marks, copy."""

from collections.abc import Sequence

from crowdsky_tui.desk import Desk, Move
from crowdsky_tui.text import clean

LONGEST_COPY = 2000
SHOWN = 40


def clear_reason(desk: Desk) -> str | None:
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
    desk.say(f"Sorted: {desk.lists.sort_next()}")


def draw_down(desk: Desk) -> None:
    desk.lists.draw_range(Move.DOWN)


def draw_up(desk: Desk) -> None:
    desk.lists.draw_range(Move.UP)


def copy_reason(desk: Desk) -> str | None:
    return None if desk.lists.copied() else "There is nothing here to copy"


async def copy(desk: Desk) -> None:
    """Copy the chosen rows' names, one per line, and say what and by which way."""
    found = desk.lists.copied()
    if found:
        desk.say(await copied_words(desk, found))


async def copied_words(desk: Desk, found: Sequence[tuple[str, str]]) -> str:
    """Copy; `Copied the chunk key 20250115.78_HP049152 (through the terminal)`."""
    texts = [clean(text, LONGEST_COPY) for _, text in found]
    way = await desk.copy("\n".join(texts))
    noun = found[0][0]
    shown = f"{noun} {clean(texts[0], SHOWN)}" if len(texts) == 1 else f"{len(texts)} {noun}s"
    return f"Copied the {shown} ({way})"
