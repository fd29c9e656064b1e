"""The archive: every frame with its source, where it is and how far; what may be done with it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.archive_list import FrameList, where
from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.format.values import count, number
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (
    Column("target", 12, flex=1),
    Column("UTC", 16, drop=1),
    Column("instrument", 12, drop=3),
    Column("filter", 6),
    Column("s", 6, right=True, drop=2),
    Column("source", 13),
    Column("where", 20),
    Column("state", 14, drop=4),
)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
ORDERS = (
    Order("newest first", lambda frame: frame.at or LONG_AGO, descending=True),
    Order("by target", lambda frame: frame.target.casefold()),
    Order("by filter", lambda frame: frame.filter),
    Order("by source", lambda frame: frame.source.value),
    Order("largest file first", lambda frame: frame.size or 0, descending=True),
)
NOTHING = "No frame yet: stack, fetch, or 'crowdsky-tui archive index FOLDER'"
KEPT_FREE = 4


class ArchiveWish(msgspec.Struct, frozen=True):
    """What the screen was left for, about these frames."""

    what: str
    frames: tuple[Frame, ...] = ()


class ArchiveList(ListDialog[ArchiveWish]):
    """Dismissed with what is wanted of the marked frames, or of the cursor's; None if left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D,d", "wish('fetch')", show=False),
        Binding("enter", "wish('open')", show=False),
        Binding("x", "wish('remove')", show=False),
        Binding("tab", "wish('remote')", show=False, id="pane-next"),
        Binding("a,at", "wish('ask')", show=False),
        Binding("e", "wish('everybody')", show=False),
        Binding("s", "source", show=False),
        Binding("r", "look", show=False, id="refresh"),
        Binding("space", "mark", show=False, id="mark"),
        Binding("J,shift+down", f"range('{Move.DOWN}')", show=False, id="mark-down"),
        Binding("K,shift+up", f"range('{Move.UP}')", show=False, id="mark-up"),
        Binding("asterisk", "mark_all", show=False, id="mark-all"),
    ]
    title_text = "Archive"
    hints = "D fetch · x delete · s from · e find · tab remote · a ask · esc leave"
    orders = ORDERS

    def __init__(
        self, load: Callable[[], Awaitable[FrameList]], before: "ArchiveList | None" = None
    ) -> None:
        super().__init__()
        self._load = load
        self._before = before
        self._source = "" if before is None else before.source
        self.order = self.order if before is None else before.order
        self._frames: tuple[Frame, ...] | None = None
        self._said = "reading the archive …"

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[Frame] = Table(COLUMNS, frame_cells, _key_of)
        self.table.active = True
        if self._before is not None:
            self.table.wish(self._before.table.selected_key)
        self._before = None
        self._fit()
        return [self.table]

    def on_resize(self) -> None:
        self._fit()
        self.widen()

    def _fit(self) -> None:
        self.table.styles.height = max(self.app.size.height - KEPT_FREE, 3)

    def on_mount(self) -> None:
        self.show_rows()
        self.action_look()

    def action_look(self) -> None:
        """Read the archive again."""
        self.run_worker(self._look(), group="look", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        try:
            found = await self._load()
        except CrowdSkyError as error:
            self._said = str(error)
        else:
            self._frames, self._said = found.frames, " ".join(found.remarks)
        self.show_rows()

    @property
    def source(self) -> str:
        """The source that is shown alone; empty for all."""
        return self._source

    def show_rows(self) -> None:
        """Paint the frames of the chosen source, in their order."""
        frames = [each for each in self._frames or () if self._source in ("", each.source.value)]
        shown = frames if self.order is None else in_order(frames, self.order)
        self.table.show(shown, self._said or NOTHING)
        told = count(len(frames), "frame")
        about = f" of {self._source}" if self._source else ""
        note = f" · {self._said}" if self._said and self._frames is not None else ""
        self.set_title(f"Archive · {told}{about}{note}" if self._frames is not None else "Archive")

    def action_source(self) -> None:
        """Show the frames of the next source alone; after the last, all."""
        sources = ["", *(each.value for each in Source)]
        self._source = sources[(sources.index(self._source) + 1) % len(sources)]
        self.show_rows()
        self.notify(f"Shown: {self._source or 'all sources'}", markup=False)

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: a file's path, or what names the frame."""
        return [("frame", each.path or each.key) for each in self.table.chosen]

    def action_mark(self) -> None:
        """Mark the row of the cursor, or unmark it."""
        self.table.toggle_mark()

    def action_range(self, step: str) -> None:
        """Mark a range of rows."""
        self.table.draw_range(Move(step))

    def action_mark_all(self) -> None:
        """Mark all rows that are shown, or unmark them."""
        self.table.toggle_all_marks()

    def action_wish(self, what: str) -> None:
        """Leave with a wish about the marked frames, or the one of the cursor."""
        chosen = tuple(self.table.chosen)
        if not chosen and what in ("fetch", "open", "remove"):
            self.notify("There is no frame here", markup=False)
            return
        self.dismiss(ArchiveWish(what, chosen))

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_wish("open")


def _key_of(frame: Frame) -> tuple[str, str]:
    return frame.source.value, frame.key


def frame_cells(frame: Frame) -> Row:
    """The cells of a frame's row."""
    return (
        (frame.target or "–", ""),
        (f"{frame.at:%Y-%m-%d %H:%M}" if frame.at else "–", ""),
        (frame.instrument, "dim"),
        (frame.filter, ""),
        (number(frame.exposure_s), ""),
        (frame.source.value, "accent"),
        (where(frame) or "nowhere known", "good" if frame.here else ""),
        (frame.state, "dim"),
    )
