"""The site's numbers and words: telescopes, states of a request, filters.

Source of all of them: docs/design/telescope-org.md 4.
"""

from enum import StrEnum

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean

TELESCOPES = {
    "CONSTELLATION": 1,
    "GALAXY": 2,
    "CLUSTER": 3,
    "PLANET": 5,
    "COAST": 6,
    "PIRATE": 7,
}
"""Telescopes and cameras by their upper-case names."""

_FILTERS = {
    "COAST": {"BVR": "BVR", "B": "B", "V": "V", "R": "R"},
    "PIRATE": {"BVR": "Colour", "B": "Blue", "V": "Green", "R": "Red"},
}

STATUS_WORDS = {
    1: "New",
    2: "New, allocated",
    3: "Waiting",
    4: "In progress",
    5: "Reallocate",
    6: "Waiting again",
    7: "Complete on site",
    8: "Complete",
    9: "Hold",
    10: "Frozen",
    20: "Expired",
    21: "Expired w/CJobs",
    22: "Cancelled",
    23: "Cancelled w/CJobs",
    24: "Invalid",
    25: "Never rises",
    26: "Other error",
}
COMPLETE = 8


class Group(StrEnum):
    """What a request's state means for its user."""

    WAITS = "waits"
    AT_WORK = "at work"
    DONE = "done"
    PARKED = "parked"
    FAILED = "failed"
    UNKNOWN = "unknown"


def group_of(status: int) -> Group:
    """The group of a status; a number that nobody knows is never taken for done."""
    if status in (1, 2, 3, 5, 6):
        return Group.WAITS
    if status in (4, 7):
        return Group.AT_WORK
    if status == COMPLETE:
        return Group.DONE
    if status in (9, 10):
        return Group.PARKED
    return Group.FAILED if status in STATUS_WORDS else Group.UNKNOWN


def is_pending(status: int) -> bool:
    """Whether a request may still be carried out: one that is parked may, an unknown one too."""
    return group_of(status) not in (Group.DONE, Group.FAILED)


def status_word(status: int) -> str:
    """A status in the site's words; "unknown (99)" for one that is not known."""
    return STATUS_WORDS.get(status, f"unknown ({status})")


def status_of(word: str) -> int:
    """The number of a status in the site's words; 3 (waiting) where it says none, else -1."""
    said = word.strip().casefold()
    if not said:
        return 3
    return next((code for code, text in STATUS_WORDS.items() if text.casefold() == said), -1)


def telescope_number(name: str) -> int:
    """The site's number of a telescope or camera. Raises UsageError that names all of them."""
    number = TELESCOPES.get(name.strip().upper())
    if number is None:
        raise UsageError(
            f"telescope.org has no telescope {clean(name, 40)!r}",
            next_step=f"It has {', '.join(TELESCOPES)}.",
        )
    return number


def telescope_filter(telescope: str, name: str) -> str:
    """A filter as that telescope calls it: PIRATE's V is Green. Any other text stays as it is."""
    names = _FILTERS.get(telescope.strip().upper(), {})
    given = name.strip()
    return names.get(given.upper(), given)


def plain_filter(name: str) -> str:
    """A filter as COAST calls it, for comparing what two telescopes were asked for."""
    back = {theirs.upper(): ours for ours, theirs in _FILTERS["PIRATE"].items()}
    given = name.strip().upper()
    return back.get(given, given)


def is_known_filter(telescope: str, name: str) -> bool:
    """Whether the telescope is known to have this filter, by either of its names."""
    names = _FILTERS.get(telescope.strip().upper(), {})
    return name.strip().upper() in {*names, *(theirs.upper() for theirs in names.values())}
