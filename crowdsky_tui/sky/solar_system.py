"""Planets and the Moon by name. The Sun is refused. Child only."""

from datetime import datetime

from astropy.coordinates import get_body
from astropy.time import Time

from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import BODIES
from crowdsky_tui.sky.sun_moon import offline

SOURCE = "astropy's ephemeris"
MOON_MOVES = (
    "the Moon moves by its own width in an hour and is seen up to 1° beside this from your place"
)


def find_body(typed: str, when: datetime) -> tuple[str, PositionJ2000, str, str] | None:
    """Name, direction from the Earth's centre at `when`, source and what to know; None if none."""
    name = typed.strip().capitalize()
    if name not in BODIES:
        return None
    with offline():
        seen = get_body(name.lower(), Time(when))
    # its direction is what counts: a place at its distance would be seen from the Sun's centre
    place = PositionJ2000(float(seen.ra.deg), float(seen.dec.deg))
    return name, place, SOURCE, MOON_MOVES if name == "Moon" else ""
