"""What every survey is: described, searched for a star, and asked for its measurements."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.timeseries.surveys.messages import Form

PATIENCE = Patience(connect=10, read=150, write=30, whole=1800)
LARGEST = 20_000_000
"""Bytes of one answer."""
BETWEEN_S = 0.5
"""At most two requests a second."""

Note = Callable[[str], Awaitable[None]]
"""Keeps a text for the next fetch, on the disk before it returns."""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a survey is, for people and for those who choose.

    Attributes
    ----------
    brightest, faintest
        Magnitudes between which it is worth asking; only advice, nothing is refused by them.
    south, north
        Declinations in degrees between which it looked.
    by_name, by_gaia
        It knows a star by its name, or its number in Gaia's catalogue, not by its place.
    recheck_days
        So long an empty answer is believed.
    """

    name: str
    title: str
    bands: tuple[str, ...]
    brightest: float
    faintest: float
    south: float = -90.0
    north: float = 90.0
    account: bool = False
    by_name: bool = False
    by_gaia: bool = False
    recheck_days: float = 30.0
    remark: str = ""


class StarPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A star as surveys are asked for it: ICRS degrees at the time of observation."""

    name: str
    ra_deg: float
    dec_deg: float
    gaia_id: str = ""


class Window(msgspec.Struct, frozen=True):
    """From when until when."""

    since: datetime
    until: datetime


class Part(msgspec.Struct, frozen=True):
    """One answer of a survey as it came. `address` holds no secret and no account."""

    raw: bytes
    form: Form
    address: str
    status: int


class NotCovered(CrowdSkyError):
    """The survey cannot have this star; nobody was asked."""


class Survey(Protocol):
    """One survey."""

    @property
    def description(self) -> Description:
        """What it is."""

    def search(self, star: StarPlace) -> str:
        """By what the survey is asked for the star. Asks nobody.

        Raises
        ------
        NotCovered
            It cannot have it: too far south, no name, no number.
        """

    def fetch(
        self, star: StarPlace, window: Window, resume: str, note: Note
    ) -> AsyncIterator[Part]:
        """The answers, one after another; each is whole.

        Parameters
        ----------
        resume
            What the last fetch noted; "" if there was none.
        note
            Keeps what the next fetch has to know if this one ends here.

        Raises
        ------
        CrowdSkyError
            `retryable`, or an `outage`, where another try may help.
        """

    async def close(self) -> None:
        """Close its connections."""


def check_covered(description: Description, star: StarPlace) -> None:
    """Refuse a star that the survey cannot have. NotCovered."""
    what = f"{description.title} has no {star.name}"
    if not description.south <= star.dec_deg <= description.north:
        raise NotCovered(what, f"it looked from {description.south:+g} to {description.north:+g}°")
    if description.by_gaia and not star.gaia_id:
        raise NotCovered(what, "the star's number in Gaia's catalogue is not known")
