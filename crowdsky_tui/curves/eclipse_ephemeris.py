"""When a star is eclipsed, as it is typed and kept with a project. Pure."""

from math import ceil

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean

USUAL_WIDTH = 0.1
LONGEST_D, SHORTEST_D = 100_000.0, 0.02
EARLIEST_JD, LATEST_JD = 2_300_000.0, 2_600_000.0


class Ephemeris(msgspec.Struct, frozen=True):
    """When a star is eclipsed: every `period_d` days from `epoch` (BJD) on.

    `width` is the part of the period that an eclipse takes.
    """

    period_d: float
    epoch: float
    width: float = USUAL_WIDTH

    def eclipsed(self, bjd: float) -> bool:
        """Whether this moment lies in an eclipse."""
        phase = ((bjd - self.epoch) / self.period_d + 0.5) % 1.0 - 0.5
        return abs(phase) <= self.width / 2

    def minima(self, first: float, last: float) -> list[float]:
        """The middles from one moment up to another, as BJD."""
        cycle = ceil((first - self.epoch) / self.period_d)
        found = []
        while (middle := self.epoch + cycle * self.period_d) < last:
            found.append(middle)
            cycle += 1
        return found


def read_ephemeris(typed: str) -> tuple[str, Ephemeris]:
    """A star and its eclipses as they are typed: `STAR=PERIOD,EPOCH` or with `,WIDTH`.

    Raises
    ------
    UsageError
        It is none.
    """
    star, sign, rest = typed.rpartition("=")
    cells = rest.split(",")
    try:
        numbers = [float(each) for each in cells]
    except ValueError:
        numbers = []
    name = clean(star.strip(), 60)
    if not sign or not name or len(numbers) not in (2, 3):
        raise UsageError(
            f"{clean(typed, 60)} is no ephemeris", "", "STAR=PERIOD,EPOCH in days and BJD"
        )
    return name, checked_ephemeris(name, *numbers)


def checked_ephemeris(
    star: str, period_d: float, epoch: float, width: float = USUAL_WIDTH
) -> Ephemeris:
    """An ephemeris in days and BJD. UsageError where a star cannot have it."""
    if not (
        SHORTEST_D <= period_d <= LONGEST_D
        and EARLIEST_JD <= epoch <= LATEST_JD
        and 0 < width < 0.5
    ):
        raise UsageError(
            f"{clean(star, 60)} cannot have these eclipses",
            f"a period of {SHORTEST_D:g} to {LONGEST_D:,.0f} days, an epoch as BJD, a width below "
            "half the period",
        )
    return Ephemeris(period_d, epoch, width)
