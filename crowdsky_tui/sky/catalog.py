"""From a typed name or typed coordinates to a place on the sky, without a network. Child only.

Messier, NGC, IC and Caldwell objects and most names come from OpenNGC (package pyongc: code MIT,
data CC BY-SA 4.0, J2000), variable stars from `variable_stars`, the rest from the modules beside
this one. Precession is astropy's, to the mean equinox of date.
"""

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

import astropy.units as u
from astropy.coordinates import FK5, ICRS, SkyCoord
from astropy.time import Time

from crowdsky_tui.base.text import clean, path_component
from crowdsky_tui.blocks import designation, target_key
from crowdsky_tui.sky import henry_draper
from crowdsky_tui.sky.common_names import COMMON_NAMES
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget
from crowdsky_tui.sky.messages import BODIES
from crowdsky_tui.sky.nebulae import find_nebula, is_typed_so, nebula_names
from crowdsky_tui.sky.solar_system import find_body
from crowdsky_tui.sky.star_designations import (
    designation_of,
    hipparcos_number,
    near_designations,
)
from crowdsky_tui.sky.stars import (
    HIPPARCOS,
    NoCatalogue,
    hipparcos_star,
    is_hipparcos_number,
    named_star,
    star_names,
)
from crowdsky_tui.sky.sun_moon import moon_distance_deg
from crowdsky_tui.sky.variable_stars import SOURCE, VARIABLES

OPEN_NGC = "OpenNGC"
TYPED = "typed, J2000"
LONGEST_NAME = 60

_TWO_NUMBERS = re.compile(r"([+]?[0-9]+(?:\.[0-9]*)?)(?:\s*,\s*|\s+)([+-]?[0-9]+(?:\.[0-9]*)?)")
_PART = r"([0-9]{1,3}(?:\.[0-9]*)?)"
_MINUTES, _SECONDS = r"(?:[m:′']\s*|\s+)", r"(?:s|\"|′′|'')?"  # NFKC makes two strokes of ″
_SEXAGESIMAL = re.compile(
    rf"{_PART}(?:[h:]\s*|\s+){_PART}{_MINUTES}{_PART}{_SECONDS}(?:\s*,\s*|\s+|(?=[-+−]))"
    rf"([-+−]?)\s*{_PART}(?:[d°:]\s*|\s+){_PART}{_MINUTES}{_PART}{_SECONDS}",
    re.IGNORECASE,
)
_OF_OPEN_NGC = re.compile(
    r"(c|caldwell|ugc|ugca|pgc|leda|mcg|eso|lbn|mel|melotte|cl|hcg|mwsc)\s*[-+0-9].*", re.IGNORECASE
)
_LOOKS_TYPED = re.compile(r"[+-]?[0-9][0-9+.\s,:hmsd°′'\"−-]*", re.IGNORECASE)


class NotFound(Exception):
    """There is no such object; the text says what can be typed instead."""


def find_target(text: str, when: datetime) -> SkyTarget:
    """The object of this name, or the place of these coordinates (J2000), at the moment `when`.

    Raises NotFound with a plain reason.
    """
    typed = " ".join(unicodedata.normalize("NFKC", text).split())
    if not typed or len(typed) > LONGEST_NAME:
        raise NotFound("a target is a name or a pair of coordinates")
    try:
        name, position, source, note = _coordinates(typed) or _named(typed, when)
    except NoCatalogue as error:
        raise NotFound(str(error)) from error
    jnow, moon = to_jnow(position, when), moon_distance_deg(position, when)
    return SkyTarget(name, position, jnow, source, note, moon)


def to_jnow(position: PositionJ2000, when: datetime) -> PositionJNow:
    """Precess to the mean equinox of the moment `when` (aware)."""
    place = SkyCoord(position.ra_deg_j2000 * u.deg, position.dec_deg_j2000 * u.deg, frame=ICRS())
    of_date = place.transform_to(FK5(equinox=Time(when)))
    return PositionJNow(float(of_date.ra.hour), float(of_date.dec.deg))


def to_j2000(position: PositionJNow, when: datetime) -> PositionJ2000:
    """The way back, for display."""
    place = SkyCoord(
        position.ra_hours_jnow * u.hourangle,
        position.dec_deg_jnow * u.deg,
        frame=FK5(equinox=Time(when)),
    ).transform_to(ICRS())
    return PositionJ2000(float(place.ra.deg), float(place.dec.deg))


Found = tuple[str, PositionJ2000, str, str]
"""Name, place, who says so, and what the user must know before it is gone to."""


