"""The objects of Sharpless, Barnard and Abell, of which OpenNGC has few.

Their tables lie in `catalogues/` (Sharpless 1959, Barnard 1927, Abell 1966, Abell, Corwin and
Olowin 1989). Where an object has a name in NGC, IC or Caldwell, the better place of that is taken.
"""

import re
from dataclasses import dataclass

from crowdsky_tui.sky.catalogue_tables import places_of
from crowdsky_tui.sky.coordinates import PositionJ2000

SAME_AS = {
    "Sh2-6": "NGC 6302", "Sh2-8": "NGC 6334", "Sh2-11": "NGC 6357", "Sh2-25": "NGC 6523",
    "Sh2-30": "NGC 6514", "Sh2-45": "NGC 6618", "Sh2-49": "NGC 6611", "Sh2-86": "NGC 6820",
    "Sh2-105": "NGC 6888", "Sh2-108": "IC 1318", "Sh2-117": "NGC 7000", "Sh2-125": "IC 5146",
    "Sh2-131": "IC 1396", "Sh2-142": "NGC 7380", "Sh2-155": "C 9", "Sh2-158": "NGC 7538",
    "Sh2-162": "NGC 7635", "Sh2-171": "NGC 7822", "Sh2-184": "NGC 281", "Sh2-190": "IC 1805",
    "Sh2-199": "IC 1848", "Sh2-206": "NGC 1491", "Sh2-212": "NGC 1624", "Sh2-220": "NGC 1499",
    "Sh2-229": "IC 405", "Sh2-234": "IC 417", "Sh2-236": "IC 410", "Sh2-237": "NGC 1931",
    "Sh2-238": "NGC 1555", "Sh2-244": "NGC 1952", "Sh2-248": "IC 443", "Sh2-252": "NGC 2174",
    "Sh2-273": "NGC 2264", "Sh2-275": "NGC 2237", "Sh2-277": "NGC 2024", "Sh2-279": "NGC 1977",
    "Sh2-281": "NGC 1976", "Sh2-296": "IC 2177", "Sh2-298": "NGC 2359", "Sh2-311": "NGC 2467",
    "Abell 37": "IC 972", "Abell 50": "NGC 6742", "Abell 75": "NGC 7076", "Abell 81": "IC 1454",
}  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """How the names of a catalogue begin and are typed, who says so, and its table."""

    begins: str
    typed: str
    numbers: str
    source: str
    table: str


SHARPLESS = Catalogue(
    "Sh2-",
    r"(?:sh\s*2|sharpless)\s*-?\s*(?:2-)?",
    r"[0-9]{1,3}",
    "Sharpless 1959",
    "sharpless.txt",
)
BARNARD = Catalogue("B ", r"(?:b|barnard)", r"[0-9]{1,3}a?", "Barnard 1927", "barnard.txt")
PLANETARIES = Catalogue(
    "Abell ", r"(?:a|abell|pn\s*a)", r"[0-9]{1,2}", "Abell 1966", "abell_planetaries.txt"
)
CLUSTERS = Catalogue(
    "Abell ",
    r"(?:a|abell|aco|abell\s+cluster)",
    r"s?\s*[0-9]{1,4}",
    "Abell, Corwin and Olowin 1989",
    "abell_clusters.txt",
)
CATALOGUES = (SHARPLESS, BARNARD, PLANETARIES, CLUSTERS)


@dataclass(frozen=True)
class Nebula:
    """An object of these catalogues: its place, or its name in a catalogue that knows it better."""

    name: str
    source: str
    place: PositionJ2000
    same_as: str | None
    note: str


def find_nebula(typed: str) -> Nebula | None:
    """The object of this name; None if it is none of these."""
    for catalogue in CATALOGUES:
        match = re.fullmatch(
            rf"{catalogue.typed}\s*({catalogue.numbers})", typed, re.IGNORECASE | re.ASCII
        )
        if match is None:
            continue
        number = _number(match[1])
        if place := places_of(catalogue.table).get(number):
            name = f"{_begins(catalogue, number)}{number}"
            note = _also_a_cluster(number) if catalogue is PLANETARIES else ""
            return Nebula(name, catalogue.source, place, SAME_AS.get(name), note)
    return None


def nebula_names() -> tuple[str, ...]:
    """The names of all of these: `Sh2-101`, `B 33`, `Abell 39`."""
    every = (
        f"{_begins(catalogue, number)}{number}"
        for catalogue in CATALOGUES
        for number in places_of(catalogue.table)
    )
    return tuple(every)


def is_typed_so(typed: str) -> bool:
    """Whether this is the name of such an object, known or not."""
    return any(
        re.fullmatch(rf"{catalogue.typed}\s*s?\d{{1,4}}a?", typed, re.IGNORECASE)
        for catalogue in CATALOGUES
    )


def _number(typed: str) -> str:
    """`S1063` of `s 1063`, `44a` of `044A`."""
    digits = re.sub(r"[^0-9]", "", typed).lstrip("0")
    return f"{'S' if typed[0] in 'sS' else ''}{digits}{'a' if typed[-1] in 'aA' else ''}"


def _begins(catalogue: Catalogue, number: str) -> str:
    """Abell numbered nebulae and clusters of galaxies both: two objects, so two names."""
    taken = catalogue is CLUSTERS and number in places_of(PLANETARIES.table)
    return "ACO " if taken else catalogue.begins


def _also_a_cluster(number: str) -> str:
    clusters = places_of(CLUSTERS.table)
    return f"the cluster of galaxies of that number is ACO {number}" if number in clusters else ""
