"""Horizons in the files of other programs, read: N.I.N.A., MountWizzard, PANOPTES, theodolite CSV.

Also TheSky's list of 360 altitudes and Cartes du Ciel's; Stellarium's landscapes in
`stellarium`. What a file is, its content tells. The text is hostile until it is read: it is bound
in size, and a refusal names the line.
"""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.site_settings import Obstruction, read_obstructions

LARGEST_FILE = 1024**2
MOST_POINTS = 20_000
_SEPARATORS = re.compile(r"[\s,;]+")
_COMMENTS = ("#", ";", "//", "!")
_LISTS = re.compile(r"\s*(\[|\{|-\s)")
_NAMED = re.compile(r"^\s*\"?obstructions\"?\s*[:=]", re.MULTILINE)
Point = tuple[float, float]


class HorizonRefused(UsageError):
    """A file that holds no horizon."""


def refused(name: str, why: str, line: int | None = None) -> HorizonRefused:
    """The error for a file, with the number of the line where there is one."""
    where = clean(name, 100) if line is None else f"{clean(name, 100)}, line {line}"
    return HorizonRefused(f"{where} holds no horizon", clean(why, 300), "Correct it there")


def import_horizon(path: Path) -> tuple[Obstruction, ...]:
    """The outlines in a file, or in a Stellarium landscape (its folder, landscape.ini or zip).

    Returns
    -------
    tuple of outlines
        Points (altitude, azimuth) in degrees, clockwise, as `Horizon` takes them.

    Raises
    ------
    HorizonRefused
        With the line that is wrong.
    """
    from crowdsky_tui.site import stellarium

    if stellarium.is_landscape(path):
        return stellarium.read_landscape(path)
    try:
        if path.exists() and not path.is_file():
            raise refused(path.name, "it is no file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise refused(path.name, error.strerror or "it cannot be read") from error
    return read_horizon(data, path.name)


def read_horizon(data: bytes, name: str) -> tuple[Obstruction, ...]:
    """The outlines in the bytes of a file called `name`; HorizonRefused."""
    text = text_of(data, name)
    lines = list(numbered(text))
    if not lines:
        raise refused(name, "it is empty")
    if _LISTS.match(text) or _NAMED.search(text):
        return _lists(text, name)
    head = [word.strip("\"'").lower() for word in _cells(lines[0][1])]
    if any("azi" in word or word == "az" for word in head):
        return _by_header(lines, head, name)
    rows = [(number, _numbers(line, name, number)) for number, line in lines]
    if all(len(row) == 1 for _, row in rows):
        return _one_column([row[0] for _, row in rows], name)
    for number, row in rows:
        if len(row) != 2:
            raise refused(name, "a line has an azimuth and an altitude", number)
    return (_nina(_ordered(rows, name), name),)


def text_of(data: bytes, name: str) -> str:
    """The text of a file; HorizonRefused for what is none."""
    if len(data) > LARGEST_FILE:
        raise refused(name, "it is too large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise refused(name, "it is no text")
    return text


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines with something in them, from 1, without comments."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith(_COMMENTS):
            yield number, line.split("#")[0]


def pair(line: str, name: str, number: int) -> Point:
    """The two numbers of a line."""
    row = _numbers(line, name, number)
    if len(row) != 2:
        raise refused(name, "a line has an azimuth and an altitude", number)
    return row[0], row[1]


def in_range(azimuth: float, altitude: float, name: str, number: int) -> Point:
    """The same as a point (altitude, azimuth) of an outline."""
    if not 0 <= azimuth <= 360:
        raise refused(name, "an azimuth is 0° to 360°", number)
    if not abs(altitude) <= 90:
        raise refused(name, "an altitude is -90° to 90°", number)
    return altitude, azimuth


def _numbers(line: str, name: str, number: int) -> list[float]:
    words = _SEPARATORS.split(line.replace("°", " ").replace("−", "-").strip(" \t,;"))
    if not all(
        re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?", word, re.I) for word in words
    ):
        raise refused(name, f"{clean(line.strip(), 40)!r} are no numbers", number)
    return [float(word) for word in words]


def _ordered(rows: list[tuple[int, list[float]]], name: str) -> list[Point]:
    """Points (altitude, azimuth): the column whose values pass 90 is the azimuth."""
    large = [next((n for n, row in rows if abs(row[column]) > 90), None) for column in (0, 1)]
    if None not in large:
        raise refused(name, "both columns pass 90°: which is the altitude?", large[1])
    if len(rows) < 2:
        raise refused(name, "it has less than two points")
    azimuth = _azimuth_column([row for _, row in rows], large)
    if azimuth is None:
        raise refused(
            name,
            "no number reaches 90°: it may be azimuth and altitude, or the other way round; say it"
            " in a line 'azimuth altitude' at its head",
            rows[0][0],
        )
    return [in_range(row[azimuth], row[1 - azimuth], name, number) for number, row in rows]


def _azimuth_column(rows: list[list[float]], large: list[int | None]) -> int | None:
    """The column that passes 90°, else the only one that reaches it or grows; None if none does."""
    for column in (0, 1):
        if large[column] is not None:
            return column
    reaching = [any(row[column] == 90 for row in rows) for column in (0, 1)]
    if reaching.count(True) == 1:
        return reaching.index(True)
    growing = [all(a[column] <= b[column] for a, b in pairwise(rows)) for column in (0, 1)]
    return growing.index(True) if growing.count(True) == 1 else None


def _nina(points: list[Point], name: str) -> Obstruction:
    """As N.I.N.A. takes a list.

    By azimuth, the later line for equal azimuths; where north (0 or 360) is missing, the altitude
    of the point that is nearest to it.
    """
    if len(points) < 2:
        raise refused(name, "it has less than two points")
    by_azimuth = {azimuth: altitude for altitude, azimuth in points}
    nearest = min(by_azimuth, key=lambda azimuth: min(azimuth, 360 - azimuth))
    for north in (0.0, 360.0):
        by_azimuth.setdefault(north, by_azimuth[nearest])
    return tuple((by_azimuth[azimuth], azimuth) for azimuth in sorted(by_azimuth))


def _one_column(altitudes: list[float], name: str) -> tuple[Obstruction, ...]:
    """TheSky: one altitude for each degree."""
    if len(altitudes) not in (360, 361):
        raise refused(name, f"360 altitudes are a horizon, and these are {len(altitudes)}")
    circle = [*altitudes[:360], altitudes[360 if len(altitudes) == 361 else 0]]
    points = [in_range(float(a), each, name, a + 1) for a, each in enumerate(circle)]
    return (tuple(points),)


def _by_header(lines: list[tuple[int, str]], head: list[str], name: str) -> tuple[Obstruction, ...]:
    """A theodolite's CSV: the first line says which column is which."""
    azimuth = next(place for place, word in enumerate(head) if "azi" in word or word == "az")
    altitude = next((place for place, word in enumerate(head) if _is_altitude(word)), None)
    if altitude is None:
        raise refused(name, "no column is called altitude", lines[0][0])
    points = []
    for number, line in lines[1:]:
        cells = _cells(line)
        if len(cells) <= max(azimuth, altitude):
            raise refused(name, "the line is too short", number)
        (east,), (up,) = (_numbers(cells[place], name, number)[:1] for place in (azimuth, altitude))
        points.append(in_range(east, up, name, number))
    return (_nina(points, name),)


def _cells(line: str) -> list[str]:
    """What commas, semicolons or tabs part, and blanks where there are none of these."""
    return re.split(r"\s*[,;\t]\s*" if re.search(r"[,;\t]", line) else r"\s+", line.strip())


def _is_altitude(word: str) -> bool:
    return word.startswith(("alt", "elev", "el_", "el(")) or word in ("el", "height", "h")


def _lists(text: str, name: str) -> tuple[Obstruction, ...]:
    """MountWizzard's `[[alt, az], …]`, or PANOPTES' outlines in YAML, JSON or TOML."""
    found = _parsed(text, name)
    while isinstance(found, dict):
        inner = found.get("obstructions", found.get("site", found.get("location")))
        if inner is None:
            raise refused(name, "it has no obstructions")
        found = inner
    if not isinstance(found, list) or not found:
        raise refused(name, "it has no list of points")
    if sum(len(each) if isinstance(each, list) else 1 for each in found) > MOST_POINTS:
        raise refused(name, "it has too many points")
    try:
        if isinstance(found[0], list) and found[0] and not isinstance(found[0][0], list):
            return (_nina([read_obstructions([[each, each]])[0][0] for each in found], name),)
        return read_obstructions(found)
    except (TypeError, ValueError) as error:
        raise refused(name, str(error), _line_of(found, text)) from error


def _line_of(found: list[Any], text: str) -> int | None:
    """The line on which the first wrong point or outline begins, where it can be told."""
    flat = found if isinstance(found[0], list) and not _nested(found) else None
    for number, each in enumerate(flat or found):
        wrapped = [[each, each]] if flat else [each]
        try:
            read_obstructions(wrapped)
        except (TypeError, ValueError):
            return _begins(text, number, 2)
    return None


def _nested(found: list[Any]) -> bool:
    return any(isinstance(each, list) and each and isinstance(each[0], list) for each in found)


def _begins(text: str, number: int, depth: int) -> int | None:
    """The line of the `number`-th bracket at this depth."""
    level, seen, line = 0, -1, 1
    for sign in text:
        line += sign == "\n"
        if sign == "[":
            level += 1
            seen += level == depth
            if seen == number:
                return line
        elif sign == "]":
            level -= 1
    return None


def _parsed(text: str, name: str) -> Any:
    if re.search(r"^\s*\w+\s*=", text, re.MULTILINE):
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            last = len(text.splitlines())
            raise refused(name, str(error), int(line[1]) if line else last) from error
    import yaml  # type: ignore[import-untyped]

    try:
        return yaml.safe_load(text)  # JSON is YAML, too
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or "it is neither JSON nor YAML"
        raise refused(name, why, mark.line + 1 if mark else None) from error
    except (RecursionError, ValueError) as error:
        raise refused(name, "it is neither JSON nor YAML") from error
