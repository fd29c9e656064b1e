"""One night planned from what is kept: the list, what is proved, and what the user decided."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.database.database import Database
from crowdsky_tui.plan.decisions import Decision, Decisions, pins_of, skips_of, with_pauses
from crowdsky_tui.plan.night_request import night_request
from crowdsky_tui.plan.proved import ProvedBlock, happened, proved_before
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.target_list import TargetList
from crowdsky_tui.plan.visits import Visits
from crowdsky_tui.scheduling.messages import Given, Schedule, ScopeFacts, Skip
from crowdsky_tui.site.place import Place, zone_of

logger = logging.getLogger(__name__)


class PlannedNight(msgspec.Struct, frozen=True):
    """A night's schedule with what it was made from. `night` is the evening's date."""

    night: str
    schedule: Schedule
    targets: tuple[Target, ...]
    decisions: tuple[Decision, ...]


class NightPlanning:
    """Plans nights of one site. `list` are the targets, `decisions` and `visits` the nights'.

    `sky_mag` tells how dark the sky is now, in mag/arcsec², None where that is not measured.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        science: Science,
        clock: Clock,
        tell: Callable[[str], None] = logger.warning,
        sky_mag: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._settings, self._science, self._clock = settings, science, clock
        self._sky_mag = sky_mag
        self.list = TargetList(database, clock, tell)
        self.decisions = Decisions(database, clock, tell)
        self.visits = Visits(database, clock)

    @property
    def too_bright(self) -> bool:
        """Whether the sky is measured, and brighter than `plan.min_sky`."""
        measured = self._sky_mag()
        return measured is not None and measured < self._settings.plan.min_sky

    async def plan(
        self,
        place: Place,
        when: datetime,
        proved: Sequence[ProvedBlock],
        *,
        scopes: Sequence[ScopeFacts] | None = None,
        given: Sequence[Given] = (),
        skips: Sequence[Skip] = (),
        targets: tuple[Target, ...] | None = None,
        now: datetime | None = None,
    ) -> PlannedNight:
        """The night around `when` (aware).

        `proved` are all blocks that are (`proved.proved_blocks`), `scopes` what is known of the
        instruments (None: those of the settings), `given` what has begun or happened, `skips` what
        else is left out, `targets` what is planned (None: the list). Slots that begin before `now`
        (None: the clock's) are not decided. Raises DatabaseError, ScienceUnavailable.
        """
        sky = await self._science.sky_night(place, when, self._settings.site)
        night = f"{night_of(when.astimezone(zone_of(self._settings)))}"
        decisions = await self.decisions.of_night(night)
        if targets is None:
            targets = await self.list.all()
        request = night_request(
            self._settings,
            place,
            sky.begins,
            targets,
            proved_before(proved, sky.begins),
            now or self._clock.now(),
            scopes,
            await self.visits.done(before=night),
        )
        request = msgspec.structs.replace(
            request,
            scopes=list(with_pauses(request.scopes, decisions)),
            given=(*happened(targets, proved, sky.begins, given), *pins_of(decisions)),
            skips=(*skips, *skips_of(decisions)),
            rules=msgspec.structs.replace(request.rules, sky_mag=self._sky_mag()),
        )
        return PlannedNight(night, await self._science.plan(request), targets, decisions)
