"""One scope: how it is, what can be told to it, and how the last thing told went."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.calls.telescope import ReadTelescope
from crowdsky_tui.tui.desk import ScopeAction
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part, fit_exactly
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface
    from crowdsky_tui.night.telescope_session import Reading

READ_EVERY = 10.0
LOOK_EVERY = 0.5
LABEL = 13
FRAME = 5
"""Lines that the status, its gaps and the box itself take."""
COLUMNS = (Column("", 16), Column("", 20, flex=1))
TWO_COLUMNS = 90
"""From this many columns on the read-outs stand side by side."""

PLOTS = ScopeAction("plots", "its night in plots", "plots")


class ScopeScreen(ListDialog[ScopeAction]):
    """Dismissed with the action that was chosen, None if it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", show=False),
        Binding("p", "plots", show=False),
    ]
    hints = "↑↓ choose · enter do it · p plots · esc leave"

    def __init__(self, night: "NightInterface", scope: str, actions: Sequence[ScopeAction]) -> None:
        super().__init__()
        self._night = night
        self._scope = scope
        self._actions = actions
        self._reading: Reading = (("", "asking it …"),)
        self._why_not = "this run is read-only" if night.settings.read_only else ""

    @property
    def title_text(self) -> str:  # type: ignore[override]
        view = self._night.store.scopes[self._scope]
        return " · ".join(part for part in (view.name, view.model, view.state.value) if part)

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.facts, self.status = Lines(id="facts"), Lines(id="status")
        self.table: Table[ScopeAction] = Table(COLUMNS, self._cells, lambda action: action.title)
        self.table.active = True
        self.table.show(self._actions)
        return [self.facts, self.table, self.status]

    def on_resize(self) -> None:
        self._show_facts(self._reading)

    def on_mount(self) -> None:
        self._show_facts(self._reading)
        self._look()
        self._begin_reading()
        self.set_interval(LOOK_EVERY, self._look)
        self.set_interval(READ_EVERY, self._begin_reading)

    def _cells(self, action: ScopeAction) -> Row:
        style = "dim" if self._why_not else ""
        return ((action.title, style), (self._why_not or action.help, "dim"))

    def _begin_reading(self) -> None:
        if self.is_current:
            read_anew(self, self._read, "default")

    async def _read(self) -> None:
        try:
            self._show_facts(await self._night.do(ReadTelescope(self._scope)))
        except CrowdSkyError as error:
            self._show_facts((("", str(error)),))

    def _show_facts(self, facts: "Reading") -> None:
        self._reading = facts
        width = min(self.app.size.width * 9 // 10, 96) - 4
        lines = self._fact_lines(facts, width)
        self.facts.show(lines)
        room = self.app.size.height - len(lines) - FRAME
        self.table.styles.height = max(min(len(self._actions), room), 4)

    def _fact_lines(self, facts: "Reading", width: int) -> list[list[Part]]:
        if not facts or not facts[0][0]:
            told = " ".join(value for _, value in facts)
            return [[(f" {line}", "")] for line in textwrap.wrap(told, width - 2)]
        cells = [_fact(label, value) for label, value in facts]
        if width < TWO_COLUMNS * 8 // 10:
            return cells
        half = -(-len(cells) // 2)
        pairs = [(cells[i], cells[i + half] if i + half < len(cells) else []) for i in range(half)]
        return [[*_wide(left, width * 12 // 25), *right] for left, right in pairs]

    def _look(self) -> None:
        """Show what the store says of the action under way."""
        view = self._night.store.scopes[self._scope]
        if view.doing:
            line: list[Part] = [(" ◐ ", "accent"), (view.doing, "")]
        else:
            line = [(f" {view.done}", "")]
        self.status.show([line])

    def action_choose(self) -> None:
        """Take the row of the cursor."""
        if self._why_not:
            self.notify(f"Nothing is told to {self._scope}: {self._why_not}", markup=False)
        elif self.table.selected is not None:
            self.dismiss(self.table.selected)

    def action_plots(self) -> None:
        """Open the plots of the telescope's night."""
        self.dismiss(PLOTS)

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_choose()


def _fact(label: str, value: str) -> list[Part]:
    return [(f" {fit_exactly(label, LABEL)}", "dim"), (value, "")]


def _wide(parts: list[Part], width: int) -> list[Part]:
    (label, style), (value, plain) = parts
    return [(label, style), (fit_exactly(value, width - LABEL - 1), plain)]
