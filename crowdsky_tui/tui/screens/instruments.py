"""The site with its instruments and sensors: how each is, whether it is safe, the night's plots."""

from collections.abc import Awaitable, Callable
from functools import partial
from textwrap import wrap
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.instrument_tree import InstrumentTree, Node
from crowdsky_tui.report.trends import Trends
from crowdsky_tui.tui.format.instruments import node_lines, value_lines, verdict_lines
from crowdsky_tui.tui.format.plot import LEAST_HEIGHT, Plot
from crowdsky_tui.tui.format.trends import plot_of, range_words
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.widgets.key_line import Keys, key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.plots import PlotView

SHOW_EVERY, LOOK_EVERY, READ_EVERY = 2.0, 15.0, 60.0
KEYS: Keys = (("↑↓", "choose"), ("tab", "quantity"), ("p", "plots"), ("v", "picture"),
              ("enter", "its screen"), ("g", "place"), ("r", "ask"), ("esc", "leave"))  # fmt: skip
TROUBLE: Keys = (("x", "trouble"),)
FEWEST_NODES = 4


class Wish(msgspec.Struct, frozen=True):
    """What the screen was left for, about the node of this name."""

    what: str
    name: str


class Sources(msgspec.Struct, frozen=True):
    """What the screen reads: the tree (True: the instruments are asked), a night's numbers."""

    tree: Callable[[bool], Awaitable[InstrumentTree]]
    trends: Callable[[str], Awaitable[Trends]]


