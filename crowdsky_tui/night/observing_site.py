"""Where the telescopes stand: from the settings, else from a telescope. Never logged or shown."""

from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
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
