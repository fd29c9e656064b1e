"""Calls about the place: asked of a telescope or a GPS, and kept once its owner has agreed.

Only words rounded to 0.1° leave the process that asked; the place itself waits there.
"""

import asyncio
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.instruments.seestar.control.plans import read_place
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.observing_site import keep_in_settings
from crowdsky_tui.site.place import Place, rounded

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

GPS = "GPS"


class ProposePlace(Call[str], frozen=True):
    """Ask a telescope by its name, or the GPS receiver, where it stands; rounded, in words.

    Raises UsageError, DeviceError, SensorError.
    """

    changes: ClassVar[bool] = True
    patience_s: ClassVar[float] = 100.0
    source: str

    async def run(self, night: "NightParts") -> str:
        place = await self._ask(night)
        night.services.proposed[self.source] = place
        return rounded(place)

    async def _ask(self, night: "NightParts") -> Place:
        if self.source == GPS:
            from crowdsky_tui.instruments.sensors.gps import read_gps_place

            site = night.settings.site
            if not site.gps:
                raise UsageError("there is no GPS receiver in the settings", "site.gps is empty")
            return await read_gps_place(site.gps, night.clock.now().date(), baud=site.gps_baud)
        if self.source not in night.watches:
            raise UsageError(f"there is no scope named {self.source}")
        place = await read_place(night.watches[self.source].service)
        if place is None:
            raise UsageError(f"{self.source} does not know where it stands", "", "Set it by hand")
        return place


class KeepProposedPlace(Call[str], frozen=True):
    """Keep what `ProposePlace` brought, from now on: whoever calls has asked. SettingsError."""

    source: str

    async def run(self, night: "NightParts") -> str:
        place = night.services.proposed.pop(self.source, None)
        if place is None:
            raise UsageError(f"{self.source} was not asked for its place")
        file = await asyncio.to_thread(keep_in_settings, night.config_path, place)
        site = msgspec.structs.replace(
            night.settings.site,
            latitude=place.latitude_deg,
            longitude=place.longitude_deg,
            elevation=place.elevation_m or night.settings.site.elevation,
        )
        await night.use_settings(msgspec.structs.replace(night.settings, site=site))
        return f"The place is kept in {file.name}"
