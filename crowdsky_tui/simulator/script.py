"""The scripted night of 27 to 28 February 2026: who looked at what, when, and how well.

Times are UTC; the telescopes' wall clocks (Europe/Vienna) are an hour ahead.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui.simulator.sky import Quality

EVENING = datetime(2026, 2, 27, 17, 0, tzinfo=UTC)
MORNING_AFTER = datetime(2026, 2, 28, 5, 30, tzinfo=UTC)
MIDDLE = datetime(2026, 2, 28, 0, 50, tzinfo=UTC)

OVERHEAD = timedelta(seconds=1.5)  # between two exposures: reading out and saving

# RA, Dec in degrees, mean equinox of February 2026.
POSITIONS = {
    "M 81": (149.4202, 68.9406),
    "NGC 7000": (314.984, 44.4325),
    "AM Leo": (165.887, 9.7543),
    "T CrB": (240.1496, 25.8471),
    "M 51": (202.7446, 47.0606),
    "M 101": (211.0335, 54.2239),
    "M 13": (250.6573, 36.4125),
}

SERIALS = (
    "a3490de1",
    "5c3e0de2",
    "10d50de3",
    "77b20de4",
    "e4a10de5",
    "2f680de6",
    "91c70de7",
    "d0360de8",
)


class Session(msgspec.Struct, frozen=True):
    """One stretch of one target. `clouds` are (from, to) minutes in which frames are dropped."""

    target: str
    begin: datetime
    minutes: float
    exposure_s: float
    filter: str = "IRCUT"
    quality: Quality = "clear"
    clouds: tuple[tuple[float, float], ...] = ()


class Frame(msgspec.Struct, frozen=True):
    """One exposure; a dropped one leaves no file.

    `position` is RA, Dec in degrees, equinox of date; None for the script's own targets.
    """

    target: str
    begun: datetime
    exposure_s: float
    filter: str
    quality: Quality
    dropped: bool
    position: tuple[float, float] | None = None

    @property
    def saved(self) -> datetime:
        """When the file appears; its name carries this moment."""
        return self.begun + timedelta(seconds=self.exposure_s + 1)


def _at(clock: str) -> datetime:
    """A UTC time of day of that night; before noon is the 28th."""
    hour, minute = (int(part) for part in clock.split(":"))
    moment = EVENING.replace(hour=hour, minute=minute)
    return moment if hour >= 12 else moment + timedelta(days=1)


def frames_of(session: Session) -> Iterator[Frame]:
    """The session's exposures, one after another."""
    begun, end = session.begin, session.begin + timedelta(minutes=session.minutes)
    while begun + timedelta(seconds=session.exposure_s + 1) < end:
        since = (begun - session.begin).total_seconds() / 60
        yield Frame(
            session.target,
            begun,
            session.exposure_s,
            session.filter,
            session.quality,
            any(low <= since < high for low, high in session.clouds),
        )
        begun += timedelta(seconds=session.exposure_s) + OVERHEAD


def _first_scope() -> list[Session]:
    """Done by ten; M 81 is partly stacked, and changed its filter within one block."""
    return [
        Session("NGC 7000", _at("17:26"), 3.5, 30.0, "LP"),
        Session("NGC 7000", _at("17:30"), 45, 30.0, "LP"),
        Session("NGC 7000", _at("18:15"), 15, 30.0, "LP", clouds=((1.5, 4), (6, 10))),
        Session("M 81", _at("19:00"), 60, 20.0),
        Session("M 81", _at("20:00"), 15, 20.0, quality="hazy"),
        Session("M 81", _at("20:15"), 15, 20.0, clouds=((4, 6),)),
        Session("M 81", _at("20:30"), 7.6, 20.0),
        Session("M 81", _at("20:38"), 37, 20.0, "LP"),
        Session("AM Leo", _at("21:30"), 15, 10.0),
        Session("AM Leo", _at("21:45"), 15, 10.0, quality="trailed"),
    ]


def _other_scope(number: int) -> list[Session]:
    """M 81 again, at first in the very same blocks as the first telescope, then another target."""
    target = ("T CrB", "M 101", "M 13")[(number - 1) % 3]
    return [
        Session("M 81", _at("19:00"), 15, 20.0),
        Session("M 81", _at("19:15"), 30, 30.0),
        Session(target, _at("22:30"), 30, 20.0),
        Session(target, _at("23:00"), 15, 20.0, quality="defocused"),
    ]


LAST_SESSION = Session("M 51", _at("0:20"), 75, 30.0, clouds=((8, 10), (44, 46)))


def sessions(number: int, scopes: int) -> list[Session]:
    """What telescope `number` (from 0) of `scopes` does in that night, in order."""
    own = _first_scope() if number == 0 else _other_scope(number)
    return [*own, LAST_SESSION] if number == scopes - 1 else own
