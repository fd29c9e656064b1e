"""The clock that everything in one night shares: the real one, or a demo's fast one."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from uuid import uuid4

SHORTEST_WAIT = 0.02  # real seconds: a fast demo must not become a busy loop

FIRST_YEAR, LAST_YEAR = 2025, 2035
"""A clock that says an earlier year, or a later one, was never set, or was set wrong."""
FIRST_SEESTAR_YEAR = 2022
AHEAD = timedelta(days=1)


def clock_problem(now: datetime) -> str:
    """Why this machine's clock cannot be right; empty if it can."""
    if FIRST_YEAR <= now.year <= LAST_YEAR:
        return ""
    return f"this machine's clock cannot be right (it says {now:%Y-%m-%d}): waiting until it is set"


def night_problem(start: datetime, now: datetime) -> str:
    """Why sub-frames of this time (aware) were taken by a clock that was not set; or nothing."""
    if start.year < FIRST_SEESTAR_YEAR:
        when = f"{start:%Y-%m-%d} was before there were such telescopes"
    elif start - now > AHEAD:
        when = f"{start:%Y-%m-%d} is still to come"
    else:
        return ""
    return f"the telescope's clock was not set: {when}"


def _boot() -> str:
    """A word for this run of the machine: within it the steady clocks of all processes agree."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return uuid4().hex


BOOT = _boot()


def slept_s() -> float:
    """For how many seconds this machine has slept since it was started: no steady clock counts."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


class Clock:
    """Aware UTC time. A simulated clock read `origin` when the real one read `since`.

    `speed` is simulated seconds per real second. Every process that is given the same three values
    reads the same time.
    """

    def __init__(
        self, origin: datetime | None = None, since: datetime | None = None, speed: float = 1.0
    ) -> None:
        if speed <= 0:
            raise ValueError("a clock's speed must be positive")
        if (origin is None) != (since is None):
            raise ValueError("a simulated clock needs both origin and since")
        for value in (origin, since):
            if value is not None and value.tzinfo is None:
                raise ValueError("a clock takes aware datetimes only")
        self.origin = origin
        self.since = since
        self.speed = speed

    @property
    def simulated(self) -> bool:
        """Whether it does not show the real time."""
        return self.origin is not None

    @property
    def badge(self) -> str:
        """What a screen says of a clock that is not the real one: `DEMO ×60`."""
        return f"DEMO ×{self.speed:g}" if self.simulated else ""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        real = datetime.now(UTC)
        if self.origin is None or self.since is None:
            return real
        elapsed = (real - self.since).total_seconds() * self.speed
        return (self.origin + timedelta(seconds=elapsed)).astimezone(UTC)

    def steady(self) -> float:
        """Seconds of this clock since some moment: for limits, as nobody can set it."""
        return time.monotonic() * self.speed

    def real_seconds(self, seconds: float) -> float:
        """How long `seconds` of this clock last on a watch."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        await asyncio.sleep(max(self.real_seconds(seconds), SHORTEST_WAIT))


class StoppedClock(Clock):
    """Stands at one moment, as a night that is over does."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(moment, moment)
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


def zone_named(name: str) -> tzinfo:
    """The zone with an IANA name such as `Europe/Vienna`, or `UTC+01:00`; ValueError for others."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # 2 ms: not before the first frame

    try:
        if name.startswith(("UTC+", "UTC-")):
            return timezone(datetime.strptime(name, "UTC%z").utcoffset() or timedelta())
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone named {name!r}") from error
