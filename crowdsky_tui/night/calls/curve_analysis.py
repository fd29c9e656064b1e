"""Calls that work something out of one of a star's curves."""

from typing import TYPE_CHECKING, ClassVar, Literal

from crowdsky_tui.curves.analysis import event_lines, minimum_lines, night_means, recovery_lines
from crowdsky_tui.curves.stars import project_named
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.calls.curves import one_curve
from crowdsky_tui.site.place import set_place, zone_of
from crowdsky_tui.timeseries.messages import Bin

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

Finding = Literal["minimum", "events", "recovery"]


class AnalyseCurve(Call[tuple[str, ...]], frozen=True):
    """A finding about a curve, in lines: of all of it, or of the night of a frame's point."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    project: str
    star: str
    band: str
    telescope: str
    finding: Finding
    frame: str

    async def run(self, night: "NightParts") -> tuple[str, ...]:
        curve = await one_curve(night, self.project, self.star, self.band, self.telescope)
        project = await project_named(night.records.database, self.project)
        known, zone = project.eclipses.get(self.star), zone_of(night.settings)
        if self.finding == "minimum":
            return await minimum_lines(curve, self.frame, known, night.science)
        if self.finding == "events":
            return await event_lines(curve, known, zone, night.science)
        return await recovery_lines(curve, self.frame, zone, night.science)


class BinCurve(Call[tuple[Bin, ...]], frozen=True):
    """The mean of each night of a curve."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    project: str
    star: str
    band: str
    telescope: str

    async def run(self, night: "NightParts") -> tuple[Bin, ...]:
        place = set_place(night.settings)
        longitude = 0.0 if place is None else place.longitude_deg
        curve = await one_curve(night, self.project, self.star, self.band, self.telescope)
        return await night_means(curve, longitude, night.science)
