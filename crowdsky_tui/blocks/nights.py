"""Which night a moment belongs to. A night runs from noon to noon, named by its evening's date."""

from datetime import date, datetime, timedelta

_HALF_A_DAY = timedelta(hours=12)
QUARTER = timedelta(minutes=15)


def night_of(moment: datetime) -> date:
    """The evening's date of the night that `moment` belongs to, by the clock that it is told on.

    Parameters
    ----------
    moment : datetime
        Aware, on the scope's clock (in its zone, or with its UTC offset), or naive on it.
    """
    return (moment - _HALF_A_DAY).date()


def last_night(moment: datetime) -> date:
    """The evening's date of the night that is ending, or over, at `moment` (as above)."""
    return (moment - timedelta(days=1)).date()


def quarter_of_night(moment: datetime) -> int:
    """Quarters of an hour since the noon before: 0 to 95, by the moment's own clock."""
    since_midnight = timedelta(hours=moment.hour, minutes=moment.minute)
    return (since_midnight - _HALF_A_DAY) % timedelta(days=1) // QUARTER
