"""Days as surveys are asked for them."""

from datetime import UTC, datetime, timedelta

_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)


def modified_julian_day(when: datetime) -> float:
    """A moment as modified Julian day in UTC."""
    return (when - _MJD_ZERO) / timedelta(days=1)


def julian_day(when: datetime) -> float:
    """A moment as Julian day in UTC."""
    return modified_julian_day(when) + 2_400_000.5
