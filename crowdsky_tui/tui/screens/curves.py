"""The projects' stars and their curves: what varied, folded on a period, and a point's frame."""

from datetime import tzinfo
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.periods import lone_words
from crowdsky_tui.curves.project import folded_name
from crowdsky_tui.curves.stars import StarRow
from crowdsky_tui.curves.survey_points import SurveySeries
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.tui.format.curves import (
    LEGEND,
    LONGEST_PERIOD_D,
    MEAN,
    Fold,
    bin_marks,
    curve_plot,
    fold_on,
    period_answers,
    point_words,
    read_period,
    row_line,
    seen,
    x_of,
)
from crowdsky_tui.tui.format.plan import wrapped
from crowdsky_tui.tui.format.plot import Plot
from crowdsky_tui.tui.format.survey_marks import survey_legend, survey_marks
from crowdsky_tui.tui.screens.choice import Choice
from crowdsky_tui.tui.screens.curve_findings import KEYS, CurveFindings, Sources
from crowdsky_tui.tui.screens.form import Field, Form
from crowdsky_tui.tui.screens.one_picture import OnePictureScreen
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.widgets.key_line import key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.plots import PlotView

READING = "reading the curves …"
NO_STARS = "No project has a target: crowdsky-tui curves project NAME --field FILE --target STAR"
FETCH = "crowdsky-tui curves fetch"
FOLDS = "Two cycles are drawn; phase 0 is the known epoch, else the faintest good point."
MOST_STARS = 0.4
"""Part of the height that the list may take."""


