"""Calls that begin to look something up in the background, and the doctor's round."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.config.load import read_settings
from crowdsky_tui.doctor.check import Check
from crowdsky_tui.night.calls.call import SLOW_S, Call

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class WatchSky(Call[None], frozen=True):
    """Keep the store's night (sunset to dawn, the Moon, sidereal time) up to date from now on."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> None:
        night.services.watch_sky()


class WatchCoverage(Call[None], frozen=True):
    """Look up when each target's tile was last observed, from now on."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> None:
        night.services.watch_coverage()


class Examine(Call[tuple[Check, ...]], frozen=True):
    """The doctor's round: of everything, or of one scope and what is around it."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    scope: str | None = None

    async def run(self, night: "NightParts") -> tuple[Check, ...]:
        from crowdsky_tui.doctor.round import examine

        loaded = await asyncio.to_thread(read_settings, night.config_path)
        return tuple(await examine(night, loaded, self.scope))
