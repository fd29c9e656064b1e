"""What the curves' screen asks, and the keys that work something out of the curve shown."""

from collections.abc import Awaitable, Callable

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.periods import Searched
from crowdsky_tui.curves.stars import StarRow
from crowdsky_tui.curves.survey_points import SurveySeries
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.calls.curve_analysis import Finding
from crowdsky_tui.timeseries.messages import Bin
from crowdsky_tui.tui.screens.choice import Choice
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.widgets.key_line import Keys

KEYS: Keys = (
    ("↑↓", "star"),
    ("←→", "point"),
    ("tab", "band"),
    ("enter", "its frame"),
    ("x", "reject/keep"),
    ("b", "nights"),
    ("B", "bad"),
    ("o", "surveys"),
    ("p", "fold"),
    ("P", "periods"),
    ("m", "minimum"),
    ("v", "events"),
    ("i", "what would be seen"),
    ("e", "export"),
    ("r", "read"),
    ("esc", "leave"),
)
TITLES: dict[Finding, str] = {
    "minimum": "Minimum of the night",
    "events": "Events",
    "recovery": "What would have been seen",
}


class Sources(msgspec.Struct, frozen=True):
    """What the screen asks: stars, curves, what surveys have, frames; to judge and to export."""

    stars: Callable[[], Awaitable[tuple[StarRow, ...]]]
    curves: Callable[[StarRow], Awaitable[tuple[StarCurve, ...]]]
    surveys: Callable[[StarRow], Awaitable[tuple[SurveySeries, ...]]]
    frame: Callable[[StarRow, CurvePoint, int, int], Awaitable[Preview]]
    judge: Callable[[StarRow, CurvePoint, bool], Awaitable[str]]
    periods: Callable[[StarRow, StarCurve], Awaitable[Searched]]
    analyse: Callable[[StarRow, StarCurve, Finding, str], Awaitable[tuple[str, ...]]]
    bins: Callable[[StarRow, StarCurve], Awaitable[tuple[Bin, ...]]]
    export: Callable[[StarRow], Awaitable[None]]


class CurveFindings(Modal[None]):
    """The keys whose answer is a finding about the curve that is shown."""

    def __init__(self, sources: Sources) -> None:
        super().__init__()
        self._sources = sources
        self._bins: dict[tuple[str, str, str, str], tuple[Bin, ...]] = {}

    @property
    def chosen(self) -> StarRow | None:
        """The star under the cursor."""
        raise NotImplementedError

    @property
    def curve(self) -> StarCurve | None:
        """The curve that is shown."""
        raise NotImplementedError

    @property
    def point(self) -> CurvePoint | None:
        """The point under the cursor."""
        raise NotImplementedError

    def paint(self) -> None:
        """Show what is known by now."""
        raise NotImplementedError

    @property
    def bins(self) -> tuple[Bin, ...]:
        """The means that are drawn over the curve that is shown; none without the key."""
        return self._bins.get(self._curve_key, ())

    @property
    def _curve_key(self) -> tuple[str, str, str, str]:
        row, curve = self.chosen, self.curve
        if row is None or curve is None:
            return ("", "", "", "")
        return (row.project, row.star, curve.band, curve.telescope)

    def action_find(self, finding: Finding) -> None:
        """Work something out of the curve, or of the night of the point under the cursor."""
        row, curve, point = self.chosen, self.curve, self.point
        if row is not None and curve is not None and point is not None:
            self.begin(self._find(row, curve, finding, point.frame))

    async def _find(self, row: StarRow, curve: StarCurve, finding: Finding, frame: str) -> None:
        try:
            lines = await self._sources.analyse(row, curve, finding, frame)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)
            return
        told = lines or ("nothing happened that stands out",)
        about = [f"{row.star}, {curve.band}, {curve.telescope}"]
        await self.app.push_screen_wait(Choice(TITLES[finding], about, told))

    def action_nights(self) -> None:
        """Draw the mean of each night over the points, or take the means away again."""
        row, curve = self.chosen, self.curve
        if self._bins.pop(self._curve_key, None) is not None:
            self.paint()
        elif row is not None and curve is not None:
            self.begin(self._read_bins(row, curve, self._curve_key))

    async def _read_bins(
        self, row: StarRow, curve: StarCurve, name: tuple[str, str, str, str]
    ) -> None:
        try:
            self._bins[name] = await self._sources.bins(row, curve)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)
        self.paint()
