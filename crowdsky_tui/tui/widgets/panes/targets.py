"""Pane 1: the targets of all scopes, and how far each one is."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

from crowdsky_tui.sky.night_altitudes import NightAltitudes
from crowdsky_tui.store.store import ScopeState, Store, TargetView, Topic
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.format.altitude import altitude_bars, altitude_words
from crowdsky_tui.tui.format.values import count, scope_zone, share_targets
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.panes.pane import Detail, PaneBox
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

ORDERS = (
    Order("by name", lambda view: (view.target.casefold(), view.key.scope)),
    Order("most ready first", lambda view: view.ready, descending=True),
    Order("most unproved first", lambda view: view.stacked - view.confirmed, descending=True),
    Order("by scope", lambda view: view.key.scope.casefold()),
)
COLUMNS = (
    Column("target", 10, flex=1),
    Column("scope", 9, drop=2),
    Column("subs", 5, right=True, drop=3),
    Column("ready", 5, right=True),
    Column("stacked", 7, right=True),
    Column("proved", 6, right=True),
)
ONE_SCOPE = tuple(column for column in COLUMNS if column.title != "scope")
SHORT_COVERAGE = Column("observed", 11, drop=4)
TONIGHT = Column("tonight", 8, drop=1)
"""Its altitude from dusk to dawn."""
COVERAGE = Column("coverage", 34)
TWO_BY_TWO = 100
WIDE = 96
"""Cells of the list from which on the coverage is written out."""


def amount(value: int, style: str = "") -> Part:
    """A count; nought stays in the background."""
    return (str(value), style if value else "dim")


def proved_text(confirmed: int, *, listed: bool) -> str:
    """How many are confirmed; `?` where the server's list could not be had to tell."""
    return str(confirmed) if listed else f"{confirmed or ''}?"


def target_cells(view: TargetView, *, listed: bool = True) -> Row:
    """The cells of a target's row; `listed` where the server's list is known."""
    done = view.confirmed >= view.stacked > 0
    proved = amount(view.confirmed, "good" if done else "")
    return (
        (view.target, "warn" if view.note else ""),
        (view.key.scope, "dim"),
        amount(view.raw_files),
        amount(view.ready, "accent"),
        amount(view.stacked),
        proved if listed else (proved_text(view.confirmed, listed=listed), "dim"),
    )


def short_coverage(view: TargetView) -> str:
    """`41 days ago`: when anybody last observed the target's tile."""
    if not view.coverage:
        return ""
    days = view.coverage_days
    if days is None:
        return "never yet"
    return f"{count(days, 'day')} ago" if days else "today"


SHARED = tuple(
    Column(column.title, column.width, flex=column.flex, right=column.right, drop=drop)
    for column, drop in zip(COLUMNS, (0, 0, 3, 0, 2, 0), strict=True)
)
"""Where several scopes have one target: its scope stays, whatever else goes."""


def shape(
    *,
    several: bool,
    covered: bool,
    wide: bool,
    listed: bool = True,
    shared: bool = False,
    tonight: Callable[[TargetView], str] | None = None,
) -> tuple[tuple[Column, ...], Callable[[TargetView], Row]]:
    """The columns and how a row fills them: with several scopes, with coverage, in a wide list.

    `listed` as in `proved_text`; `shared`: two rows would look alike without their scopes;
    `tonight` gives a target's altitudes as bars.
    """
    columns = SHARED if shared else COLUMNS if several else ONE_SCOPE

    def cells(view: TargetView) -> Row:
        row = target_cells(view, listed=listed)
        return row if several else (row[0], *row[2:])

    ends: list[Column] = []
    fill: list[Callable[[TargetView], str]] = []
    if tonight is not None:
        ends.append(TONIGHT)
        fill.append(tonight)
    if covered:
        ends.append(COVERAGE if wide else SHORT_COVERAGE)
        fill.append((lambda view: view.coverage) if wide else short_coverage)

    def all_cells(view: TargetView) -> Row:
        return (*cells(view), *((each(view), "dim") for each in fill))

    return (*columns, *ends), all_cells if ends else cells


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
    """The targets of all telescopes."""

    pane = Pane.TARGETS
    number = 1
    noun = "Targets"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.TARGETS, Topic.SCOPES, Topic.SERVER})
    orders = ORDERS

    table: Table[TargetView]

    def __init__(self) -> None:
        super().__init__()
        self._altitudes = NightAltitudes()
        self._zone: tzinfo | None = None

    def make_table(self) -> Table[TargetView]:
        """The list with its columns."""
        return Table(*shape(several=False, covered=False, wide=False), lambda view: view.key)

    def update(self, store: Store, now: datetime) -> None:
        self._zone = scope_zone(store.scopes.values())
        covered = any(view.coverage for view in store.targets.values())
        several, wide = len(store.scopes) > 1, self._list_width() >= WIDE
        shared, listed = share_targets(store.targets), store.server.listed_at is not None
        self.table.set_shape(
            *shape(
                several=several or shared,
                covered=covered,
                wide=wide,
                listed=listed,
                shared=shared,
                tonight=self._bars if self._altitudes.ways else None,
            )
        )
        by_name = in_order(store.targets.values(), ORDERS[0])
        self.table.show(in_order(by_name, self.order), no_targets(store))
        self.show_filter_state()

    def show_altitudes(self, altitudes: NightAltitudes) -> None:
        """Show these beside the targets from the next `update` on."""
        self._altitudes = altitudes

    def _bars(self, view: TargetView) -> str:
        return altitude_bars(self._altitudes, view.key.name, TONIGHT.width)

    def _list_width(self) -> int:
        """Cells of the list in the layout that the app has now; its own size may lag behind."""
        width = self.app.size.width
        return (width if width < TWO_BY_TWO else width * 9 // 20) - 2

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return [("target", view.target) for view in self.table.chosen]

    def details(self) -> Sequence[Detail]:
        """What `enter` shows of the row of the cursor."""
        view = self.table.selected
        if view is None:
            return ()
        return (
            ("target", view.target),
            ("scope", view.key.scope),
            ("sub-frames", str(view.raw_files)),
            ("stacks on the scope", str(view.stacked_files)),
            ("coverage", view.coverage or "not known"),
            ("tonight", altitude_words(self._altitudes, view.key.name, self._zone) or "not known"),
            ("blocks", f"{view.ready} ready, {view.busy} under way, {view.failed} failed"),
            ("proof", f"{count(view.stacked, 'stack')}, {view.confirmed} confirmed by the server"),
            *([("left out", view.note)] if view.note else []),
        )
