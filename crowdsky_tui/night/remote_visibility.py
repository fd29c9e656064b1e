"""Whether telescope.org's telescopes can see a target in the next two months."""

from datetime import timedelta
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.telescope_org.draft import (
    LEAST_ALTITUDE_DEG,
    TEIDE_LATITUDE_DEG,
    Draft,
    transit_altitude_deg,
)
from crowdsky_tui.site.place import Place

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

TEIDE = Place(-16.51, TEIDE_LATITUDE_DEG, 2390.0)
"""Observatorio del Teide (docs/design/telescope-org.md 1)."""
DARK_BELOW_DEG = -12.0
LOOK_AHEAD_DAYS, DAYS_APART = 60, 10
MINUTES_APART = 10
GRAZING_DEG = 0.5
"""What culminates hardly higher than it must is there for less than `MINUTES_APART`."""


async def check_visible(night: "NightParts", draft: Draft) -> None:
    """Raise UsageError for a target that is high enough at Teide by day alone.

    It has to be `LEAST_ALTITUDE_DEG` high in the dark on some night of the next
    `LOOK_AHEAD_DAYS` (docs/design/telescope-org.md 7).
    """
    now = night.clock.now()
    times = [
        now + timedelta(days=day, minutes=minute)
        for day in range(0, LOOK_AHEAD_DAYS + 1, DAYS_APART)
        for minute in range(0, 24 * 60, MINUTES_APART)
    ]
    found = await night.science.altitudes([draft.position], times, TEIDE)
    highest = transit_altitude_deg(draft.position.dec_deg_j2000)
    least = min(LEAST_ALTITUDE_DEG, highest - GRAZING_DEG)
    if not any(
        sun <= DARK_BELOW_DEG and found.altitude_deg(0, at) >= least
        for at, sun in enumerate(found.sun_altitude_deg)
    ):
        raise UsageError(
            f"{clean(draft.name, 40)!r} cannot be asked for",
            f"in the next {LOOK_AHEAD_DAYS} days it is {LEAST_ALTITUDE_DEG:.0f}° high at Teide"
            " by day alone",
            "Ask later in the year.",
        )
