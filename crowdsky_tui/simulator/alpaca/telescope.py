"""A mount. Positions are J2000, in hours and degrees, as a Seestar's own server tells them."""

from __future__ import annotations

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alpaca.members import (
    INVALID_OPERATION,
    PARKED,
    AlpacaFault,
    Device,
    does,
    invalid,
    missing,
    reads,
)

DEGREES_PER_S = 5.0
SHORTEST_SLEW_S = 2.0
PARKING_S = 8.0
WRONG_STATE = 1279
"""The Seestar driver's own number for tracking off, arm closed, or at home."""
EQUATORIAL_J2000 = 2


class Telescope(Device):
    """`seestar` keeps to what a Seestar's driver refuses."""

    kind = "telescope"
    version = 4

    def __init__(
        self, name: str, unique_id: str, clock: Clock, *, seestar: bool = False, modern: bool = True
    ) -> None:
        super().__init__(name, unique_id, modern=modern)
        self.seestar = seestar
        self.is_parked, self.is_tracking = True, False
        self.ra_hours, self.dec_deg = 0.0, 90.0
        self.misses_by_deg = 0.0
        """A slew ends so far away from where it should."""
        self.errs_deg = (0.0, 0.0)
        """It looks so far from where it says: degrees of right ascension, and of declination."""
        self.never_ends = False
        self._clock = clock
        self._goal = (self.ra_hours, self.dec_deg)
        self._start = self._goal
        self._begun = self._arrives = 0.0
        self._parking = False

    # --- where it is -----------------------------------------------------------------------------

    def run(self) -> None:
        """What has happened by now."""
        now = self._clock.steady()
        if now < self._arrives or self.never_ends:
            part = (now - self._begun) / max(self._arrives - self._begun, 0.1)
            part = min(part, 0.99)
            self.ra_hours, self.dec_deg = (
                start + part * (goal - start)
                for start, goal in zip(self._start, self._goal, strict=True)
            )
            return
        self.ra_hours, self.dec_deg = self._goal
        if self._parking:
            self.is_parked, self._parking = True, False

    @property
    def looks_at(self) -> tuple[float, float]:
        """Where it looks indeed, in degrees (J2000)."""
        self.run()
        ra, dec = self.errs_deg
        return (15 * self.ra_hours + ra) % 360, min(self.dec_deg + dec, 90.0)

    @property
    def is_slewing(self) -> bool:
        """Whether it is on its way to a place."""
        moves = self._clock.steady() < self._arrives
        return moves or (self.never_ends and self._arrives > 0)

    def _begin(self, goal: tuple[float, float], seconds: float) -> None:
        self.run()
        self._start, self._goal = (self.ra_hours, self.dec_deg), goal
        self._begun = self._clock.steady()
        self._arrives = self._begun + seconds

    def state_values(self) -> dict[str, object]:
        """What `DeviceState` tells at once, by ASCOM's names."""
        self.run()
        return {
            "RightAscension": self.ra_hours,
            "Declination": self.dec_deg,
            "Slewing": self.is_slewing,
            "Tracking": self.is_tracking,
            "AtPark": self.is_parked,
        }

    @reads()
    def rightascension(self) -> float:
        """Right ascension in hours, of the equinox that `equatorialsystem` tells."""
        self.run()
        return self.ra_hours

    @reads()
    def declination(self) -> float:
        """Declination in degrees, of the equinox that `equatorialsystem` tells."""
        self.run()
        return self.dec_deg

    @reads()
    def slewing(self) -> bool:
        """Whether it moves to a place."""
        self.run()
        return self.is_slewing

    @reads()
    def atpark(self) -> bool:
        """Whether it is parked."""
        self.run()
        return self.is_parked

    @reads()
    def athome(self) -> bool:
        """Whether it is at its home."""
        return False

    @reads()
    def tracking(self) -> bool:
        """Whether it follows the sky."""
        return self.is_tracking

    @reads()
    def equatorialsystem(self) -> int:
        """1 equinox of date, 2 J2000."""
        return EQUATORIAL_J2000

    @reads()
    def sideofpier(self) -> int:
        """0 east, 1 west, -1 unknown."""
        if self.seestar:
            raise missing("SideOfPier")
        return 0

    @reads()
    def focallength(self) -> float:
        """The focal length in metres."""
        if self.seestar:
            raise missing("FocalLength")
        return 0.4

    # --- what it can -----------------------------------------------------------------------------

    @reads()
    def canslewasync(self) -> bool:
        """Whether it can be sent to a place and asked meanwhile."""
        return True

    @reads()
    def canslew(self) -> bool:
        """Whether it can be sent to a place."""
        return False

    @reads()
    def canslewaltazasync(self) -> bool:
        """Whether it can be sent to azimuth and altitude."""
        return False

    @reads()
    def canpark(self) -> bool:
        """Whether it can be parked."""
        return True

    @reads()
    def canunpark(self) -> bool:
        """Whether it can be unparked."""
        return True

    @reads()
    def cansettracking(self) -> bool:
        """Whether tracking can be switched."""
        return True

    # --- what it does ----------------------------------------------------------------------------

    @does("tracking", Tracking=bool)
    def set_tracking(self, tracking: bool) -> None:
        """Follow the sky, or stop."""
        if self.is_parked:
            raise AlpacaFault(PARKED, "the telescope is parked")
        self.is_tracking = tracking

    @does(RightAscension=float, Declination=float)
    def slewtocoordinatesasync(self, ra_hours: float, dec_deg: float) -> None:
        """Begin to go to a right ascension in hours and a declination in degrees."""
        self.run()
        if self.is_parked:
            raise AlpacaFault(PARKED, "the telescope is parked")
        if not self.is_tracking:
            number = WRONG_STATE if self.seestar else INVALID_OPERATION
            raise AlpacaFault(number, "the telescope does not track")
        if not 0 <= ra_hours < 24 or not -90 <= dec_deg <= 90:
            raise invalid("there is no such place")
        goal = (ra_hours, min(dec_deg + self.misses_by_deg, 90.0))
        far = max(abs(goal[0] - self.ra_hours) * 15, abs(goal[1] - self.dec_deg))
        self._begin(goal, max(far / DEGREES_PER_S, SHORTEST_SLEW_S))

    @does()
    def abortslew(self) -> None:
        """Stop where it is."""
        self.run()
        if self.is_parked:
            raise AlpacaFault(PARKED, "the telescope is parked")
        self._goal = self._start = (self.ra_hours, self.dec_deg)
        self._arrives, self._parking, self.never_ends = 0.0, False, False

    @does()
    def park(self) -> None:
        """Begin to park; it follows the sky no more."""
        self.run()
        if not self.is_parked:
            self._begin((0.0, 90.0), PARKING_S)
            self._parking, self.is_tracking = True, False

    @does()
    def unpark(self) -> None:
        """Let it move again."""
        self.is_parked = self._parking = False
