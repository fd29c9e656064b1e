"""Calls about the site: its horizon with tonight's tracks over it, and keeping another."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.site_settings import Obstruction
from crowdsky_tui.config.write import save_exactly
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.observing_site import Observatory
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import zone_of
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.windows import slots

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

SLOT = timedelta(minutes=10)


class Point(msgspec.Struct, frozen=True):
    """Where something stands at one time, in degrees; `minutes` after the night's noon."""

    minutes: int
    altitude_deg: float
    azimuth_deg: float
    dark: bool


class HorizonView(msgspec.Struct, frozen=True):
    """The horizon at 0° … 360°, and the ways of a target and of the Moon over it tonight.

    The points count from `noon_minutes` of the day in the site's zone. `problem` says why there are
    no ways. No place is in it.
    """

    line: tuple[float, ...]
    default_deg: float
    target: str = ""
    track: tuple[Point, ...] = ()
    moon: tuple[Point, ...] = ()
    noon_minutes: int = 12 * 60
    problem: str = ""


class ShowHorizon(Call[HorizonView], frozen=True):
    """The site's horizon, with tonight's way of a target by its name ("" for the Moon alone)."""

    changes: ClassVar[bool] = False
    target: str = ""

    async def run(self, night: "NightParts") -> HorizonView:
        site = night.settings.site
        horizon = Horizon.of_site(site)
        bare = HorizonView(horizon.line, horizon.default_deg, self.target)
        place = await Observatory(night).find_place()
        if place is None:
            why = "the site is not set (site.latitude and site.longitude: E): no ways tonight"
            return msgspec.structs.replace(bare, problem=why)
        now = night.clock.now()
        try:
            tonight = await night.science.sky_night(place, now, site)
            problem, positions = "", []
            if self.target:
                try:
                    positions = [(await night.science.find_target(self.target, now)).j2000]
                except CrowdSkyError as error:
                    problem = f"{error.what}: its way is not known"
            times = slots(tonight.begins, tonight.begins + timedelta(days=1), SLOT)
            asked = positions or [PositionJ2000(0.0, 0.0)]
            found = await night.science.altitudes(asked, times, place)
        except CrowdSkyError as error:
            return msgspec.structs.replace(bare, problem=str(error))
        dark = [sun < site.observe_horizon for sun in found.sun_altitude_deg]
        moon = zip(found.moon_altitude_deg, found.moon_azimuth_deg, strict=True)
        local = tonight.begins.astimezone(zone_of(night.settings))
        return HorizonView(
            horizon.line,
            horizon.default_deg,
            self.target,
            tuple(
                Point(10 * at, found.altitude_deg(0, at), found.azimuth_deg(0, at), dark[at])
                for at in range(len(times))
                if positions
            ),
            tuple(Point(10 * at, *each, dark[at]) for at, each in enumerate(moon)),
            local.hour * 60 + local.minute,
            problem,
        )


class KeepHorizon(Call[str], frozen=True):
    """Keep these outlines as the site's horizon, from now on; a plain line. SettingsError."""

    obstructions: tuple[Obstruction, ...]

    async def run(self, night: "NightParts") -> str:
        note = await asyncio.to_thread(self._save, night)
        site = msgspec.structs.replace(night.settings.site, obstructions=self.obstructions)
        await night.use_settings(msgspec.structs.replace(night.settings, site=site))
        return note

    def _save(self, night: "NightParts") -> str:
        loaded = read_settings(night.config_path)
        kept = [[list(point) for point in outline] for outline in self.obstructions]
        save_exactly(loaded, {"site.obstructions": kept})
        return f"The horizon is kept in {loaded.local_path.name}"
