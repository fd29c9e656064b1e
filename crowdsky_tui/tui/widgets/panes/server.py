"""Pane 4: the finished stacks as the CrowdSky server lists them: the proof."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from crowdsky_tui.store.store import ServerState, ServerView, StackRow, Store, Topic
from crowdsky_tui.tui.desk import SIGN_IN, Pane
from crowdsky_tui.tui.format import server_rows
from crowdsky_tui.tui.format.glyphs import SERVER
from crowdsky_tui.tui.format.values import count, scope_zone
from crowdsky_tui.tui.widgets.panes.pane import Detail, PaneBox
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.table import Table


def server_title(view: ServerView) -> str:
    """`alice · 412 stacks`, or what is wrong."""
    parts = [view.username] if view.username else []
    if view.state is ServerState.OK:
        parts.append(count(len(view.stacks), "stack"))
    else:
        parts.append(SERVER[view.state].word)
    if view.in_flight:
        parts.append(f"{view.in_flight} on the way")
    return " · ".join(parts)


def no_stacks(view: ServerView) -> str:
    """Why the list is empty."""
    reason = f" {view.reason}." if view.reason else ""
    if view.state is ServerState.NO_ACCOUNT:
        return f"No account yet; all but the server works without one. {SIGN_IN}."
    if view.state is ServerState.REFUSED:
        return f"The server refused the login.{reason} {SIGN_IN}."
    if view.state is ServerState.DOWN:
        return f"The server is not reachable.{reason} It is asked again by itself; r asks now."
    if view.state is ServerState.UNKNOWN:
        return "No stacks yet: the server has not been asked"
    return "No stacks yet: the server's list is empty"


class ServerPane(PaneBox):
    """The stacks that the server lists."""

    pane = Pane.SERVER
    number = 4
    noun = "Server"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.SERVER, Topic.TARGETS})
    orders = server_rows.ORDERS

    table: Table[StackRow]

    def __init__(self) -> None:
        self._shown: tuple[object, ...] = ()
        self._summary = ""
        self._zone: tzinfo | None = None
        self._now = datetime.min.replace(tzinfo=UTC)
        super().__init__()

    def make_table(self) -> Table[StackRow]:
        """The list with its columns."""
        return Table(server_rows.COLUMNS, self._cells, _row_key, words=server_rows.words)

    def _cells(self, row: StackRow) -> Row:
        return server_rows.cells(row, self._now, self._zone)

    def update(self, store: Store, now: datetime) -> None:
        view = store.server
        self._zone = scope_zone(store.scopes.values())
        self._now = now
        self.set_title(server_title(view))
        shown = (view.stacks, view.queued, self.order)
        if shown != self._shown or not view.stacks:
            self._shown = shown
            self.table.show(server_rows.arranged(view, self.order), no_stacks(view))
        else:
            self.table.repaint()
        self._summary = server_rows.compared(store.blocks.values(), view.queued, now)
        self.show_filter_state()

    def show_age(self, store: Store, now: datetime) -> None:
        """Once a minute, as long as something waits: how long it has waited."""
        if store.server.queued and now.replace(second=0) > self._now:
            self.update(store, now)

    def lower_edge(self) -> str:
        return " · ".join(part for part in (super().lower_edge(), self._summary) if part)

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return [("chunk key", row.chunk_key) for row in self.table.chosen]

    def details(self) -> Sequence[Detail]:
        """What `enter` shows of the row of the cursor."""
        row = self.table.selected
        return () if row is None else server_rows.facts_of(row, self._now)


def _row_key(row: StackRow) -> tuple[int | None, str, str, str]:
    return (row.id, row.chunk_key, row.filter, row.telescope)
