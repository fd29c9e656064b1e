"""Everybody's frames around a target, as the archive answers."""

from datetime import UTC, datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.night.calls.downloads import ArchiveAnswer
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame
from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.format.values import count, minutes, number
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (
    Column("begun (UTC)", 16),
    Column("object", 8, flex=1),
    Column("filter", 6),
    Column("subs", 4, right=True, drop=3),
    Column("min", 5, right=True),
    Column("sqm", 4, right=True, drop=2),
    Column("stars", 5, right=True, drop=4),
    Column("id", 8, right=True, drop=1),
)


LONG_AGO, UNKNOWN = datetime.min.replace(tzinfo=UTC), -1
ORDERS = (
    Order("newest first", lambda frame: frame.date_obs_start or LONG_AGO, descending=True),
    Order("darkest sky first", lambda frame: frame.sqm or UNKNOWN, descending=True),
    Order("most stars first", lambda frame: frame.n_stars_detected or UNKNOWN, descending=True),
    Order("by filter", lambda frame: frame.filter_name),
)


class ArchiveFrames(ListDialog[tuple[ArchiveFrame, ...]]):
    """Dismissed with the frames to download, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D,d,enter", "download", show=False),
        Binding("space", "mark", show=False, id="mark"),
        Binding("J,shift+down", f"range('{Move.DOWN}')", show=False, id="mark-down"),
        Binding("K,shift+up", f"range('{Move.UP}')", show=False, id="mark-up"),
        Binding("asterisk", "mark_all", show=False, id="mark-all"),
    ]
    hints = "D download · space mark · / filter · esc close"
    orders = ORDERS

    def __init__(self, target: str, answer: ArchiveAnswer) -> None:
        super().__init__()
        around = f"{answer.ra_deg:.2f}° {answer.dec_deg:+.2f}°"
        self.title_text = (
            f"Archive · {count(len(answer.frames), 'frame')} around {target}, {around}"
        )
        self._frames = answer.frames

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[ArchiveFrame] = Table(COLUMNS, frame_cells, lambda frame: frame.id)
        self.table.active = True
        self._fit()
        return [self.table]

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        self.table.styles.height = min(max(len(self._frames), 4) + 1, self.app.size.height - 4)

    def on_mount(self) -> None:
        self.show_rows()

    def show_rows(self) -> None:
        """Paint the rows that the filter leaves, in their order."""
        frames = self._frames if self.order is None else in_order(self._frames, self.order)
        self.table.show(frames, "Nobody has sent a frame of this part of the sky yet")

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return [("frame's id", str(frame.id)) for frame in self.table.chosen]

    def action_mark(self) -> None:
        """Mark the row of the cursor, or unmark it."""
        self.table.toggle_mark()

    def action_range(self, step: str) -> None:
        """Mark a range of rows."""
        self.table.draw_range(Move(step))

    def action_mark_all(self) -> None:
        """Mark all rows that are shown, or unmark them."""
        self.table.toggle_all_marks()

    def action_download(self) -> None:
        """Download the marked frames, or the one of the cursor."""
        if self.table.chosen:
            self.dismiss(tuple(self.table.chosen))

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_download()


def frame_cells(frame: ArchiveFrame) -> Row:
    """The cells of a frame's row."""
    begun = frame.date_obs_start
    return (
        ("–" if begun is None else f"{begun:%Y-%m-%d %H:%M}", ""),
        (frame.object_name, ""),
        (frame.filter_name, ""),
        (number(frame.n_frames_aligned), ""),
        (minutes(frame.total_exptime), ""),
        (number(frame.sqm, 1), "dim"),
        (number(frame.n_stars_detected), "dim"),
        (str(frame.id), "dim"),
    )
