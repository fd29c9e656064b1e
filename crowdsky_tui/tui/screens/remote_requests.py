"""The requests at telescope.org by folder: how far each is; fetch its picture, ask for another."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.calls.remote import CANCEL_THERE, RemoteRequests
from crowdsky_tui.services.telescope_org.codes import Group
from crowdsky_tui.services.telescope_org.records import RequestRow
from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.format.values import count
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (
    Column("request", 9),
    Column("object", 12, flex=1),
    Column("asked (UTC)", 16, drop=1),
    Column("state", 16),
    Column("", 8),
)
GLYPHS = {
    Group.WAITS: ("·", "dim"), Group.AT_WORK: ("◐", "accent"), Group.DONE: ("●", "good"),
    Group.PARKED: ("‖", "warn"), Group.FAILED: ("✗", "warn"), Group.UNKNOWN: ("?", "warn"),
}  # fmt: skip
LONG_AGO = datetime.min.replace(tzinfo=UTC)
ORDERS = (
    Order("newest first", lambda row: row.id, descending=True),
    Order("by object", lambda row: row.object_name.casefold()),
    Order("by state", lambda row: row.status),
    Order("longest asked first", lambda row: row.requested or LONG_AGO),
)
KEPT_FREE = 4


class RemoteWish(msgspec.Struct, frozen=True):
    """What the screen was left for, about these requests of this folder."""

    what: str
    folder: int
    requests: tuple[RequestRow, ...] = ()


class RemoteList(ListDialog[RemoteWish]):
    """Dismissed with what is wanted of the marked requests; None if it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D,d", "wish('fetch')", show=False),
        Binding("enter", "wish('open')", show=False),
        Binding("a,at", "wish('ask')", show=False),
        Binding("tab", "wish('frames')", show=False, id="pane-next"),
        Binding("w", "wish('jobs')", show=False),
        Binding("f", "folder", show=False),
        Binding("x", "cancel", show=False),
        Binding("r", "look", show=False, id="refresh"),
        Binding("space", "mark", show=False, id="mark"),
        Binding("J,shift+down", f"range('{Move.DOWN}')", show=False, id="mark-down"),
        Binding("K,shift+up", f"range('{Move.UP}')", show=False, id="mark-up"),
        Binding("asterisk", "mark_all", show=False, id="mark-all"),
    ]
    title_text = "telescope.org"
    hints = "D fetch · a ask · w jobs · f folder · x cancel · tab frames · esc leave"
    orders = ORDERS

    def __init__(
        self,
        load: Callable[[int], Awaitable[RemoteRequests]],
        before: "RemoteList | None" = None,
    ) -> None:
        super().__init__()
        self._load = load
        self._before = before
        self._folder = 1 if before is None else before.folder
        self.order = self.order if before is None else before.order
        self._found: RemoteRequests | None = None
        self._said = "asking telescope.org …"

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[RequestRow] = Table(COLUMNS, request_cells, lambda row: row.id)
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
        """Ask the site again."""
        self.run_worker(self._look(), group="look", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        try:
            self._found, self._said = await self._load(self._folder), ""
        except CrowdSkyError as error:
            self._found, self._said = None, str(error)
        self.show_rows()

    @property
    def folder(self) -> int:
        """The folder that is shown."""
        return self._folder

    def show_rows(self) -> None:
        """Paint the requests in their order."""
        rows = self._found.requests if self._found else ()
        shown = rows if self.order is None else in_order(rows, self.order)
        self.table.show(shown, self._said or "No request in this folder; a asks for a picture")
        if self._found is None:
            self.set_title("telescope.org")
            return
        waiting = sum(row.pending for row in rows)
        told = f"{count(len(rows), 'request')}, {waiting} pending"
        self.set_title(f"telescope.org · {self._folder_name(self._folder)}: {told}")

    def _folder_name(self, folder: int) -> str:
        folders = self._found.folders if self._found else ()
        return next((each.name for each in folders if each.id == folder), f"folder {folder}")

    def action_folder(self) -> None:
        """Show the next folder."""
        if self._found is None or not self._found.folders:
            return
        ids = [each.id for each in self._found.folders]
        at = ids.index(self._folder) if self._folder in ids else -1
        self._folder = ids[(at + 1) % len(ids)]
        self._said = f"asking for {self._folder_name(self._folder)} …"
        self.table.show((), self._said)
        self.action_look()

    def action_cancel(self) -> None:
        """Say where a request can be cancelled."""
        self.notify(CANCEL_THERE, severity="warning", markup=False)

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: the requests' numbers."""
        return [("request", f"R{row.id}") for row in self.table.chosen]

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
        """Leave with a wish about the marked requests, or the one of the cursor."""
        chosen = tuple(self.table.chosen)
        if not chosen and what in ("fetch", "open"):
            self.notify("There is no request here", markup=False)
            return
        self.dismiss(RemoteWish(what, self._folder, chosen))

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_wish("open")


def request_cells(row: RequestRow) -> Row:
    """The cells of a request's row."""
    glyph, style = GLYPHS[row.group]
    return (
        (f"R{row.id}", ""),
        (row.object_name or row.object_id, ""),
        (f"{row.requested:%Y-%m-%d %H:%M}" if row.requested else "–", "dim"),
        (f"{glyph} {row.word}", style),
        (row.group.value, "dim"),
    )
