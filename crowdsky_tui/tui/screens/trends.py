"""A telescope's night in plots: focus, sky, warmth, room, frames."""

import textwrap
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.report.trends import Series, Trends
from crowdsky_tui.tui.format.plot import Plot
from crowdsky_tui.tui.format.trends import night_words, plot_of, range_words, with_unit, zone_words
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.widgets.key_line import flowing, key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.plots import PlotView

READ_EVERY = 60.0
KEYS = (("↑↓", "quantity"), ("←→", "along"), ("n", "later"), ("p", "earlier"), ("esc", "leave"))
Load = Callable[[str], Awaitable[Trends]]


class TrendsScreen(Modal[None]):
    """`load` reads a night's trends by the night's name; "" is the newest."""

    AUTO_FOCUS = ""
    takes_typed_ahead = True
    hints = " · ".join(f"{keys} {words}".rstrip() for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "close", show=False),
        Binding("down,j,tab", "quantity(1)", show=False, id="cursor-down"),
        Binding("up,k,shift+tab", "quantity(-1)", show=False, id="cursor-up"),
        Binding("right,l", "along(1)", show=False, id="pane-right"),
        Binding("left,h", "along(-1)", show=False, id="pane-left"),
        Binding("pagedown", "along(10)", show=False),
        Binding("pageup", "along(-10)", show=False),
        Binding("end", "along(10000)", show=False),
        Binding("home", "along(-10000)", show=False),
        Binding("n", "night(1)", show=False),
        Binding("p", "night(-1)", show=False),
    ]

    def __init__(self, scope: str, load: Load) -> None:
        super().__init__()
        self._scope, self._load = scope, load
        self.trends: Trends | None = None
        self._told = "reading the records …"
        self._name = ""
        self._at: datetime | None = None
        self.head, self.detail, self.keys = Lines(), Lines(id="told"), Lines(id="legend")
        self.plot = PlotView(id="plot")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.plot
        yield self.detail
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._paint()
        self._begin_reading("")
        self.set_interval(READ_EVERY, self._read_again)

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    def _read_again(self) -> None:
        if self.is_current and self.trends is not None:
            newest = self.trends.run == (self.trends.runs or ("",))[-1]
            self._begin_reading("" if newest else self.trends.run)

    def _begin_reading(self, run: str) -> None:
        read_anew(self, partial(self._read, run), "default")

    async def _read(self, run: str) -> None:
        try:
            self.trends = await self._load(run)
            self._told = ""
        except CrowdSkyError as error:
            self._told = str(error)
        self._paint()

    @property
    def shown(self) -> Series | None:
        """The quantity that is shown: the one chosen, else the first of which there are numbers."""
        every = self.trends.series if self.trends else ()
        named = [each for each in every if each.name == self._name]
        return next(iter([*named, *(each for each in every if each.points), *every]), None)

    def _paint(self) -> None:
        series, width = self.shown, self.app.size.width
        title = self._scope if series is None else f"{self._scope}  {series.name}"
        when = f"  {night_words(self.trends.run)}" if self.trends and self.trends.run else ""
        zone = f", {zone_words(series)}" if series and series.points else ""
        note = f"  {series.note}" if series and series.note else ""
        self.head.show([[(f" {title}", "strong"), (when + zone, "dim"), (note, "warn")]])
        if series is None or not series.points:
            self._at = None
            self.plot.show_plot(Plot(()))
        else:
            self.plot.show_plot(plot_of(series, width), self._cursor(series))
        told = textwrap.wrap(self._words(series), max(width - 2, 20))
        lines: list[list[Part]] = [[(f" {line}", "")] for line in told]
        self.detail.show([*lines, *flowing(self._names(), width)])
        self.keys.show(key_lines(KEYS, max(width - 3, 20)))

    def _cursor(self, series: Series) -> float | None:
        return None if self._at is None else _nearest(series, self._at)[0].timestamp()

    def _words(self, series: Series | None) -> str:
        """What is under the cursor, or how the night was."""
        if self._told or series is None:
            return self._told or "There are no records of this night yet"
        if not series.points:
            return f"There are no records of {series.name} in this night"
        if self._at is None:
            return range_words(series)
        at, value = _nearest(series, self._at)
        return f"{at.astimezone():%H:%M}  {with_unit(value, series)}"

    def _names(self) -> list[list[Part]]:
        """All quantities, the one that is shown in brackets."""
        every, shown = self.trends.series if self.trends else (), self.shown
        return [
            [(f" [{each.name}]", "accent") if each is shown else (f"  {each.name} ", "dim")]
            for each in every
        ]

    def action_close(self) -> None:
        """Close the plots."""
        self.dismiss(None)

    def action_quantity(self, by: int) -> None:
        """Show another quantity."""
        names = [each.name for each in self.trends.series] if self.trends else []
        if names and self.shown is not None:
            self._name = names[(names.index(self.shown.name) + by) % len(names)]
            self._paint()

    def action_along(self, by: int) -> None:
        """Move along the night."""
        if self.shown is None or not self.shown.points:
            return
        times = [at for at, _ in self.shown.points]
        here = len(times) - 1
        if self._at is not None:
            here = times.index(_nearest(self.shown, self._at)[0]) + by
        elif by < -1:
            here += by
        self._at = times[max(min(here, len(times) - 1), 0)]
        self._paint()

    def action_night(self, by: int) -> None:
        """To the night after, or the one before."""
        runs = self.trends.runs if self.trends else ()
        if self.trends is not None and self.trends.run in runs:
            wanted = runs[max(min(runs.index(self.trends.run) + by, len(runs) - 1), 0)]
            if wanted != self.trends.run:
                self._at = None
                self._begin_reading(wanted)


def _nearest(series: Series, at: datetime) -> tuple[datetime, float]:
    return min(series.points, key=lambda point: abs(point[0] - at))
