"""A telescope's own clock: the shared clock, its offset from it, and its zone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from crowdsky_tui.base.clock import Clock, zone_named

BOOTED_BEFORE = 3600.0  # seconds of uptime when a stand-in starts


class ScopeTime:
    """What the telescope believes: wrong by `offset` after somebody set it wrong."""

    def __init__(self, clock: Clock, zone: str) -> None:
        self.clock = clock
        self.zone_name = zone
        self.zone = zone_named(zone)
        self.offset = timedelta(0)
        self._booted = clock.now() - timedelta(seconds=BOOTED_BEFORE)

    def now(self) -> datetime:
        """The moment the telescope believes it is, aware, in UTC."""
        return self.clock.now() + self.offset

    def local(self, moment: datetime) -> datetime:
        """A true moment on the telescope's wall clock, aware, in its zone."""
        return (moment + self.offset).astimezone(self.zone)

    def timestamp(self) -> str:
        """Seconds since boot with nine decimals, as replies and events carry it."""
        return f"{(self.clock.now() - self._booted).total_seconds():.9f}"

    def read(self) -> dict[str, object]:
        """`pi_get_time`."""
        now = self.now().astimezone(self.zone)
        return {
            "year": now.year,
            "mon": now.month,
            "day": now.day,
            "hour": now.hour,
            "min": now.minute,
            "sec": now.second,
            "time_zone": self.zone_name,
        }

    def set(self, fields: Mapping[str, object]) -> None:
        """`pi_set_time`: wall clock and zone; KeyError, TypeError or ValueError if malformed."""
        name = str(fields["time_zone"])
        zone = zone_named(name)
        parts = [int(str(fields[key])) for key in ("year", "mon", "day", "hour", "min", "sec")]
        wall = datetime(*parts, tzinfo=zone)  # type: ignore[arg-type, misc]
        self.zone_name, self.zone = name, zone
        self.offset = wall.astimezone(UTC) - self.clock.now()
