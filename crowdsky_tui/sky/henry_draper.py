"""HD numbers, by Hipparcos of 1997 and the central stars of OpenNGC. Child only.

Hipparcos (ESA SP-1200, VizieR I/239) names the HD number of 98,880 of its stars (field H71):
`catalogues/henry_draper.zlib` holds them in the order of the Hipparcos numbers, four bytes each.
"""

import re
import sys
import zlib
from array import array
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from crowdsky_tui.sky.catalogue_tables import bytes_of
from crowdsky_tui.sky.stars import HIPPARCOS, Star, hipparcos

_HD = re.compile(r"hd\s*0*([1-9][0-9]{0,5})", re.IGNORECASE)


def number_of(typed: str) -> int | None:
    """172167 of `HD 172167`; None if this is no such number."""
    match = _HD.fullmatch(typed)
    return int(match[1]) if match else None


def central_star(number: int) -> str | None:
    """The planetary nebula whose central star has this HD number, by OpenNGC's name."""
    return _central_stars().get(number)


def catalogue_star(number: int, when: datetime) -> Star | None:
    """The star of this HD number where it has moved to at `when`; the brightest of several.

    None if Hipparcos has no such star. Raises NoCatalogue.
    """
    found = [star for hip in _hipparcos_numbers(number) if (star := hipparcos(hip))]
    if not found:
        return None
    brightest = min(found, key=lambda star: star.magnitude)
    return f"HD {number}", brightest.at(when), HIPPARCOS


def _hipparcos_numbers(number: int) -> list[int]:
    return [hip for hip, each in enumerate(_numbers()) if each == number]


def _numbers() -> "array[int]":
    """The HD number of each Hipparcos number; 0 for none."""
    numbers = array("I")
    numbers.frombytes(zlib.decompress(bytes_of("henry_draper.zlib")))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


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
