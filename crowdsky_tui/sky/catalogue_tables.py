"""The tables in `catalogues/`: facts of old catalogues, each with its source at its head."""

from functools import cache
from importlib.resources import files

from crowdsky_tui.sky.coordinates import PositionJ2000

_FOLDER = files("crowdsky_tui.sky") / "catalogues"


@cache
def lines_of(name: str) -> tuple[str, ...]:
    """The lines of a table, without those that say where it is from."""
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))


@cache
def places_of(name: str) -> dict[str, PositionJ2000]:
    """Number (`101`, `44a`, `S1063`) and place of each object of a table."""
    rows = (line.split() for line in lines_of(name))
    return {number: PositionJ2000(float(ra), float(dec)) for number, ra, dec in rows}


def bytes_of(name: str) -> bytes:
    """A table that is no text."""
    return (_FOLDER / name).read_bytes()
