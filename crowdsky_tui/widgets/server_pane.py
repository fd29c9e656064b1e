"""Pane 4: the finished stacks as the CrowdSky server lists them: the proof."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

from crowdsky_tui.desk import Pane
from crowdsky_tui.intents import SIGN_IN
from crowdsky_tui.store import ServerState, ServerView, StackRow, Store, Topic
from crowdsky_tui.widgets.columns import Column
from crowdsky_tui.widgets.format import DASH, count, megabytes, minutes, moment, number, scope_zone
from crowdsky_tui.widgets.glyphs import SERVER
from crowdsky_tui.widgets.pane_box import Detail, PaneBox
from crowdsky_tui.widgets.rows import Row
from crowdsky_tui.widgets.table import Table

COLUMNS = (
    Column("chunk key", 20),
    Column("object", 8, flex=1),
    Column("filter", 6),
    Column("telescope", 11, drop=3),
    Column("subs", 4, right=True),
    Column("min", 5, right=True, drop=1),
    Column("MB", 5, right=True, drop=2),
    Column("seen", 6, right=True),
)


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
        return f"No account yet. {SIGN_IN}."
    if view.state is ServerState.REFUSED:
        return f"The server refused the login.{reason} {SIGN_IN}."
    if view.state is ServerState.DOWN:
        return f"The server is not reachable.{reason} It is asked again by itself; r asks now."
    if view.state is ServerState.UNKNOWN:
        return "No stacks yet: the server has not been asked"
    return "No stacks yet: the server's list is empty"


class ServerPane(PaneBox):
    pane = Pane.SERVER
    number = 4
    noun = "Server"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.SERVER})

    table: Table[StackRow]

    def __init__(self) -> None:
        super().__init__()
        self._zone: tzinfo | None = None
        self._now: datetime | None = None

    def make_table(self) -> Table[StackRow]:
        return Table(COLUMNS, self._cells, _row_key, words=_words)

    def _cells(self, row: StackRow) -> Row:
        seen = moment(row.created_at, self._now, self._zone) if self._now else DASH
        return (
            (row.chunk_key, "" if row.local else "dim"),
            (row.object_name, ""),
            (row.filter, ""),
            (row.telescope, ""),
            (number(row.n_frames), ""),
            (minutes(row.total_exptime), ""),
            (megabytes(row.file_size), "dim"),
            (seen, "dim"),
        )

    def update(self, store: Store, now: datetime) -> None:
        self._zone = scope_zone(store.scopes.values())
        self._now = now
        self.set_title(server_title(store.server))
        self.table.show(store.server.stacks, no_stacks(store.server))
        self.show_filter_state()

    def details(self) -> Sequence[Detail]:
        row = self.table.selected
        if row is None:
            return ()
        return (
            ("chunk key", row.chunk_key),
            ("object", row.object_name or DASH),
            ("filter", row.filter or DASH),
            ("telescope", row.telescope or DASH),
            ("sub-frames", number(row.n_frames)),
            ("exposure", f"{minutes(row.total_exptime)} min"),
            ("from", _utc(row.date_obs_start)),
            ("to", _utc(row.date_obs_end)),
            ("size", f"{megabytes(row.file_size)} MB"),
            ("seen", _utc(row.created_at)),
            ("from here", "yes, the journal knows it" if row.local else "not in this journal"),
        )


def _utc(value: datetime | None) -> str:
    return DASH if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"


def _row_key(row: StackRow) -> tuple[int | None, str, str, str]:
    return (row.id, row.chunk_key, row.filter, row.telescope)


def _words(row: StackRow) -> str:
    return f"{row.chunk_key} {row.object_name} {row.filter} {row.telescope}"
