"""Looks up, in the background, when each target's part of the sky was last observed by anybody."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from time import monotonic

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.night.background.coverage_table import SkyCoverage, days_since, last_seen
from crowdsky_tui.progress.target_positions import Watching, pixel_of

LOOK_EVERY_S = 20.0
TELL_EVERY_S = 1800.0
"""Real seconds between two looks for new targets, and into the table for those that are known."""
MOST_TRIES = 5

logger = logging.getLogger(__name__)


class CoverageWatch:
    """`tell(key, sentence, days)` hears of every target; a trouble is logged and tried again."""

    def __init__(
        self,
        night: Watching,
        targets: Callable[[], Iterable[TargetKey]],
        sky: SkyCoverage,
        clock: Clock,
        tell: Callable[[TargetKey, str, int | None], None],
        faults: Faults | None = None,
    ) -> None:
        self._supervisor = Supervisor(faults)
        self._night = night
        self._targets = targets
        self._sky = sky
        self._clock = clock
        self._tell = tell
        self._pixels: dict[TargetKey, int] = {}
        self._tries: dict[TargetKey, int] = {}
        self._told: set[TargetKey] = set()
        self._told_at = 0.0

    async def run(self) -> None:
        """Look again and again, until cancelled, whatever one look raises."""
        await self._supervisor.endless("the sky coverage's watch", self._watch)

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once; tells of every target whose place is known."""
        for key in self._targets():
            await self._find(key)
        recently = monotonic() - self._told_at < TELL_EVERY_S
        if not self._pixels or (recently and self._told == set(self._pixels)):
            return
        try:
            seen = await self._sky.of(self._pixels.values())
        except CrowdSkyError as error:
            logger.info("the sky coverage is not known: %s", error)
            return
        self._told, self._told_at = set(self._pixels), monotonic()
        now = self._clock.now()
        for key, pixel in self._pixels.items():
            rows = seen.tiles.get(pixel, ())
            self._tell(key, last_seen(rows, now), days_since(rows, now))

    async def _find(self, key: TargetKey) -> None:
        if key in self._pixels or self._tries.get(key, 0) >= MOST_TRIES:
            return
        self._tries[key] = self._tries.get(key, 0) + 1
        try:
            self._pixels[key] = await pixel_of(self._night, key)
        except (CrowdSkyError, KeyError) as error:  # gone meanwhile, or it does not answer
            logger.info("a target's place is not known: %s", type(error).__name__)
