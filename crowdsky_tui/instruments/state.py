"""How an instrument is: each value with its age, so that no old one passes for a new one."""

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow
from crowdsky_tui.store.store import ScopeState

T = TypeVar("T")


class Dated(msgspec.Struct, Generic[T], frozen=True):
    """A value and how many seconds ago it was read; both None where it never was."""

    value: T | None = None
    age_s: float | None = None


class Activity(StrEnum):
    """What an instrument is about."""

    RESTING = "resting"
    MOVING = "moving"
    FOCUSING = "focusing"
    LOOKING = "looking"
    """It follows a place on the sky and keeps no frames."""
    TAKING = "taking frames"


class InstrumentState(msgspec.Struct, frozen=True):
    """One look at an instrument, old values included.

    `link` and `reason` say whether it answers, `doing` what we have told it, in plain words, empty
    if nothing is under way. `used_by_others` says who else is at it, empty for nobody; `about` is
    the activity in the instrument's own words. The type of `position` says frame and unit.
    `starts_by_itself`: frames begin by themselves after a goto. `free_bytes` is the room left for
    frames.
    """

    link: ScopeState
    reason: str = ""
    doing: str = ""
    activity: Dated[Activity] = Dated()
    about: Dated[str] = Dated()
    used_by_others: Dated[str] = Dated()
    target: Dated[str] = Dated()
    position: Dated[PositionJNow | PositionJ2000] = Dated()
    parked: Dated[bool] = Dated()
    moving: Dated[bool] = Dated()
    tracking: Dated[bool] = Dated()
    starts_by_itself: Dated[bool] = Dated()
    frames_kept: Dated[int] = Dated()
    frames_dropped: Dated[int] = Dated()
    filter: Dated[str] = Dated()
    exposure_s: Dated[float] = Dated()
    gain: Dated[int] = Dated()
    heater_percent: Dated[int] = Dated()
    focus_step: Dated[int] = Dated()
    temperature_c: Dated[float] = Dated()
    battery_percent: Dated[int] = Dated()
    charging: Dated[bool] = Dated()
    free_bytes: Dated[int] = Dated()
    signal_dbm: Dated[int] = Dated()


class Readings:
    """The last value of each field of `InstrumentState`, and when it was read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: dict[str, tuple[object, float]] = {}

    def note(self, **values: object) -> None:
        """Keep what was read just now; None tells nothing, and the old value goes on ageing."""
        now = self._clock.steady()
        for name, value in values.items():
            if value is not None:
                self._read[name] = value, now

    def state(self, link: ScopeState, reason: str, doing: str) -> InstrumentState:
        """All of them with their ages now."""
        now = self._clock.steady()
        dated = {name: Dated(value, now - at) for name, (value, at) in self._read.items()}
        return msgspec.structs.replace(InstrumentState(link, reason, doing), **dated)
