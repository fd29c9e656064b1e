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
NOBODY = "No telescope answers. Is it on, in this network? r searches again, t takes its address"
ADDRESS = "Its address in your network, as the telescope's app or your router shows it."
SILENT = "Nobody answers at {host}: kept all the same if you leave the mark. Is it on?"
KEPT = "The marked ones are kept. r searches again"
MOST_LINES = 10


class Picker(ListDialog["tuple[Found, ...]"]):
    """Dismissed with the chosen telescopes, None if it is left.

    `find` asks the network, `find_at` one address.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", show=False),
        Binding("enter", "choose", show=False),
        Binding("r", "search", show=False),
        Binding("t", "type", show=False),
    ]
    title_text = "Telescopes"
    hints = "space mark · enter take · t address · esc leave"

    def __init__(
        self,
        find: "Callable[[], Awaitable[tuple[Found, ...]]]",
        find_at: "Callable[[str], Awaitable[Found]]",
    ) -> None:
        super().__init__()
        self._find = find
        self._find_at = find_at
        self._typed: dict[str, Found] = {}
        self._marked: set[str] = set()
        self._searching = False

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[Found] = Table(COLUMNS, self._cells, lambda found: found.key)
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
            self._marked |= {one.key for one in found}
            rows = {one.key: one for one in (*found, *self._typed.values())}
            self.table.show(tuple(rows.values()), NOBODY)
            kept = KEPT if found else ""
            self.about.show([[(f" {kept}", "dim")]])
        self._searching = False

    def action_type(self) -> None:
        """Ask for the address of one that the search does not find."""
        if not self._searching:
            self.run_worker(self._type(), exit_on_error=False)

    async def _type(self) -> None:
        from crowdsky_tui.tui.screens.form import Field, Form

        host, problem = "", ""
        while True:
            lines = [text for text in (problem, ADDRESS) if text]
            form = Form("A telescope's address", lines, (Field("address", host),), "ask it")
            typed = await self.app.push_screen_wait(form)
            if typed is None:
                return
            (host,) = typed
            self.about.show([[(f" asking {clean(host, 40)} …", "dim")]])
            try:
                one = await self._find_at(host)
            except CrowdSkyError as error:
                problem = f"{error}."
            else:
                break
        self._typed[one.key] = one
        self._marked.add(one.key)
        rows = {each.key: each for each in (*self.table.rows, one)}
        self.table.show(tuple(rows.values()), NOBODY)
        said = KEPT if one.serial else SILENT.format(host=clean(host, 40))
        self.about.show([[(f" {said}", "dim" if one.serial else "warn")]])

    def _cells(self, found: "Found") -> Row:
        mark = "[x]" if found.key in self._marked else "[ ]"
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
            self._marked ^= {self.table.selected.key}
            self.table.repaint()

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return [("address", found.host) for found in self.table.chosen]

    def action_choose(self) -> None:
        """Take the row of the cursor."""
        chosen = tuple(one for one in self.table.rows if one.key in self._marked)
        if chosen:
            self.dismiss(chosen)

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_mark()
