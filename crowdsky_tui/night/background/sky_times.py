"""Keeps the store's night (sunset, dusk, dawn, Moon, sidereal time) up to date in the background.

The place is the settings' or a telescope's; it is neither kept, logged nor sent on.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.night.observing_site import Observatory

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

FIRST_LOOK_S = 15.0
"""Real seconds after the start: the science child need not be started with everything else."""
LOOK_EVERY_S = 60.0
GOOD_FOR = timedelta(hours=3)
"""The Moon's lit part changes by a percent or so in this time."""
logger = logging.getLogger(__name__)


class SkyWatch:
    """`run` looks until cancelled; `look` looks once."""

    def __init__(self, night: "NightParts", faults: Faults | None = None) -> None:
        self._supervisor = Supervisor(faults)
        self._night = night
        self._observatory = Observatory(night)
        self._site = night.settings.site

    async def run(self) -> None:
        """Work the sky's times out anew whenever they change, for ever."""
        await asyncio.sleep(FIRST_LOOK_S)
        await self._supervisor.endless("the sky's watch", self._watch)

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except CrowdSkyError as error:
                logger.info("the night's times are not known: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Work the night out anew where there is none, or it is over, or the Moon has changed."""
        now = self._night.clock.now()
        site = self._night.settings.site
        if site == self._site and not self._stale(now):
            return
        self._site = site
        place = await self._observatory.find_place()
        if place is not None:
            found = await self._night.science.sky_night(place, now, site)
            self._night.store.set_sky(found)

    def _stale(self, now: datetime) -> bool:
        known = self._night.store.sky
        if known is None:
            return True
        over = now - known.begins >= timedelta(days=1) or now < known.begins
        return over or abs(now - known.sidereal_at) >= GOOD_FOR
