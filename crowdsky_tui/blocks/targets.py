"""Comparing the names of targets: what a telescope or a person writes in several ways."""

import re
import unicodedata
from collections.abc import Iterable

from crowdsky_tui.base.patterns import LazyPattern
from crowdsky_tui.base.text import clean

_DEEP_SKY = LazyPattern(
    r"(m|messier|ngc|ic)\s*0*([1-9][0-9]{0,3})\s*(ned\s*[0-9]{1,2}|[a-z]{1,2})?", re.IGNORECASE
)


def one_form(name: str) -> str:
    """The name with each letter and its marks in one: it can be found in parts, and looks alike.

    For comparing only; what is sent to a telescope or a disk stays as it was found.
    """
    return unicodedata.normalize("NFC", name)


def designation(typed: str) -> tuple[str, str, str] | None:
    """Catalogue, number and suffix of `messier 081`, `ngc7318 a`: ("M", "81", ""); None if none."""
    match = _DEEP_SKY.fullmatch(" ".join(unicodedata.normalize("NFKC", typed).split()))
    if match is None:
        return None
    catalogue, number, suffix = match.groups()
    short = "M" if catalogue.lower().startswith("m") else catalogue.upper()
    return short, number, (suffix or "").upper().replace(" ", "")


def target_key(name: str) -> str:
    """What the spellings of one name share: `M 81`, `m81`, `Messier 81`; `V* T CrB`, `tcrb`."""
    if parts := designation(name):
        return "".join(parts).casefold()
    folded = unicodedata.normalize("NFKC", name).casefold().removeprefix("v* ")
    return re.sub(r"\s", "", folded)


def matching_names(typed: str, names: Iterable[str]) -> list[str]:
    """Those of the names that are meant: the very one, else the nearest way of comparing that fits.

    The names are as the telescope writes them, `typed` may be what is shown of one.

    More than one means that the typed name does not tell them apart.
    """
    every = sorted(set(names))
    for form in (str, clean, one_form, target_key):
        if found := [name for name in every if form(name) == form(typed)]:
            return found
    return []