class InstrumentsScreen(Modal[Wish]):
    """Dismissed with what is wanted of the chosen node; None if it is left."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}".rstrip() for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "close", show=False),
        Binding("down,j", "choose(1)", show=False, id="cursor-down"),
        Binding("up,k", "choose(-1)", show=False, id="cursor-up"),
        Binding("home", "choose(-1000)", show=False),
        Binding("end,G", "choose(1000)", show=False),
        Binding("tab,right,l", "quantity(1)", show=False, id="pane-right"),
        Binding("shift+tab,left,h", "quantity(-1)", show=False, id="pane-left"),
        Binding("p", "wish('plots')", show=False),
        Binding("v", "wish('picture')", show=False),
        Binding("enter", "wish('open')", show=False),
        Binding("g", "place", show=False),
        Binding("x", "wish('trouble')", show=False),
        Binding("r", "look", show=False, id="refresh"),
    ]

    def __init__(self, sources: Sources, chosen: str = "") -> None:
        super().__init__()
        self._sources = sources
        self._told = "looking at the instruments …"
        self._name = chosen
        self._quantity = 0
        self._trends: dict[str, Trends] = {}
        self.shown: InstrumentTree | None = None
        self.head, self.nodes = Lines(), Lines(id="tree")
        self.values, self.plot = Lines(id="values"), PlotView(id="plot")
        self.told, self.keys = Lines(id="told"), Lines(id="legend")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.nodes
        yield self.values
        yield self.plot
        yield self.told
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._paint()
        self._begin_showing()
        self.action_look()
        self.set_interval(SHOW_EVERY, self._begin_showing)
        self.set_interval(LOOK_EVERY, self.action_look)
        self.set_interval(READ_EVERY, self._read_again)

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    # Reading

    def _begin_showing(self) -> None:
        if self.is_current:
            read_anew(self, self._show, "show")

    def action_look(self) -> None:
        """Ask the instruments now."""
        if self.is_current:
            read_anew(self, self._look, "look")

    async def _look(self) -> None:
        await self._show(look=True)

    async def _show(self, *, look: bool = False) -> None:
        try:
            self.shown = await self._sources.tree(look)
            self._told = ""
        except CrowdSkyError as error:
            self._told = str(error)
        self._paint()
        self._begin_reading()

    def _begin_reading(self) -> None:
        """Read the night of the chosen node, if it was not read yet."""
        node = self.chosen
        if node is not None and node.role != "site" and node.name not in self._trends:
            read_anew(self, partial(self._read, node.name), "read")

    def _read_again(self) -> None:
        if (node := self.chosen) is not None:
            self._trends.pop(node.name, None)
        self._begin_reading()

    async def _read(self, name: str) -> None:
        try:
            self._trends[name] = await self._sources.trends(name)
        except CrowdSkyError as error:
            self._told = str(error)
        self._paint()

    # What is chosen

    @property
    def _all(self) -> list[Node]:
        return [self.shown.site, *self.shown.nodes] if self.shown else []

    @property
    def _at(self) -> int:
        names = [node.name for node in self._all]
        return names.index(self._name) if self._name in names else min(1, len(names) - 1)

    @property
    def chosen(self) -> Node | None:
        """The node under the cursor; the first that stands at the site before one is chosen."""
        return self._all[self._at] if self._all else None

    # Painting

    def _paint(self) -> None:
        width, height = self.app.size
        tree, node = self.shown, self.chosen
        keys = (*KEYS[:-1], *(TROUBLE if tree and tree.stand_in else ()), KEYS[-1])
        legend = key_lines(keys, max(width - 3, 20))
        self.keys.show(legend)
        if tree is None or node is None:
            self.head.show([[(" Instruments", "strong")]])
            self.told.show(self._detail_lines())
            return
        verdict = verdict_lines(tree, width)
        self.head.show([[(" Instruments  ", "strong"), (tree.site.name, "accent")], *verdict])
        room = height - 1 - len(verdict) - len(legend) - 4
        most = max(min(len(self._all), room // 2), FEWEST_NODES)
        nodes = node_lines(tree, self._at, width, most)
        self.nodes.show(nodes)
        values = value_lines(node, width, max(room - len(nodes) - 1, 2))
        self.values.show(values)
        self._paint_plot(node, room - len(nodes) - len(values))

    def _paint_plot(self, node: Node, room: int) -> None:
        trends = self._trends.get(node.name)
        drawn = [each for each in trends.series if each.points] if trends else []
        if self._told or not drawn or room < LEAST_HEIGHT + 1:
            self.plot.show_plot(Plot(()))
            self.told.show(self._detail_lines())
            return
        series = drawn[self._quantity % len(drawn)]
        note = f"  {series.note}" if series.note else ""
        self.plot.show_plot(plot_of(series, self.app.size.width))
        self.told.show([[(f" {series.name} tonight  ", "accent"), (range_words(series), ""),
                         (note, "warn")]])  # fmt: skip

    def _detail_lines(self) -> list[list[Part]]:
        return [[(f" {line}", "")] for line in wrap(self._told, max(self.app.size.width - 2, 20))]

    # What keys do

    def action_choose(self, by: int) -> None:
        """Choose the instrument `by` rows further down, and read it."""
        if self._all:
            self._name = self._all[max(0, min(self._at + by, len(self._all) - 1))].name
            self._quantity, self._told = 0, ""
            self._paint()
            self._begin_reading()

    def action_quantity(self, by: int) -> None:
        """Show another quantity."""
        self._quantity += by
        self._paint()

    def action_wish(self, what: str) -> None:
        node = self.chosen
        if node is None or (what == "trouble" and not (self.shown and self.shown.stand_in)):
            return
        if node.role == "site":
            self.notify("Choose a telescope or a sensor first (↓)", markup=False)
        elif what == "picture" and node.role == "sensor":
            self.notify("A sensor takes no pictures", markup=False)
        elif what == "trouble" and node.role != "sensor":
            self.notify("Only a sensor of the demo can be put in trouble", markup=False)
        else:
            self.dismiss(Wish("plots" if node.role == "sensor" and what == "open" else what,
                              node.name))  # fmt: skip

    def action_place(self) -> None:
        """Ask a telescope or the GPS where they stand."""
        if self.chosen is not None:
            self.dismiss(Wish("place", self.chosen.name))

    def action_close(self) -> None:
        """Close the screen, with no wish."""
        self.dismiss(None)
