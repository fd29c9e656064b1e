"""The inbox of alerts: what others ask to be observed, whether it is up tonight; take or leave."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.calls.alerts import AlertRow
from crowdsky_tui.tui.format.values import count
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (
    Column("alert", 16),
    Column("source", 7, drop=1),
    Column("what", 10, drop=2),
    Column("mag", 5),
    Column("tonight", 20, flex=1),
)
ORDERS = (
    Order("what is up first", lambda row: (not row.good, row.name)),
    Order("newest first", lambda row: row.seen, descending=True),
    Order("brightest first", lambda row: 99.0 if row.mag is None else row.mag),
)
KEPT_FREE = 4


class AlertCalls(msgspec.Struct, frozen=True):
    """What the screen asks: the alerts; to take or leave one by its uid; to look for new ones."""

    show: Callable[[], Awaitable[tuple[AlertRow, ...]]]
    take: Callable[[str], Awaitable[str]]
    ignore: Callable[[str], Awaitable[str]]
    look: Callable[[], Awaitable[str]]


class AlertList(ListDialog[bool]):
    """Dismissed with whether the list of targets has changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "decide('take')", show=False),
        Binding("i", "decide('ignore')", show=False),
        Binding("r", "look", show=False, id="refresh"),
    ]
    title_text = "Alerts"
    hints = "t take · i ignore · r ask · y copy · esc leave"
    orders = ORDERS

    def __init__(self, calls: AlertCalls) -> None:
        super().__init__()
        self._calls = calls
        self._rows: tuple[AlertRow, ...] = ()
        self._said, self._taken = "reading the alerts …", False

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[AlertRow] = Table(COLUMNS, alert_cells, lambda row: row.uid)
        self.table.active = True
        self._fit()
        return [self.table]

    def on_resize(self) -> None:
        self._fit()
        self.widen()

    def _fit(self) -> None:
        self.table.styles.height = max(self.app.size.height - KEPT_FREE, 3)

    def on_mount(self) -> None:
        self.show_rows()
        self.begin(self._read())

    def show_rows(self) -> None:
        """Paint the alerts in their order."""
        rows = self._rows if self.order is None else in_order(self._rows, self.order)
        self.table.show(rows, self._said or "No alert waits; r asks the sources of [alerts]")
        up = sum(row.good for row in rows)
        self.set_title(f"Alerts: {count(len(rows), 'alert')}, {up} up tonight")

    async def _read(self) -> None:
        try:
            self._rows, self._said = await self._calls.show(), ""
        except CrowdSkyError as error:
            self._said = str(error)
        self.show_rows()

    def action_look(self) -> None:
        """Ask the sources now."""
        self._said = "asking the sources …"
        self.begin(self._ask())

    async def _ask(self) -> None:
        try:
            self.notify(await self._calls.look(), markup=False)
        except CrowdSkyError as error:
            self.notify(str(error), severity="warning", markup=False)
        await self._read()

    def action_decide(self, what: str) -> None:
        """Take or leave the alert of the cursor."""
        if not self.table.chosen:
            self.notify("There is no alert here", markup=False)
            return
        self.begin(self._decide(what, self.table.chosen[0].uid))

    async def _decide(self, what: str, uid: str) -> None:
        decide = self._calls.take if what == "take" else self._calls.ignore
        try:
            self.notify(await decide(uid), markup=False)
            self._taken |= what == "take"
        except CrowdSkyError as error:
            self.notify(str(error), severity="warning", markup=False)
        await self._read()

    def leave(self) -> None:
        """Back to the plan, which is made anew where a target came."""
        self.dismiss(self._taken)

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: the alert's link, or its name."""
        return [("link" if row.link else "name", row.link or row.name) for row in self.table.chosen]


def alert_cells(row: AlertRow) -> Row:
    """The cells of an alert's row."""
    mag = "" if row.mag is None else f"{row.mag:.1f}"
    return (
        (row.name, "strong" if row.good else ""),
        (row.source, "dim"),
        (row.what, "dim"),
        (mag, ""),
        (row.tonight, "good" if row.good else "dim"),
    )
