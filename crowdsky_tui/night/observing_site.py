"""Where the telescopes stand: from the settings, else from a telescope. Never logged or shown."""

from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.write import save_exactly
from crowdsky_tui.instruments.seestar.control.plans import read_place
from crowdsky_tui.site.place import Place, set_place

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class Observatory:
    """Asks a telescope once; `find_place` is None while nobody knows."""

    def __init__(self, night: "NightParts") -> None:
        self._night = night
        self._place: Place | None = None

    async def find_place(self) -> Place | None:
        """From the settings, else from the first telescope that knows."""
        set_here = set_place(self._night.settings)
        if set_here is not None:
            return set_here
        if self._place is None:
            for watch in self._night.watches.values():
                if self._place is None and watch.service.state.usable:
                    try:
                        self._place = await read_place(watch.service)
                    except CrowdSkyError:
                        continue
        return self._place


def keep_in_settings(config: Path | None, place: Place) -> Path:
    """Write a place that its owner wants kept into the settings; which file. SettingsError.

    An elevation of 0 m is not known, and leaves the one that is set.
    """
    loaded = read_settings(config)
    values = {"site.latitude": place.latitude_deg, "site.longitude": place.longitude_deg}
    if place.elevation_m:
        values["site.elevation"] = place.elevation_m
    save_exactly(loaded, values)
    return loaded.local_path