def _named(typed: str, when: datetime) -> Found:
    """The first catalogue that knows it."""
    if found := _variable(typed) or _elsewhere(typed, when):
        return found
    if designation(typed) or _OF_OPEN_NGC.fullmatch(typed):
        return _deep_sky(typed)
    return _called(typed, when)


def _coordinates(typed: str) -> Found | None:
    """Typed coordinates; None if this is a name. NotFound if they cannot be on the sky."""
    if match := _SEXAGESIMAL.fullmatch(typed):
        ra = 15 * _whole(match.group(1, 2, 3), "right ascension")
        dec = _whole(match.group(5, 6, 7), "declination")
        return _at(ra, -dec if match.group(4) in ("-", "−") else dec)
    if match := _TWO_NUMBERS.fullmatch(typed):
        return _at(float(match.group(1)), float(match.group(2)))
    if _LOOKS_TYPED.fullmatch(typed) and designation(typed) is None:
        raise NotFound(
            "coordinates are typed as 09 55 33 +69 03 55, as 9h55m33s +69d03m55s, or in degrees as"
            " 148.888 69.065"
        )
    return None


def _whole(parts: tuple[str | Any, ...], what: str) -> float:
    units, minutes, seconds = map(float, parts)
    if minutes >= 60 or seconds >= 60:
        raise NotFound(f"this is not a {what}: minutes and seconds go up to 59")
    return units + minutes / 60 + seconds / 3600


def _at(ra_deg: float, dec_deg: float) -> Found:
    if not (0 <= ra_deg < 360 and -90 <= dec_deg <= 90):
        raise NotFound("right ascension goes up to 24h (360°), declination to 90° either way")
    minutes, arc = ra_deg * 4, round(abs(dec_deg) * 60)
    name = (
        f"J{int(minutes) // 60:02d}{int(minutes) % 60:02d}"
        f"{'-' if dec_deg < 0 else '+'}{arc // 60:02d}{arc % 60:02d}"
    )
    return name, PositionJ2000(ra_deg, dec_deg), TYPED, ""


def _variable(typed: str) -> Found | None:
    wanted = {target_key(typed), target_key(designation_of(typed) or typed)}
    for name, (position, others) in VARIABLES.items():
        if wanted.intersection(map(target_key, (name, *others))):
            found = _coordinates(position)
            assert found is not None
            return name, found[1], SOURCE, ""
    return None


def _elsewhere(typed: str, when: datetime) -> Found | None:
    """Planets and the Moon, Sharpless, Barnard and Abell, and stars by number."""
    if typed.casefold() in ("sun", "the sun", "sol"):
        raise NotFound("no telescope is sent to the Sun")
    if body := find_body(typed.casefold().removeprefix("the "), when):
        return body
    if nebula := find_nebula(typed):
        if nebula.same_as:
            found, place, _, note = _deep_sky(nebula.same_as)
            return found, place, f"{nebula.source}: {nebula.name}", note
        return path_component(nebula.name), nebula.place, nebula.source, nebula.note
    if is_typed_so(typed):
        raise _unknown(f"{clean(typed, 20)} is none of the Sharpless, Barnard, Abell objects known",
                       _near(typed, nebula_names()))  # fmt: skip
    return _star(typed, when)


def _star(typed: str, when: datetime) -> Found | None:
    """A star by its letter or number in a catalogue. Raises NoCatalogue, NotFound."""
    if name := designation_of(typed):
        return _designated(name, when)
    number = henry_draper.number_of(typed)
    if number is None:
        star = hipparcos_star(typed, when)
        if star is None and is_hipparcos_number(typed):
            raise NotFound(
                f"Hipparcos has no star {clean(typed, 20)}; its coordinates can be typed"
            )
        return (*star, "") if star else None
    if nebula_around := henry_draper.central_star(number):
        found, place, source, _ = _deep_sky(nebula_around)
        return found, place, source, f"HD {number} is the star in its middle"
    star = henry_draper.catalogue_star(number, when)
    if star is None:
        raise NotFound(f"Hipparcos has no star HD {number}; its coordinates can be typed")
    return (*star, "")


def _designated(name: str, when: datetime) -> Found:
    """A star by its Bayer letter or Flamsteed number, as `designation_of` writes it."""
    number = hipparcos_number(name)
    star = hipparcos_star(f"HIP {number}", when) if number else None
    if star is None:
        raise _unknown(f"no star is called {name}", ", ".join(near_designations(name)))
    proper = next((each for each, hip in star_names().items() if hip == number), "")
    return name, star[1], f"{HIPPARCOS}: {proper}" if proper else HIPPARCOS, ""


