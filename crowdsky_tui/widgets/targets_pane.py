"""Pane 1: the targets of all scopes, and how far each one is."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from crowdsky_tui.desk import Pane
from crowdsky_tui.store import ScopeState, Store, TargetView, Topic
from crowdsky_tui.widgets.columns import Column
from crowdsky_tui.widgets.format import count
from crowdsky_tui.widgets.paint import Part
from crowdsky_tui.widgets.pane_box import Detail, PaneBox
from crowdsky_tui.widgets.rows import Row
from crowdsky_tui.widgets.table import Table

COLUMNS = (
    Column("target", 10, flex=1),
    Column("scope", 9, drop=2),
    Column("subs", 5, right=True, drop=1),
    Column("ready", 5, right=True),
    Column("stacked", 7, right=True),
    Column("proved", 6, right=True),
)
ONE_SCOPE = tuple(column for column in COLUMNS if column.title != "scope")


def amount(value: int, style: str = "") -> Part:
    """A count; nought stays in the background."""
    return (str(value), style if value else "dim")


def target_cells(view: TargetView) -> Row:
    done = view.confirmed >= view.stacked > 0
    return (
        (view.target, ""),
        (view.scope, "dim"),
        amount(view.raw_files),
        amount(view.ready, "accent"),
        amount(view.stacked),
        amount(view.confirmed, "good" if done else ""),
    )


def one_scope_cells(view: TargetView) -> Row:
    cells = target_cells(view)
    return (cells[0], *cells[2:])


BEING_READ = {
    ScopeState.CONNECTING,
    ScopeState.REACHABLE,
    ScopeState.READY,
    ScopeState.BUSY,
}


def no_targets(store: Store) -> str:
    """Why there is no target to show."""
    scopes = store.scopes.values()
    if not scopes:
        return "No targets yet: no scope has answered"
    if any(scope.state in BEING_READ for scope in scopes):
        return "No targets yet: the scope is still being read"
    scope = next(iter(scopes))
    why = f" ({scope.reason})" if scope.reason else ""
    return f"No targets. {scope.name}: {scope.state.value}{why}"


class TargetsPane(PaneBox):
    pane = Pane.TARGETS
    number = 1
    noun = "Targets"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.TARGETS, Topic.SCOPES})

    table: Table[TargetView]

    def make_table(self) -> Table[TargetView]:
        return Table(ONE_SCOPE, one_scope_cells, lambda view: (view.scope, view.target))

    def update(self, store: Store, now: datetime) -> None:
        several = len(store.scopes) > 1
        self.table.set_shape(
            COLUMNS if several else ONE_SCOPE, target_cells if several else one_scope_cells
        )
        ordered = sorted(store.targets.values(), key=lambda view: (view.target.lower(), view.scope))
        self.table.show(ordered, no_targets(store))
        self.show_filter_state()

    def details(self) -> Sequence[Detail]:
        view = self.table.selected
        if view is None:
            return ()
        return (
            ("target", view.target),
            ("scope", view.scope),
            ("sub-frames", str(view.raw_files)),
            ("stacks on the scope", str(view.stacked_files)),
            ("blocks", f"{view.ready} ready, {view.busy} under way, {view.failed} failed"),
            ("proof", f"{count(view.stacked, 'stack')}, {view.confirmed} confirmed by the server"),
        )
