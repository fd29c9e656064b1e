"""What differs between two exports of a curve: how they were made, and their points.

Of text forms alone; points of CSV and ECSV are compared by their frames, telescopes and bands.
"""

import re
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.files import read_plain
from crowdsky_tui.base.text import clean

MOST_BYTES = 20_000_000
_PARAMETER = re.compile(r"(\w{1,40}) (\S{1,40}) \((default|project|command)\)")
_HASH = re.compile(r"(parameters|inputs) SHA-256 ([0-9a-f]{64})")
Point = tuple[str, str, str]
"""Its cells for magnitude, error and quality bits."""


class Export(msgspec.Struct, frozen=True):
    """What an export tells of itself, and its points by frame, telescope and band."""

    title: str
    parameters: dict[str, str]
    hashes: dict[str, str]
    remarks: tuple[str, ...]
    points: dict[tuple[str, str, str], Point]


class Change(msgspec.Struct, frozen=True):
    """One thing in both exports; empty where it is not told."""

    name: str
    first: str
    second: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What differs. `largest_mag` is of the points in both; None where none has magnitudes."""

    changes: tuple[Change, ...]
    only_first: int
    only_second: int
    changed: int
    largest_mag: float | None

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        return not (self.changes or self.only_first or self.only_second or self.changed)


def read_export(path: Path) -> Export:
    """Read one. It blocks.

    Raises
    ------
    UsageError
        It cannot be read, or is no export of this program as text.
    """
    name = clean(path.name, 100)
    try:
        text = read_plain(path, MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} cannot be compared", "it is no text that can be read") from error
    lines = text.splitlines()
    comments = [_comment(line) for line in lines if line.startswith("#")]
    hashes = {found[1]: found[2] for each in comments if (found := _HASH.fullmatch(each))}
    if set(hashes) != {"parameters", "inputs"}:
        raise UsageError(
            f"{name} cannot be compared", "it does not tell how it was made", "curves export"
        )
    told = next((each for each in comments if each.startswith("parameters: ")), "")
    title = next((each for each in comments if each.startswith("crowdsky-tui ")), "")
    known = {told, title, *(f"{kind} SHA-256 {value}" for kind, value in hashes.items())}
    remarks = [each for each in comments if ": " in each and each not in known]
    return Export(
        title=clean(title, 200),
        parameters={found[1]: found[2] for found in _PARAMETER.finditer(told)},
        hashes=hashes,
        remarks=tuple(clean(each, 1000) for each in remarks if "comparison stars: " in each),
        points=_points([line for line in lines if not line.startswith("#")]),
    )


def _comment(line: str) -> str:
    """Its words: ECSV has each as a quoted item of a list."""
    plain = line.lstrip("#").strip()
    if plain.startswith("- '") and plain.endswith("'"):
        return plain[3:-1].replace("''", "'")
    return plain


def _points(lines: list[str]) -> dict[tuple[str, str, str], Point]:
    names = lines[0].split(",") if lines else []
    if not {"frame", "telescope", "band", "mag", "mag_err", "flags"} <= set(names):
        return {}
    found = {}
    for line in lines[1:]:
        row = dict(zip(names, line.split(","), strict=False))
        if len(row) == len(names):
            key = (row["frame"], row["telescope"], row["band"])
            found[key] = (row["mag"], row["mag_err"], row["flags"])
    return found


def difference(first: Export, second: Export) -> Difference:
    """What differs, the parameters by name."""
    changes = [
        Change(name, one.get(name, ""), other.get(name, ""))
        for one, other in (
            ({"made by": first.title}, {"made by": second.title}),
            (first.parameters, second.parameters),
            (first.hashes, second.hashes),
        )
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    ]
    mine, theirs = set(first.remarks), set(second.remarks)
    changes += [Change("compared with", each, "") for each in first.remarks if each not in theirs]
    changes += [Change("compared with", "", each) for each in second.remarks if each not in mine]
    both = sorted(first.points.keys() & second.points.keys())
    apart = [_apart(first.points[key][0], second.points[key][0]) for key in both]
    known = [each for each in apart if each is not None]
    return Difference(
        changes=tuple(changes),
        only_first=len(first.points.keys() - second.points.keys()),
        only_second=len(second.points.keys() - first.points.keys()),
        changed=sum(first.points[key] != second.points[key] for key in both),
        largest_mag=max(known, default=None),
    )


def _apart(one: str, other: str) -> float | None:
    try:
        return round(abs(float(one) - float(other)), 6)
    except ValueError:
        return None