def _unknown(what: str, near: str) -> NotFound:
    return NotFound(f"{what}; near that is {near}" if near else what)


def _called(typed: str, when: datetime) -> Found:
    """What people call it; NotFound names what is near."""
    names = _all_names()
    wanted = _plain(typed)
    exact = [name for name in names if _plain(name) == wanted]
    begins = [name for name in names if _plain(name) == f"{wanted}{_kind(name)}"]
    for name in (*exact, *begins):
        object_ = names[name]
        if object_ is None:
            return (*named_star(name, when), "")
        nebula = None if designation(object_) else _elsewhere(object_, when)
        found, place, source, note = nebula or _deep_sky(object_)
        return found, place, f"{source}: {name}", note
    raise _unknown(
        "known are Messier, NGC, IC, Caldwell and more of OpenNGC (M 81, C 14, UGC 4305),"
        " Sharpless, Barnard, Abell, stars (Vega, alpha Lyr, 51 Peg, HIP 91262, HD 172167, T CrB),"
        " planets, names (Andromeda Galaxy), and J2000 coordinates (09 55 33 +69 03 55)",
        _near(typed, names),
    )


@cache
def _all_names() -> dict[str, str | None]:
    """Names of people, and the object of each; None for a star. Earlier ones go before."""
    found: dict[str, str | None] = dict(COMMON_NAMES)
    for place in _ongc().listObjects(withname=True):
        for name in place.identifiers[3] or ():
            found.setdefault(name[:1].upper() + name[1:], place.name)
    for star in star_names():
        found.setdefault(star, None)
    return found


def _plain(name: str) -> str:
    """What the spellings of a name share."""
    folded = unicodedata.normalize("NFKD", name.casefold()).removeprefix("the ")
    return re.sub(r"[^0-9a-z]", "", folded)


def _kind(name: str) -> str:
    """`galaxy` of `Andromeda Galaxy`: what may be left out."""
    last = name.split()[-1].casefold()
    return last if last in ("galaxy", "galaxies", "nebula", "cluster") else ""


def _near(typed: str, names: Iterable[str]) -> str:
    """The names that look like what was typed, or nothing."""
    every = {_plain(name): name for name in (*names, *VARIABLES, *BODIES, *nebula_names())}
    close = difflib.get_close_matches(_plain(typed), every, n=3, cutoff=0.6)
    return ", ".join(dict.fromkeys(every[each] for each in close))


def _deep_sky(typed: str) -> Found:
    parts = designation(typed)
    if parts is None:
        place, names = _open_ngc(re.sub(r"(?i)^caldwell\s*", "C", typed).replace(" ", "").upper())
        return path_component(clean(_spaced(names[0]))), place, OPEN_NGC, ""
    short, number, suffix = parts
    place, names = _open_ngc("".join(parts))
    spaced = f" {suffix}" if suffix.startswith("NED") else suffix
    name = path_component(clean(f"{short} {number}{spaced}"))
    if "".join(parts) in names:
        return name, place, OPEN_NGC, ""
    other = _spaced(names[0])
    note = f"the catalogue has no {name} of its own, it takes it for {other}: this goes to {other}"
    return path_component(clean(other)), place, OPEN_NGC, note


def _spaced(name: str) -> str:
    parts = designation(name)
    return f"{parts[0]} {parts[1]}{parts[2]}" if parts else re.sub(r"^([A-Za-z]+)0*", r"\1 ", name)


def _open_ngc(name: str) -> tuple[PositionJ2000, list[str]]:
    """Where the catalogue has it, and all its names there, the best known first."""
    ongc = _ongc()
    from pyongc.exceptions import (  # type: ignore[import-untyped]
        ObjectNotFound,
        UnknownIdentifier,
    )

    try:
        place = ongc.get(name)
    except (ObjectNotFound, UnknownIdentifier):
        place = None
    if place is None or place.rad_coords is None:
        raise NotFound("the catalogue has no such object, or no place for it")
    ra, dec = (math.degrees(float(value)) for value in place.rad_coords)
    return PositionJ2000(ra, dec), _names_of(place)


def _ongc() -> Any:
    try:
        from pyongc import ongc  # type: ignore[import-untyped]
    except ImportError as error:
        raise NotFound("the catalogue is not installed: pip install pyongc") from error
    return ongc


def _names_of(place: Any) -> list[str]:
    """`M101`, `NGC5457`: without the zeros that the catalogue fills numbers up with."""
    messier, ngc, ic, *_ = place.identifiers
    every = [messier, place.name, *(ngc or ()), *(ic or ())]
    return ["".join(designation(name) or (name,)) for name in every if name]
