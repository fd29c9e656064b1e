"""How far a telescope's clock is off ours (docs/design/seestar-protocol.md 3.2)."""

from datetime import UTC, datetime, tzinfo

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CommandRefused
from crowdsky_tui.instruments.seestar.control.state import section, whole_of
from crowdsky_tui.instruments.seestar.stacking.batch import Caller

LARGEST_OFFSET_S = 90.0
_PARTS = ("year", "mon", "day", "hour", "min", "sec")


async def clock_doubt(scope: Caller, zone: tzinfo, clock: Clock) -> str:
    """Why its clock or ours cannot be right; empty if they agree, or if it does not tell."""
    before = clock.now()
    offset = await clock_offset(scope, zone, clock)
    asking_s = (clock.now() - before).total_seconds()  # a fast clock runs while one asks
    if offset is None or abs(offset) <= LARGEST_OFFSET_S + asking_s:
        return ""
    return (
        f"the telescope's clock is {offset:+,.0f} s off this machine's, so nothing is stacked on"
        " it: set both"
    )


async def clock_offset(scope: Caller, zone: tzinfo, clock: Clock) -> float | None:
    """Its clock minus ours in seconds, to about a second; None if it does not tell.

    In an hour that happens twice the nearer of the two is meant. Raises DeviceError.
    """
    before = clock.now()
    try:
        said = await scope.call("pi_get_time")
    except CommandRefused:
        return None
    middle = before + (clock.now() - before) / 2
    return offset_from(said, zone, middle)


def offset_from(said: object, zone: tzinfo, now: datetime) -> float | None:
    """The same from the reply of `pi_get_time`, which is wall clock in `zone`."""
    fields = section(said)
    parts = [whole_of(fields, key) for key in _PARTS]
    try:
        wall = datetime(*(part for part in parts if part is not None), tzinfo=zone)  # type: ignore[misc, arg-type]
        readings = [
            (wall.replace(fold=fold).astimezone(UTC) - now).total_seconds() for fold in (0, 1)
        ]
    except (TypeError, ValueError, OverflowError):
        return None
    return min(readings, key=abs) if None not in parts else None
