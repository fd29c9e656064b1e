"""Where a rig may point: its altitudes, the site's horizon, and never near the Sun."""

from datetime import datetime
from typing import Protocol

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    BelowHorizon,
    DeviceError,
    FileDamaged,
    OperationFailed,
    OutOfLimit,
    ScienceUnavailable,
)
from crowdsky_tui.config.instrument_settings import InstrumentSettings
from crowdsky_tui.instruments.interface import InstructionPlan
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.atmosphere import airmass, refraction_deg
from crowdsky_tui.sky.coordinates import PositionJ2000, SkyTarget
from crowdsky_tui.sky.messages import Pointing


class Sky(Protocol):
    """Who knows where things stand (`compute.client.Science`)."""

    async def pointing(self, position: PositionJ2000, place: Place, when: datetime) -> Pointing:
        """Where a position stands, and how far the Sun is from it."""


class PointingLimits:
    """The limits of one rig. Without a place, or without an answer of `sky`, nothing is allowed."""

    def __init__(
        self,
        settings: InstrumentSettings,
        horizon: Horizon,
        place: Place | None,
        sky: Sky,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._horizon = horizon
        self._place = place
        self._sky = sky
        self._clock = clock

    async def check(self, target: SkyTarget) -> Pointing:
        """Where the target stands now.

        Raises
        ------
        OutOfLimit
            For a target too near to the Sun, or too low or too high for the mount.
        BelowHorizon
            For one behind the site's horizon.
        OperationFailed
            Where one of these cannot be told.
        """
        if self._place is None:
            raise OperationFailed(
                f"{target.name} may stand anywhere",
                "the place is not set, so that neither its altitude nor the Sun's is known",
                "Set site.latitude and site.longitude",
            )
        try:
            seen = await self._sky.pointing(target.j2000, self._place, self._clock.now())
        except (ScienceUnavailable, FileDamaged) as error:
            raise OperationFailed(
                f"how far {target.name} is from the Sun is not known",
                str(error),
                "Nothing was moved. Try again",
            ) from error
        self._refuse(target.name, seen)
        return seen

    async def airmass(self, target: SkyTarget | None, when: datetime) -> float | None:
        """How much air there is before a target, 1 in the zenith; None where it is not known."""
        if target is None or self._place is None:
            return None
        try:
            seen = await self._sky.pointing(target.j2000, self._place, when)
        except (ScienceUnavailable, FileDamaged):
            return None
        return airmass(seen.altitude_deg + refraction_deg(seen.altitude_deg))

    def _refuse(self, name: str, seen: Pointing) -> None:
        """Each written so that what is not a number is refused."""
        least = self._settings.sun_distance
        if not seen.sun_apart_deg >= least:
            raise OutOfLimit(
                f"{name} is too near to the Sun",
                f"{seen.sun_apart_deg:.0f}° from it, {least:g}° is the least",
                "Wait for another season, or another target",
            )
        low, high = self._settings.min_altitude, self._settings.max_altitude
        if not low <= seen.altitude_deg <= high:
            raise OutOfLimit(
                f"{name} stands at an altitude of {seen.altitude_deg:.0f}°",
                f"the mount's limits are {low:g}° and {high:g}°",
                "Wait until it stands between them",
            )
        if not self._horizon.clears(seen.altitude_deg, seen.azimuth_deg):
            raise BelowHorizon(
                f"{name} is behind your horizon",
                f"at {seen.altitude_deg:.0f}°, azimuth {seen.azimuth_deg:.0f}°",
                "Wait until it stands free",
            )


async def plan_goto(limits: PointingLimits, target: SkyTarget, *, centres: bool) -> InstructionPlan:
    """The steps of a goto now, or what speaks against it."""
    try:
        seen = await limits.check(target)
    except DeviceError as error:
        return InstructionPlan(warnings=(str(error),))
    steps = ("unpark the mount if need be", "follow the sky", f"go to {target.name}")
    centring = ("centre it by solving pictures",) if centres else ()
    return InstructionPlan((*steps, *centring), altitude_deg=seen.altitude_deg)
