"""Rows of text by their columns' names. A table is believed empty only if its header is right."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

from crowdsky_tui.base.text import clean
from crowdsky_tui.timeseries.surveys.messages import SurveyRefused

MOST_ROWS = 200_000
WHAT = "The survey's answer cannot be used"
LONGEST_WORD = 30


def refusal(why: str, next_step: str = "Try again later.") -> SurveyRefused:
    """The refusal of an answer."""
    return SurveyRefused(WHAT, why, next_step)


def lines_of(raw: bytes) -> list[str]:
    """The lines of an answer in text.

    Raises
    ------
    SurveyRefused
        It is a page of HTML, no text, or longer than 200,000 lines.
    """
    head = raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:200].lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise refusal("a page came instead of data")
    if b"\0" in raw:
        raise refusal("it is no text")
    lines = raw.decode("utf-8-sig", errors="replace").splitlines()
    if len(lines) > MOST_ROWS + 100:
        raise refusal(f"it has more than {MOST_ROWS:,} rows", "Ask for fewer days.")
    return lines


def rows_of(
    lines: Sequence[str], needed: Iterable[str], *, delimiter: str = ","
) -> Iterator[Mapping[str, str]]:
    """Each row by its columns' names in lower case; one of another length has no columns.

    Raises
    ------
    SurveyRefused
        The first line lacks one of the `needed` columns.
    """
    if not lines:
        raise refusal("it is empty, without even the names of its columns")
    names = [name.strip().lower() for name in _cells(lines[0], delimiter)]
    missing = [name for name in needed if name not in names]
    if missing:
        said = clean(lines[0], 100)
        raise refusal(f"it has no column {missing[0]!r}; it begins: {said}")
    for line in lines[1:]:
        if line.strip():
            cells = _cells(line, delimiter)
            yield dict(zip(names, cells, strict=True)) if len(cells) == len(names) else {}


def _cells(line: str, delimiter: str) -> list[str]:
    if len(delimiter) > 1:
        return [cell.strip() for cell in line.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def number(text: str | None, low: float = -1e12, high: float = 1e12) -> float | None:
    """A finite number between two bounds; None for anything else."""
    if text is None or not text.isascii() or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) and low <= value <= high else None


def day(text: str | None) -> float | None:
    """A Julian day between 1800 and 2200."""
    return number(text, 2_378_496.5, 2_524_593.5)


def modified_day(text: str | None) -> float | None:
    """A modified Julian day as a Julian day."""
    found = number(text, -21_504.0, 124_593.0)
    return None if found is None else found + 2_400_000.5


def magnitude(text: str | None) -> float | None:
    """A magnitude that a star can have, or the difference of two."""
    return number(text, -30.0, 40.0)


def uncertainty(text: str | None) -> float | None:
    """An error in magnitudes; None where it is 0 or a sign that there is none."""
    found = number(text, 0.0, 20.0)
    return found or None


def word(text: str | None) -> str:
    """A short name, cleaned."""
    return clean(text or "", LONGEST_WORD).strip()
