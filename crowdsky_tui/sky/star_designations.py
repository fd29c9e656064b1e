"""Bayer letters and Flamsteed numbers: `alpha Ori`, `α2 Centauri`, `51 Peg`. Child only.

`catalogues/designations.txt` has those of the Bright Star Catalogue; letters are written as SIMBAD
writes them (alf, tet, ksi).
"""

import difflib
import re
from functools import cache

from crowdsky_tui.sky.catalogue_tables import lines_of

_LETTERS = {
    "alf": "α alpha alp", "bet": "β beta", "gam": "γ gamma", "del": "δ delta", "eps": "ε epsilon",
    "zet": "ζ zeta", "eta": "η", "tet": "θ theta the", "iot": "ι iota", "kap": "κ kappa",
    "lam": "λ lambda", "mu": "μ mu.", "nu": "ν nu.", "ksi": "ξ xi xi.", "omi": "ο omicron",
    "pi": "π pi.", "rho": "ρ", "sig": "σ sigma", "tau": "τ", "ups": "υ upsilon", "phi": "φ",
    "chi": "χ", "psi": "ψ", "ome": "ω omega",
}  # fmt: skip
_GENITIVES = """And Andromedae,Ant Antliae,Aps Apodis,Aqr Aquarii,Aql Aquilae,Ara Arae,Ari Arietis,
Aur Aurigae,Boo Bootis,Cae Caeli,Cam Camelopardalis,Cnc Cancri,CVn Canum Venaticorum,
CMa Canis Majoris,CMi Canis Minoris,Cap Capricorni,Car Carinae,Cas Cassiopeiae,Cen Centauri,
Cep Cephei,Cet Ceti,Cha Chamaeleontis,Cir Circini,Col Columbae,Com Comae Berenices,
CrA Coronae Australis,CrB Coronae Borealis,Crv Corvi,Crt Crateris,Cru Crucis,Cyg Cygni,
Del Delphini,Dor Doradus,Dra Draconis,Equ Equulei,Eri Eridani,For Fornacis,Gem Geminorum,Gru Gruis,
Her Herculis,Hor Horologii,Hya Hydrae,Hyi Hydri,Ind Indi,Lac Lacertae,Leo Leonis,LMi Leonis Minoris,
Lep Leporis,Lib Librae,Lup Lupi,Lyn Lyncis,Lyr Lyrae,Men Mensae,Mic Microscopii,Mon Monocerotis,
Mus Muscae,Nor Normae,Oct Octantis,Oph Ophiuchi,Ori Orionis,Pav Pavonis,Peg Pegasi,Per Persei,
Phe Phoenicis,Pic Pictoris,Psc Piscium,PsA Piscis Austrini,Pup Puppis,Pyx Pyxidis,Ret Reticuli,
Sge Sagittae,Sgr Sagittarii,Sco Scorpii,Scl Sculptoris,Sct Scuti,Ser Serpentis,Sex Sextantis,
Tau Tauri,Tel Telescopii,Tri Trianguli,TrA Trianguli Australis,Tuc Tucanae,UMa Ursae Majoris,
UMi Ursae Minoris,Vel Velorum,Vir Virginis,Vol Volantis,Vul Vulpeculae"""
_TYPED = re.compile(
    r"(?:\*\s*)?(?P<letter>[0-9]{1,3}(?=[\sa-z])|[a-z]+\.?(?=[\s0-9^-])|[α-ω])"
    r"[\s^-]*0?(?P<index>[0-9]{0,2})\s*(?P<constellation>[a-z][a-z ]+)"
)


def designation_of(typed: str) -> str | None:
    """`alf2 Cen` of `α² Centauri`, whether there is such a star or not; None for anything else."""
    match = _TYPED.fullmatch(typed.casefold().replace("ö", "o"))
    if match is None:
        return None
    constellation = _constellations().get(" ".join(match["constellation"].split()))
    first, index = match["letter"], match["index"]
    if constellation is None or (first.isdigit() and index):
        return None
    letter = str(int(first)) if first.isdigit() else _letters().get(first)
    return f"{letter}{index} {constellation}" if letter else None


def hipparcos_number(name: str) -> int | None:
    """The Hipparcos number of a star named as `designation_of` names it."""
    return designations().get(name)


def near_designations(name: str) -> tuple[str, ...]:
    """The stars of the same letter (`pi1 Ori` and more of `pi Ori`), else of a like number."""
    letter, constellation = name.split()
    bare = re.escape(re.sub(r"(?<=[a-z])[0-9]+$", "", letter))
    alike = re.compile(rf"{bare}[0-9]* {constellation}")
    there = [each for each in designations() if each.endswith(f" {constellation}")]
    same = tuple(each for each in there if alike.fullmatch(each))
    return same or tuple(difflib.get_close_matches(name, there, n=3))


@cache
def designations() -> dict[str, int]:
    """Every designation and its number in Hipparcos."""
    found = {}
    for line in lines_of("designations.txt"):
        constellation, stars = line.split(": ")
        for star in stars.split(", "):
            letter, number = star.split()
            found[f"{letter} {constellation}"] = int(number)
    return found


@cache
def _letters() -> dict[str, str]:
    return {name: short for short, names in _LETTERS.items() for name in (short, *names.split())}


@cache
def _constellations() -> dict[str, str]:
    pairs = (each.strip().split(" ", 1) for each in _GENITIVES.split(","))
    return {name.casefold(): short for short, genitive in pairs for name in (short, genitive)}
