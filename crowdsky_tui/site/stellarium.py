"""Stellarium's landscapes: a folder or a zip with `landscape.ini` and a list of points."""

import configparser
import math
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from crowdsky_tui.config.site_settings import Obstruction
from crowdsky_tui.site.horizon_files import (
    LARGEST_FILE,
    Point,
    in_range,
    numbered,
    pair,
    refused,
    text_of,
)

INI = "landscape.ini"
LARGEST_TURN = 0.01
"""The sign of a landscape's rotation is not known: only one that changes nothing is taken."""
_SIZES = {"Deg": 1.0, "Rad": 180 / math.pi, "Grad": 0.9}
MODES = {
    f"az{unit}_{kind}{unit}": (size, kind == "zd")
    for unit, size in _SIZES.items()
    for kind in ("alt", "zd")
}
"""What a list's numbers are: their size in degrees, and whether the second is from the zenith."""
Reader = Callable[[str], bytes]


def is_landscape(path: Path) -> bool:
    """Whether this is a folder with a landscape, its ini file, or a zip, whatever it is called."""
    return path.is_dir() or path.suffix.lower() in (".zip", ".ini") or _is_zip(path)


def _is_zip(path: Path) -> bool:
    return path.is_file() and zipfile.is_zipfile(path)


def read_landscape(path: Path) -> tuple[Obstruction, ...]:
    """The outline of a landscape; HorizonRefused."""
    if path.is_file() and (path.suffix.lower() == ".zip" or _is_zip(path)):
        try:
            with zipfile.ZipFile(path) as archive:
                return _read(_in_zip(archive, path.name), path.name)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise refused(path.name, "the zip cannot be read") from error
    folder = path if path.is_dir() else path.parent

    def read(name: str) -> bytes:
        try:
            with (folder / name).open("rb") as file:
                return file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise refused(name, error.strerror or "it cannot be read") from error

    return _read(read, path.name)


def _in_zip(archive: zipfile.ZipFile, name: str) -> Reader:
    ini = next(
        (each for each in archive.namelist() if PurePosixPath(each).name.lower() == INI), None
    )
    if ini is None:
        raise refused(name, f"it has no {INI}")
    folder = PurePosixPath(ini).parent

    def read(wanted: str) -> bytes:
        inside = ini if wanted == INI else str(folder / wanted)
        try:
            with archive.open(inside) as file:
                return file.read(LARGEST_FILE + 1)
        except KeyError as error:
            raise refused(wanted, f"it is not in {name}") from error

    return read


def _read(read: Reader, name: str) -> tuple[Obstruction, ...]:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(text_of(read(INI), INI))
    except configparser.Error as error:
        line = getattr(error, "lineno", None)
        raise refused(INI, "it is no ini file", line if isinstance(line, int) else None) from error
    if not parser.has_section("landscape"):
        raise refused(INI, "it has no section [landscape]")
    said = parser["landscape"]
    listed = said.get("polygonal_horizon_list", "")
    if not listed or PurePosixPath(listed).name != listed:
        raise refused(INI, "it names no polygonal_horizon_list beside it")
    mode = MODES.get(said.get("polygonal_horizon_list_mode", "azDeg_altDeg"))
    if mode is None:
        raise refused(INI, "its polygonal_horizon_list_mode is none that is known")
    try:
        turn = float(said.get("polygonal_angle_rotatez", "0"))
    except ValueError:
        turn = math.nan
    if not abs(turn) <= LARGEST_TURN:
        raise refused(INI, "it turns its horizon (polygonal_angle_rotatez); turn the list itself")
    size, zenith = mode
    return (_outline(text_of(read(listed), listed), listed, size, zenith=zenith),)


def _outline(text: str, name: str, size: float, *, zenith: bool) -> Obstruction:
    """One closed outline, straight over north from the last point to the first."""
    points: list[Point] = []
    for number, line in numbered(text):
        east, up = (each * size for each in pair(line, name, number))
        points.append(in_range(east % 360 if east != 360 else 360, 90 - up if zenith else up,
                               name, number))  # fmt: skip
    if len(points) < 2:
        raise refused(name, "it has less than two points")
    points.sort(key=lambda point: point[1])
    if points[-1][1] - points[0][1] < 360:
        points.append(points[0])
    return tuple(points)
