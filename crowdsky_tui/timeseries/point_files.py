"""Light curves in text files: tables with or without a header, AAVSO downloads, ZTF's CSV.

Columns are known by their names; without names the first is the time, the second the magnitude and
the third its error. Magnitudes of different kinds stay apart (`reduce`). Nothing is guessed of a
line that cannot be read: it is counted and named.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, log10, nan
from pathlib import Path

from crowdsky_tui.base.text import clean
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.reduce import Point

MOST_BYTES = 20_000_000
MOST_ROWS = 200_000
DELIMITERS = ",;\t|"
NAMES: dict[str, tuple[str, ...]] = {
    "time": ("bjdtdb", "bjd", "hjd", "jd", "mjd", "jdminus2400000", "juliandate", "time", "date"),
    "mag": ("mag", "magnitude", "m", "vmag"),
    "flux": ("flux", "normflux", "pdcsapflux", "fluxmjy"),
    "error": (
        "magerr",
        "merr",
        "err",
        "error",
        "uncertainty",
        "uncert",
        "emag",
        "fluxerr",
        "sigma",
    ),
    "band": ("band", "filtercode", "filter", "filt"),
    "star": ("starname", "star", "name"),
    "series": ("oid", "asassnid", "telescope"),
    "exposure": ("exptime", "exposure"),
    "flags": ("catflags",),
    "bits": ("qualitybits",),
    "system": ("measurementmethod", "mtype", "method"),
    "frame": ("expid",),
}
AAVSO = {"time": 0, "mag": 1, "error": 2, "band": 4, "star": 17, "system": 19}
AAVSO_COLUMNS = range(20, 25)
SYSTEMS = frozenset({"STD", "DIFF", "DIF", "STEP"})
OUR_EXPORT = frozenset({"bjdtdb", "flags", "limitmag", "timesource"})
"""Of the columns of `curves export`, whose flags are our quality bits."""
_JUNK = re.compile(r"[^a-z0-9]")
_LIMIT = re.compile(r"^\s*[<>]")


@dataclass(frozen=True, slots=True)
class PointFile:
    """What a file holds: its points, how many lines were upper limits, and how many unreadable.

    `first_unread` is the number of the first unreadable line, from 1 on; 0 if there is none.
    `flux`: the file's values are fluxes, made into magnitudes without a zero point.
    """

    points: list[Point]
    limits: int
    unread: int
    first_unread: int
    flux: bool


def read_points(path: Path, *, flux: bool = False) -> PointFile:
    """Read a light curve.

    Parameters
    ----------
    path
        A text file of up to 20 MB and 200,000 lines.
    flux
        The values of a file without names are fluxes, not magnitudes.

    Raises
    ------
    CurveRefused
        No text, too large, or without a point.
    OSError
        It cannot be read.
    """
    name = clean(path.name, 100)
    if not path.is_file() and path.exists():
        raise CurveRefused(f"{name} is no light curve", "it is no file")
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES or b"\0" in raw:
        why = "it is no text" if b"\0" in raw else f"it is larger than {MOST_BYTES // 10**6} MB"
        raise CurveRefused(f"{name} is no light curve", why)
    lines = raw.decode("utf-8-sig", errors="replace").splitlines()
    if len(lines) > MOST_ROWS:
        raise CurveRefused(f"{name} is no light curve", f"it has more than {MOST_ROWS} lines")
    found = _read(lines, flux=flux)
    if not found.points:
        why = f"line {found.first_unread} is no point" if found.unread else "no line holds a point"
        raise CurveRefused(f"{name} is no light curve", why)
    return found


def _read(lines: Sequence[str], *, flux: bool) -> PointFile:
    rows = _rows(lines)
    columns = _columns(rows, lines, flux=flux)
    points, limits, unread, first = [], 0, 0, 0
    for number, row in rows:
        if number == columns.get("header"):
            continue
        value = row[columns.get("flux", columns["mag"])] if len(row) > columns["mag"] else ""
        if _LIMIT.match(value) or (not value and _cell(row, columns, "limit")):
            limits += 1
            continue
        point = _point(row, columns)
        if point is None:
            unread, first = unread + 1, first or number
        else:
            points.append(point)
    return PointFile(points, limits, unread, first, "flux" in columns)


def _rows(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    """The lines that are no comment, with their numbers, cut into cells."""
    told = [
        (k, line) for k, line in enumerate(lines, 1) if line.strip() and line.lstrip()[0] != "#"
    ]
    delimiter = _delimiter([line for _, line in told[:20]])
    if delimiter is None:
        return [(k, line.split()) for k, line in told]
    return [(k, _cells(line, delimiter)) for k, line in told]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
    except (csv.Error, ValueError):
        return []
    if delimiter != ",":
        cells = [re.sub(r"^(\s*[<>+-]?\d+),(\d+\s*)$", r"\1.\2", cell) for cell in cells]
    return [cell.strip() for cell in cells]


def _delimiter(lines: Iterable[str]) -> str | None:
    """The sign that parts the cells of every line; None: blanks do."""
    some = list(lines)
    for sign in ("\t", ";", "|", ","):
        if some and all(sign in line for line in some):
            return sign
    return None


def _columns(
    rows: Sequence[tuple[int, list[str]]], lines: Sequence[str], *, flux: bool
) -> dict[str, int]:
    """Where each thing stands; `header` is the number of the line with the names."""
    if not rows:
        return {"time": 0, "mag": 1}
    number, first = rows[0]
    if (named := _named(first)) and _number(first[named["time"]]) is None:
        return {**named, "header": number}
    if len(first) in AAVSO_COLUMNS and first[AAVSO["system"]].upper() in SYSTEMS:
        return AAVSO
    for comment in reversed(
        [line for line in lines[: number - 1] if line.lstrip().startswith("#")]
    ):
        words = (
            _cells(comment.lstrip("# "), ",") if "," in comment else comment.lstrip("# ").split()
        )
        if len(words) == len(first) and (named := _named(words)):
            return named
    plain = {"time": 0, "mag": 1, "error": 2}
    return {**plain, "flux": 1} if flux else plain


def _named(words: Sequence[str]) -> dict[str, int] | None:
    """The columns by their names; None unless time and brightness are among them."""
    folded = [_JUNK.sub("", word.casefold()) for word in words]
    found: dict[str, int] = {}
    for what, names in NAMES.items():
        for name in names:
            if name in folded:
                found[what] = folded.index(name)
                break
    if set(folded) >= OUR_EXPORT:
        found |= {"bits": folded.index("flags"), "limit": folded.index("limitmag")}
    if "flux" in found and "mag" not in found:
        found["mag"] = found["flux"]
    elif "flux" in found:
        del found["flux"]
    return found if {"time", "mag"} <= found.keys() else None


def _point(row: Sequence[str], columns: dict[str, int]) -> Point | None:
    time, value = (_number(_cell(row, columns, what)) for what in ("time", "mag"))
    if time is None or value is None:
        return None
    error = _number(_cell(row, columns, "error"))
    error = nan if error is None else error
    if "flux" in columns:
        if value <= 0:
            return None
        value, error = -2.5 * log10(value), error / value * 1.085736
    flags = _number(_cell(row, columns, "flags"))
    return Point(
        star=clean(_cell(row, columns, "star"), 60),
        source="file",
        band=clean(_cell(row, columns, "band"), 20),
        time=time,
        mag=value,
        error=error,
        exposure_s=_number(_cell(row, columns, "exposure")),
        flags=(int(Quality.SURVEY) if flags else 0) | _bits(row, columns),
        system=clean(_cell(row, columns, "system"), 10).upper() or "STD",
        series=clean(_cell(row, columns, "series"), 30),
    )


def _bits(row: Sequence[str], columns: dict[str, int]) -> int:
    """The quality bits of a file of our own."""
    text = _cell(row, columns, "bits")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else 0


def _cell(row: Sequence[str], columns: dict[str, int], what: str) -> str:
    place = columns.get(what)
    return row[place] if place is not None and place < len(row) else ""


def _number(text: str) -> float | None:
    """A finite number; None for anything else, such as nan, 1_000 or an Arabic digit."""
    if not text.isascii() or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
