"""The jobs here about telescope.org: what is to be done, and what failed; cancel and clear them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.calls.remote_jobs import RemoteJobLine
from crowdsky_tui.store.store import JobState
from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.format.values import count
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (
    Column("what", 8),
    Column("about", 16, flex=1),
    Column("state", 11),
    Column("why", 12, flex=2),
)
WORDS = {
    "remote-request": "ask",
    "remote-watch": "wait",
    "remote-fetch": "fetch",
    "remote-check": "check",
}
GLYPHS = {
    JobState.QUEUED: ("·", "dim"), JobState.RUNNING: ("◐", "accent"),
    JobState.WAITING: ("·", "dim"), JobState.PROVED: ("●", "good"),
    JobState.FAILED: ("✗", "warn"), JobState.CANCELLED: ("–", "dim"),
}  # fmt: skip
KEPT_FREE = 4


class JobsWish(msgspec.Struct, frozen=True):
    """What the list was left for, about these jobs."""

    what: str
    jobs: tuple[RemoteJobLine, ...] = ()


class RemoteJobList(ListDialog[JobsWish]):
    """Dismissed with what is wanted of the marked jobs; None if it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "wish('cancel')", show=False),
        Binding("c", "wish('clear')", show=False),
        Binding("enter", "wish('open')", show=False),
        Binding("r", "look", show=False, id="refresh"),
        Binding("space", "mark", show=False, id="mark"),
        Binding("J,shift+down", f"range('{Move.DOWN}')", show=False, id="mark-down"),
        Binding("K,shift+up", f"range('{Move.UP}')", show=False, id="mark-up"),
        Binding("asterisk", "mark_all", show=False, id="mark-all"),
    ]
    title_text = "Jobs at telescope.org"
    hints = "x cancel · c clear failed · enter open · esc leave"

    def __init__(self, load: Callable[[], Awaitable[Sequence[RemoteJobLine]]]) -> None:
        super().__init__()
        self._load = load
        self._lines: Sequence[RemoteJobLine] | None = None
        self._said = "reading the journal …"

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[RemoteJobLine] = Table(COLUMNS, job_cells, lambda line: line.id)
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
        self.action_look()

    def action_look(self) -> None:
        """Read the journal again."""
        self.run_worker(self._look(), group="look", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        try:
            self._lines, self._said = await self._load(), ""
        except CrowdSkyError as error:
            self._lines, self._said = None, str(error)
        self.show_rows()

    def show_rows(self) -> None:
        """Paint the jobs, the newest first."""
        lines = self._lines or ()
        shown = sorted(lines, key=lambda line: -line.id)
        self.table.show(shown, self._said or "Nothing is to be done there, and nothing failed")
        if self._lines is not None:
            failed = sum(line.state is JobState.FAILED for line in lines)
            to_do = count(len(lines) - failed, "job")
            self.set_title(f"Jobs at telescope.org: {to_do} to do, {failed} failed")

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
        """Leave with a wish about those of the chosen jobs that it can be about."""
        chosen = tuple(
            line
            for line in self.table.chosen
            if what == "open" or (line.state is JobState.FAILED) == (what == "clear")
        )
        if not chosen:
            lack = {"cancel": "It is over already", "clear": "It has not failed"}
            self.notify(lack.get(what, "There is no job here"), markup=False)
            return
        self.dismiss(JobsWish(what, chosen))

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_wish("open")


def job_cells(line: RemoteJobLine) -> Row:
    """The cells of a job's row."""
    glyph, style = GLYPHS[line.state]
    return (
        (WORDS.get(line.kind, line.kind), ""),
        (line.label, ""),
        (f"{glyph} {line.state.value}", style),
        (line.reason, "dim"),
    )
