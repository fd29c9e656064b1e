"""One night at one place, as it is told: imports neither astropy nor numpy."""

from datetime import datetime
from typing import Literal

import msgspec

from crowdsky_tui.sky.sidereal import SIDEREAL_RATE

Stays = Literal["", "up", "down"]


class SkyNight(msgspec.Struct, frozen=True):
    """One night at one place, from noon to noon: aware UTC, None for what does not happen then.

    Dusk and dawn are where the Sun passes the site's `observe_horizon` (-18°), `focus_…` and
    `flat_…` where it passes those (-12° and -6°). `moon_lit` is 0 to 1. The sidereal time was
    `sidereal_h` hours at `sidereal_at`; it runs on by `sidereal_hours`. No place is kept.

    `sun` and `moon` say that they stay above or below the horizon from noon to noon. `moon_clears`
    and `moon_hides`: when the Moon comes over the site's own horizon and goes behind it; None too
    where no obstructions are known.
    """

    begins: datetime
    sunset: datetime | None
    dusk: datetime | None
    dawn: datetime | None
    sunrise: datetime | None
    moonrise: datetime | None
    moonset: datetime | None
    moon_lit: float
    sidereal_at: datetime
    sidereal_h: float
    flat_dusk: datetime | None = None
    focus_dusk: datetime | None = None
    focus_dawn: datetime | None = None
    flat_dawn: datetime | None = None
    sun: Stays = ""
    moon: Stays = ""
    always_dark: bool = False
    moon_clears: datetime | None = None
    moon_hides: datetime | None = None

    def sidereal_hours(self, now: datetime) -> float:
        """Local apparent sidereal time at `now` (aware), in hours."""
        passed_h = (now - self.sidereal_at).total_seconds() / 3600
        return (self.sidereal_h + passed_h * SIDEREAL_RATE) % 24

    def sun_words(self) -> list[str]:
        """What is unusual: `midnight Sun`, `polar night`, `no full darkness`, `dark all day`."""
        words = {"up": ["midnight Sun"], "down": ["polar night"], "": []}[self.sun]
        if self.always_dark:
            return [*words, "dark all day"]
        never = self.dusk is self.dawn is None and self.sun != "up"
        return [*words, *(["no full darkness"] if never else [])]

    def moon_words(self) -> str:
        """`up all night`, `never up`, or nothing."""
        return {"up": "up all night", "down": "never up", "": ""}[self.moon]