class CurvesScreen(CurveFindings):
    """Dismissed when it is left. `star` is chosen first, however its name is written."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}" for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "close", show=False),
        Binding("down,j", "choose(1)", show=False, id="cursor-down"),
        Binding("up,k", "choose(-1)", show=False, id="cursor-up"),
        Binding("right,l", "point(1)", show=False, id="pane-right"),
        Binding("left,h", "point(-1)", show=False, id="pane-left"),
        Binding("end", "point(100000)", show=False),
        Binding("home", "point(-100000)", show=False),
        Binding("tab", "band", show=False),
        Binding("enter", "frame", show=False),
        Binding("x", "judge", show=False),
        Binding("b", "nights", show=False),
        Binding("B", "bad", show=False),
        Binding("o", "surveys", show=False),
        Binding("p", "fold", show=False),
        Binding("P", "periods", show=False),
        Binding("m", "find('minimum')", show=False),
        Binding("v", "find('events')", show=False),
        Binding("i", "find('recovery')", show=False),
        Binding("e", "export", show=False),
        Binding("r", "read", show=False, id="refresh"),
    ]

    def __init__(self, sources: Sources, zone: tzinfo | None, star: str = "") -> None:
        super().__init__(sources)
        self._zone, self._wanted = zone, star
        self._told = READING
        self._star, self._band, self._frame = 0, 0, ""
        self._bad = True
        self._periods: dict[tuple[str, str], float] = {}
        self._folded: dict[tuple[str, str], float] = {}
        self._read: dict[tuple[str, str], tuple[StarCurve, ...]] = {}
        self._surveys: dict[tuple[str, str], tuple[SurveySeries, ...]] = {}
        self.stars: tuple[StarRow, ...] = ()
        self.head, self.rows = Lines(), Lines(id="rows")
        self.plot, self.told = PlotView(id="plot"), Lines(id="told")
        self.keys = Lines(id="legend")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.rows
        yield self.plot
        yield self.told
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self.paint()
        self.action_read()

    def on_resize(self) -> None:
        self.call_after_refresh(self.paint)

    # Reading

    def action_read(self) -> None:
        """Read stars and curves again."""
        read_anew(self, self._read_stars, "stars")

    async def _read_stars(self) -> None:
        try:
            self.stars = await self._sources.stars()
            self._told = "" if self.stars else NO_STARS
        except CrowdSkyError as error:
            self._told = str(error)
        self._read.clear()
        self._star = min(self._star, max(len(self.stars) - 1, 0))
        self._find_wanted()
        self.paint()
        self._begin_curve()

    def _find_wanted(self) -> None:
        """Go to the star that was asked for, or to the first of a field of that name."""
        if not self._wanted or not self.stars:
            return
        name = folded_name(self._wanted)
        stars = [folded_name(row.star) == name for row in self.stars]
        fields = [name in map(folded_name, row.fields) for row in self.stars]
        if True in stars or True in fields:
            self._star = (stars if True in stars else fields).index(True)
        else:
            self._told = f"No project has {self._wanted} among its targets"
        self._wanted = ""

    def _begin_curve(self) -> None:
        row = self.chosen
        if row is not None and row.curves and self._key not in self._read:
            read_anew(self, partial(self._read_curve, row, self._key), "curve")

    async def _read_curve(self, row: StarRow, key: tuple[str, str]) -> None:
        try:
            self._read[key] = await self._sources.curves(row)
        except CrowdSkyError as error:
            self._told = str(error)
        self.paint()

    # What is chosen

    @property
    def chosen(self) -> StarRow | None:
        """The star under the cursor."""
        return self.stars[self._star] if self.stars else None

    @property
    def _key(self) -> tuple[str, str]:
        row = self.chosen
        return (row.project, row.star) if row else ("", "")

    @property
    def curve(self) -> StarCurve | None:
        """The curve that is shown."""
        read = self._read.get(self._key, ())
        return read[self._band % len(read)] if read else None

    @property
    def _fold(self) -> Fold | None:
        period = self._periods.get(self._key)
        return fold_on(period, self.curve, self.chosen) if period and self.curve else None

    @property
    def _points(self) -> list[CurvePoint]:
        """The points of the plot, as they stand from left to right."""
        found = [] if self.curve is None else seen(self.curve, bad=self._bad)
        fold = self._fold
        return sorted(found, key=lambda each: x_of(each, fold))

    @property
    def point(self) -> CurvePoint | None:
        """The point under the cursor; the last one before one is chosen."""
        points = self._points
        there = [each for each in points if each.frame == self._frame]
        return next(iter([*there, *points[-1:]]), None)

    # Painting

    def paint(self) -> None:
        width, height = self.app.size
        legend = key_lines(KEYS, max(width - 3, 20))
        self.keys.show(legend)
        count = sum(any(curve.variation for curve in row.curves) for row in self.stars)
        told = f"{len(self.stars)} stars, {count} varied" if self.stars else ""
        self.head.show([[(" Curves  ", "strong"), (told, "accent" if count else "dim")]])
        most = max(min(len(self.stars), int(height * MOST_STARS) - len(legend)), 1)
        first = min(max(self._star - most // 2, 0), max(len(self.stars) - most, 0))
        self.rows.show([
            row_line(row, self._band, width, self._zone, chosen=first + at == self._star)
            for at, row in enumerate(self.stars[first : first + most])
        ])  # fmt: skip
        point, points = self.point, self._points
        if self.curve is None or point is None:
            self.plot.show_plot(Plot())
        else:
            others = survey_marks(self._surveys.get(self._key, ()), self._fold)
            means = bin_marks(self.bins, self._fold)
            plot = curve_plot(points, self._fold, width, self._zone, others, means)
            self.plot.show_plot(plot, x_of(point, self._fold))
        self.told.show(self._detail_lines(point, width))

    def _detail_lines(self, point: CurvePoint | None, width: int) -> list[list[Part]]:
        lines = wrapped(self._told, width, "warn") if self._told else []
        if self.curve is None:
            return lines
        period = self._periods.get(self._key)
        folded = f"  folded on {period:.8g} d, {self._phase_0(period)}" if period else ""
        hidden = "" if self._bad else "  bad ones are hidden"
        hidden += f"  {MEAN} means of {len(self.bins)} nights" if self.bins else ""
        compared = f"{self.curve.band} {self.curve.telescope}, "
        compared += f"{len(self.curve.comparisons)} comparison stars"
        lines += wrapped(f"{LEGEND}{hidden}  {compared}{folded}", width, "dim")
        if series := self._surveys.get(self._key):
            lines += wrapped(survey_legend(series), width, "dim")
        return lines + ([] if point is None else wrapped(self._point_words(point), width))

    def _phase_0(self, period_d: float) -> str:
        known = self.chosen is not None and self.chosen.period_d == period_d
        return "0 is the known epoch" if known else "0 is the faintest point"

    def _point_words(self, point: CurvePoint) -> str:
        return point_words(point, self._fold, self._zone)

    # What keys do

    def action_choose(self, by: int) -> None:
        """Take another star."""
        if self.stars:
            self._star = max(0, min(self._star + by, len(self.stars) - 1))
            self._band, self._frame, self._told = 0, "", ""
            self.paint()
            self._begin_curve()

    def action_point(self, by: int) -> None:
        """Take another point."""
        points, point = self._points, self.point
        if point is not None:
            at = max(0, min(points.index(point) + by, len(points) - 1))
            self._frame = points[at].frame
            self.paint()

    def action_band(self) -> None:
        """Show the star's next curve: another telescope or filter."""
        self._band, self._frame = self._band + 1, ""
        self.paint()

    def action_bad(self) -> None:
        """Hide what is bad by its quality bits, or show it again."""
        self._bad = not self._bad
        self.paint()

    def action_surveys(self) -> None:
        """Draw what surveys have of the star over its points, or take it away again."""
        if self._surveys.pop(self._key, None) is not None:
            self.paint()
        elif self.chosen is not None and self.curve is not None:
            self.begin(self._read_surveys(self.chosen, self._key))

    async def _read_surveys(self, row: StarRow, key: tuple[str, str]) -> None:
        try:
            found = await self._sources.surveys(row)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)
            return
        if not found:
            self.notify(f"No survey was asked for {row.star}: {FETCH} {row.project}", markup=False)
            return
        self._surveys[key] = found
        self.paint()

    def action_frame(self) -> None:
        """Show the picture of the frame behind the point."""
        row, point = self.chosen, self.point
        if row is not None and point is not None:
            load = partial(self._sources.frame, row, point)
            self.app.push_screen(OnePictureScreen(self._point_words(point), load))

    def action_judge(self) -> None:
        """Reject the point, or keep it again."""
        row, point = self.chosen, self.point
        if row is not None and point is not None:
            self.begin(self._judge(row, point))

    async def _judge(self, row: StarRow, point: CurvePoint) -> None:
        reject = not point.flags & Quality.REJECTED
        self._frame = point.frame
        try:
            await self._sources.judge(row, point, reject)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)
        await self._read_stars()

    def action_fold(self) -> None:
        """Fold the curve on a period that is asked for; once more: over time again."""
        if (folded := self._periods.pop(self._key, None)) is not None:
            self._folded[self._key] = folded
            self.paint()
        elif self.chosen is not None and self.curve is not None:
            known = self._folded.get(self._key, self.chosen.period_d)
            self.begin(self._ask_period(self._key, known))

    async def _ask_period(self, key: tuple[str, str], known: float | None) -> None:
        lines = (FOLDS, *(() if known else ("P finds one from the points.",)))
        value = "" if known is None else repr(known)
        form = Form(f"Fold {key[1]}", lines, [Field("period in days", value)], "fold")
        typed = await self.app.push_screen_wait(form)
        if typed is None:
            return
        period = read_period(typed[0])
        if period is None:
            self.notify(f"A period has 0 to {LONGEST_PERIOD_D:g} days", markup=False)
            return
        self._periods[key] = period
        self.paint()

    def action_periods(self) -> None:
        """Search for periods, and fold on the one that is chosen."""
        if self.chosen is not None and self.curve is not None:
            self.begin(self._search(self.chosen, self.curve, self._key))

    async def _search(self, row: StarRow, curve: StarCurve, key: tuple[str, str]) -> None:
        try:
            found = await self._sources.periods(row, curve)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)
            return
        answers = period_answers(found)
        if not answers:
            self.notify(f"{row.star} shows no period", markup=False)
            return
        span = f"{found.shortest_d:.3g} to {found.longest_d:.3g} d"
        tried = f"From {span}. The gaps between nights make aliases."
        tried += f" {lone_words(found.lone_points)}" if found.lone_points else ""
        chosen = await self.app.push_screen_wait(
            Choice(f"Fold {row.star}", [tried], [words for _, words in answers])
        )
        if chosen is not None:
            self._periods[key] = answers[chosen][0]
            self.paint()

    def action_export(self) -> None:
        """Write the star's curves as a file."""
        if self.chosen is not None and self.curve is not None:
            self.begin(self._export(self.chosen))

    async def _export(self, row: StarRow) -> None:
        try:
            await self._sources.export(row)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss(None)
