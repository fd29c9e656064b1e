"""How many notices may stand over a screen: the newest few, in a quarter of its rows."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual.geometry import Size
from textual.notifications import Notification

MOST = 3
SHARE = 4
"""The part of the screen's rows that they may take together: one in so many."""
WIDTH = 0.8
"""The part of the screen's width that words surely fill: `Toast` in app.tcss takes 0.94, less its
edges and what stays free where a word did not fit any more."""


def too_many(notices: Iterable[Notification], size: Size) -> list[Notification]:
    """Those that are to go: all but the newest `MOST` that fit; the newest one always stays.

    Parameters
    ----------
    notices
        What is shown, the newest last.
    size
        Of the screen, in cells.
    """
    room = most_rows(size)
    gone = []
    for number, notice in enumerate(reversed(list(notices))):
        room -= min(rows_of(notice, size), most_rows(size))
        if number and (room < 0 or number >= MOST):
            gone.append(notice)
    return gone


def most_rows(size: Size) -> int:
    """The rows that all notices together may take."""
    return max(size.height // SHARE, 1)


def rows_of(notice: Notification, size: Size) -> int:
    """About how many rows a notice takes."""
    width = max(int(size.width * WIDTH), 1)
    return sum(max(-(-cell_len(line) // width), 1) for line in notice.message.split("\n"))


def shortened(message: str, size: Size) -> str:
    """A message of no more than `most_rows`, as far as the screen's size is known."""
    rows, width = most_rows(size), int(size.width * WIDTH)
    if width <= 0:
        return message
    lines = message.split("\n")[:rows]
    text = "\n".join(lines)
    room = max(rows - len(lines) + 1, 1) * width
    whole = text == message and cell_len(text) <= room
    return text if whole else f"{text[: room - 1].rstrip()}…"
