"""A solver's solution, read with suspicion: the WCS of a picture, and where its middle looks.

Source: Calabretta & Greisen 2002, A&A 395, 1077 (TAN), equations 12 to 17 and 54, 55.
"""

import math
import re
from pathlib import Path

from crowdsky_tui.base.errors import SolveFailed
from crowdsky_tui.photometry.solve_messages import PlateSolution

CARD = 80
LARGEST = 1_000_000
NUMBERS = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CD1_1", "CD1_2", "CD2_1", "CD2_2")
_LINE = re.compile(r"([A-Z0-9_]{1,8}) *= *('[^']*'|[^ /]+)")


def read_solution(path: Path, size: tuple[int, int], by: str) -> PlateSolution:
    """Read cards of a FITS header, or lines of KEYWORD=value.

    Parameters
    ----------
    path : Path
        The file; none at all is how programs say that they have not solved.
    size : tuple of int
        Width and height of the picture in pixels.
    by : str
        What has solved it.

    Raises
    ------
    SolveFailed
        If there is none, or no complete one.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST)
    except OSError as error:
        raise _not_solved(by, "it found no solution") from error
    values = _values(content.decode("ascii", "replace"))
    if values.get("PLTSOLVD", "T") != "T":
        raise _not_solved(by, "it found no solution")
    try:
        numbers = {key: float(values[key]) for key in NUMBERS}
    except (KeyError, ValueError) as error:
        raise _not_solved(by, "its solution is not complete") from error
    scale = math.hypot(numbers["CD1_1"], numbers["CD2_1"])
    sound = all(map(math.isfinite, numbers.values())) and 1e-7 < scale < 1
    if not sound or not (0 <= numbers["CRVAL1"] <= 360 and -90 <= numbers["CRVAL2"] <= 90):
        raise _not_solved(by, "its solution makes no sense")
    ra, dec = _middle(numbers, size)
    kinds = (("CTYPE1", "RA---TAN", ""), ("CTYPE2", "DEC--TAN", ""))
    return PlateSolution(ra, dec, (*kinds, *((key, numbers[key], "") for key in NUMBERS)), by)


def _values(text: str) -> dict[str, str]:
    """Values by their keywords, of cards and of lines."""
    lines = text.splitlines()
    if len(lines) == 1:
        lines = [text[at : at + CARD] for at in range(0, len(text), CARD)]
    found = {}
    for line in lines:
        match = _LINE.match(line)
        if match is not None:
            found[match[1]] = match[2].strip("' ")
    return found


def _middle(numbers: dict[str, float], size: tuple[int, int]) -> tuple[float, float]:
    """Where the picture's middle looks, in degrees; without a size the reference pixel."""
    x, y = (
        (size[axis] + 1) / 2 - numbers[f"CRPIX{axis + 1}"] if size[axis] else 0.0 for axis in (0, 1)
    )
    xi = math.radians(numbers["CD1_1"] * x + numbers["CD1_2"] * y)
    eta = math.radians(numbers["CD2_1"] * x + numbers["CD2_2"] * y)
    dec0 = math.radians(numbers["CRVAL2"])
    out = math.cos(dec0) - eta * math.sin(dec0)
    ra = numbers["CRVAL1"] + math.degrees(math.atan2(xi, out))
    up = math.sin(dec0) + eta * math.cos(dec0)
    return ra % 360, math.degrees(math.atan2(up, math.hypot(xi, out)))


def _not_solved(by: str, why: str) -> SolveFailed:
    return SolveFailed("the picture is not solved", f"{by}: {why}")
