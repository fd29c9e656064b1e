"""Which of the telescopes that answer now shall be used: for the first start, and for later."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.connection.discovery import Found

COLUMNS = (Column("", 3), Column("model", 14), Column("serial", 10, flex=1), Column("address", 15),
           Column("how found", 14, drop=1), Column("clients", 7, right=True, drop=2))  # fmt: skip
NOBODY = "No telescope answers. Is it on, and in the same network? r searches again"
MOST_LINES = 10


class Picker(ListDialog["tuple[Found, ...]"]):
    """Dismissed with the chosen telescopes, None if it is left. `find` asks the network."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", show=False),
        Binding("enter", "choose", show=False),
        Binding("r", "search", show=False),
    ]
    title_text = "Telescopes"
    hints = "space mark · enter take · r again · esc leave"

    def __init__(self, find: "Callable[[], Awaitable[tuple[Found, ...]]]") -> None:
        super().__init__()
        self._find = find
        self._marked: set[str] = set()
        self._searching = False

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[Found] = Table(COLUMNS, self._cells, lambda found: found.serial)
        self.table.active = True
        self.table.styles.height = MOST_LINES
        self.about = Lines(classes="about")
        return [self.table, self.about]

    def on_mount(self) -> None:
        self.action_search()

    def action_search(self) -> None:
        """Ask the network again."""
        if not self._searching:
            self._searching = True
            self.table.show((), "searching …")
            self.run_worker(self._search(), exit_on_error=False)

    async def _search(self) -> None:
        try:
            found = await self._find()
        except CrowdSkyError as error:
            self.table.show((), str(error))
        else:
            self._marked |= {one.serial for one in found}
            self.table.show(found, NOBODY)
            kept = "The marked ones are kept in config.local.toml" if found else ""
            self.about.show([[(f" {kept}", "dim")]])
        self._searching = False

    def _cells(self, found: "Found") -> Row:
        mark = "[x]" if found.serial in self._marked else "[ ]"
        clients = "full" if found.locked else "" if found.clients is None else str(found.clients)
        return (
            (mark, "key"),
            (clean(found.model, 20), ""),
            (clean(found.serial, 20), ""),
            (found.host, ""),
            (found.how, "dim"),
            (clients, ""),
        )

    def action_mark(self) -> None:
        """Mark the row of the cursor, or unmark it."""
        if self.table.selected is not None:
            self._marked ^= {self.table.selected.serial}
            self.table.repaint()

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return [("address", found.host) for found in self.table.chosen]

    def action_choose(self) -> None:
        """Take the row of the cursor."""
        chosen = tuple(one for one in self.table.rows if one.serial in self._marked)
        if chosen:
            self.dismiss(chosen)

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_mark()
