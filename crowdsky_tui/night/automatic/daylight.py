"""When the automatic night works."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.observing_site import Observatory

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

LOOK_EVERY = timedelta(minutes=5)
DAY_BEGINS, DAY_ENDS = 7, 18
"""Hours of the scope's day that stand for dawn and dusk where the place is not known."""
AT_WORK = timedelta(hours=12)


class Daylight:
    """Knows whether the Sun is above the altitude of dawn. The place is never logged or shown."""

    def __init__(self, night: "NightParts") -> None:
        self._night = night
        self._observatory = Observatory(night)
        self._looked_at: datetime | None = None
        self._light = False
        self.place_known = True

    async def look(self, local: datetime) -> bool:
        """Whether it is day at `local` (aware, the scope's clock); worked out every few minutes."""
        if self._looked_at is None or abs(local - self._looked_at) >= LOOK_EVERY:
            self._light = await self._is_light(local)
            self._looked_at = local
        return self._light

    async def _is_light(self, local: datetime) -> bool:
        place = await self._observatory.find_place()
        self.place_known = place is not None
        if place is None:
            return DAY_BEGINS <= local.hour < DAY_ENDS
        night = self._night
        try:
            altitude = await night.science.sun_altitude(place, local)
        except CrowdSkyError:
            return DAY_BEGINS <= local.hour < DAY_ENDS
        return altitude > night.settings.automatic.sun_altitude


def is_time(when: str, local: datetime, *, light: bool) -> bool:
    """Whether the automatic night works at `local`: `when` as in `AutomaticSettings`."""
    if when == "idle":
        return True
    if when == "dawn":
        return light
    hour, minute = map(int, when.split(":"))
    begins = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if begins > local:
        begins -= timedelta(days=1)
    return local - begins < AT_WORK
