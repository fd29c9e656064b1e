"""The call for tonight's altitudes of many targets at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.observing_site import Observatory
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import Altitudes
from crowdsky_tui.sky.night_altitudes import STEP_MINUTES, NightAltitudes, Way
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.sky.windows import slots

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

MOST_TARGETS = 400


class ShowAltitudes(Call[NightAltitudes], frozen=True):
    """Tonight's altitudes of targets by their names, of `MOST_TARGETS` at most.

    UsageError where the place is not known.
    """

    changes: ClassVar[bool] = False
    names: tuple[str, ...]

    async def run(self, night: "NightParts") -> NightAltitudes:
        place = await Observatory(night).find_place()
        if place is None:
            raise UsageError(
                "the altitudes are not known", "the site is not set",
                "Set site.latitude and site.longitude",
            )  # fmt: skip
        site, now = night.settings.site, night.clock.now()
        tonight = await night.science.sky_night(place, now, site)
        begins, ends = _ends_of(tonight)
        times = slots(begins, ends, timedelta(minutes=STEP_MINUTES))
        places = await _places(night, self.names[:MOST_TARGETS], now)
        asked = list(places.values()) or [PositionJ2000(0.0, 0.0)]
        found = await night.science.altitudes(asked, times, place)
        horizon = Horizon.of_site(site)
        return NightAltitudes(
            begins,
            STEP_MINUTES,
            tuple(sun < site.observe_horizon for sun in found.sun_altitude_deg),
            _whole(found.moon_altitude_deg),
            {name: _way(found, row, horizon) for row, name in enumerate(places)},
        )


def _ends_of(tonight: SkyNight) -> tuple[datetime, datetime]:
    if tonight.sunset is None or tonight.sunrise is None or tonight.sunrise <= tonight.sunset:
        return tonight.begins, tonight.begins + timedelta(days=1)
    past = timedelta(
        minutes=tonight.sunset.minute % STEP_MINUTES,
        seconds=tonight.sunset.second,
        microseconds=tonight.sunset.microsecond,
    )
    return tonight.sunset - past, tonight.sunrise


async def _places(
    night: "NightParts", names: Iterable[str], now: datetime
) -> dict[str, PositionJ2000]:
    """Where these stand; each name is looked up once in a run."""
    known = night.services.places
    for name in names:
        if name not in known:
            try:
                known[name] = (await night.science.find_target(name, now)).j2000
            except UsageError:
                known[name] = None
    return {name: place for name in names if (place := known[name]) is not None}


def _way(found: Altitudes, row: int, horizon: Horizon) -> Way:
    steps = range(found.times)
    azimuths = [found.azimuth_deg(row, step) for step in steps]
    return Way(
        _whole([found.altitude_deg(row, step) for step in steps]),
        _whole([horizon.altitude_deg(azimuth) for azimuth in azimuths]),
    )


def _whole(degrees: Sequence[float]) -> tuple[int, ...]:
    return tuple(round(each) for each in degrees)
