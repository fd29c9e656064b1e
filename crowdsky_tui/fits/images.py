"""Where a FITS file keeps its picture, and its rows as they are asked for. Child only.

The picture is in the primary header's data, or behind a primary header without data: in three
planes named RED, GREEN, BLUE (as the CrowdSky server sends them), in a tile-compressed image
(`.fz`: a binary table with ZIMAGE), or in the first image that there is.

Source: FITS standard 4.0, 10.1 (tiled image compression); docs/design/crowdsky-protocol.md 6.2.
"""

import math
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from astropy.io import fits
from astropy.io.fits import Header
from numpy.typing import NDArray

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.compressed import image_header, is_compressed
from crowdsky_tui.fits.headers import (
    MAX_EXTENSIONS,
    MAX_HEADER,
    axes_of,
    card_number,
    card_text,
    check_first_card,
    data_size,
    read_header,
)
from crowdsky_tui.fits.kept import kept_file

Floats = NDArray[np.float32]
CHANNELS = ("RED", "GREEN", "BLUE")
SMALLEST_SIDE = 16
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", -32: ">f4", -64: ">f8"}


class Rows(Protocol):
    """Reads rows of a picture's planes as the file has them, scaled to ADU."""

    def read(self, plane: int, first: int, last: int) -> Floats:
        """The rows from `first` up to `last` in the file's order. FileDamaged if they are not."""


class Image(NamedTuple):
    """A picture in a file: its header, (planes, rows, columns), and what reads its rows.

    `largest` is the value of a full pixel in ADU; None where the pixels are no integers.
    """

    header: Header
    shape: tuple[int, int, int]
    largest: float | None
    rows: Rows


class _Unit(NamedTuple):
    """One header with its data: its number in the file, and where the data begin."""

    number: int
    header: Header
    begin: int


def find_image(path: Path, label: str) -> Image:
    """The picture of a file, or of its compressed copy where only that is left.

    Raises FileDamaged, or OSError if the file cannot be read.
    """
    path = kept_file(path)
    units = _units(path, label)
    primary = next(units)
    if axes_of(primary.header, label):
        return _plain(path, label, [primary], primary.header)
    named: dict[str, _Unit] = {}
    first: _Unit | None = None
    for unit in units:
        if is_compressed(unit.header):
            return _compressed(path, label, unit)
        if card_text(unit.header, "XTENSION") == "IMAGE" and len(axes_of(unit.header, label)) > 1:
            first = first or unit
            named.setdefault(card_text(unit.header, "EXTNAME").upper(), unit)
    if all(name in named for name in CHANNELS):
        return _plain(path, label, [named[name] for name in CHANNELS], primary.header)
    if first is None:
        raise FileDamaged(f"{label} has no picture", "there are no pixels behind its headers")
    return _plain(path, label, [first], first.header)


def _units(path: Path, label: str) -> Iterator[_Unit]:
    """The primary header, then the extensions as far as they are asked for and can be read."""
    with path.open("rb") as file:
        head = file.read(MAX_HEADER)
        check_first_card(head, label)
        begin = 0
        for number in range(MAX_EXTENSIONS + 1):
            header, size = read_header(head, label)
            yield _Unit(number, header, begin + size)
            begin += size + data_size(header, label)
            file.seek(begin)
            head = file.read(MAX_HEADER)
            if not head.startswith(b"XTENSION="):
                return


def _shape(header: Header, label: str) -> tuple[int, int, int]:
    """Planes (1 or 3), rows, columns."""
    axes = axes_of(header, label)
    sides = [axis for axis in axes[2:] if axis != 1]
    if len(axes) < 2 or len(sides) > 1 or (sides and sides[0] != 3):
        raise FileDamaged(f"{label} is not a picture", f"its axes are {axes}")
    columns, rows = axes[:2]
    if min(columns, rows) < SMALLEST_SIDE:
        raise FileDamaged(f"{label} is too small to measure", f"{columns} × {rows} pixels")
    return (3 if sides else 1), rows, columns


def _bits(header: Header, label: str) -> int:
    bits = int(header["BITPIX"])
    if bits not in _TYPES:
        raise FileDamaged(f"{label} is not a usable picture", f"BITPIX {bits} is not known")
    return bits


def _plain(path: Path, label: str, units: list[_Unit], header: Header) -> Image:
    """A picture whose pixels stand in the file as they are, in one unit or one for each plane."""
    shapes = {_shape(unit.header, label) for unit in units}
    planes, rows, columns = shapes.pop()
    if shapes or (len(units) > 1 and planes > 1):
        raise FileDamaged(f"{label} is not a picture", "its colours are of different sizes")
    for unit in units:
        data_size(unit.header, label)
    bits = _bits(units[0].header, label)
    if any(_bits(unit.header, label) != bits for unit in units):
        raise FileDamaged(f"{label} is not a picture", "its colours have different kinds of pixels")
    size = rows * columns * abs(bits) // 8
    places = [(unit.begin + plane * size, unit.header) for unit in units for plane in range(planes)]
    if path.stat().st_size < places[-1][0] + size:
        raise _cut_short(label)
    reader = _PlainRows(path, label, places, columns, np.dtype(_TYPES[bits]))
    return Image(header, (len(places), rows, columns), _largest(units[0].header, bits), reader)


def _largest(header: Header, bits: int) -> float | None:
    """The value of a full pixel in ADU; None where pixels are no integers."""
    if bits < 0:
        return None
    signed = not card_number(header, "BZERO")
    return float(2.0 ** (bits - signed)) * (card_number(header, "BSCALE") or 1.0)


def _cut_short(label: str) -> FileDamaged:
    return FileDamaged(f"{label} is cut short", "pixels are missing", "Fetch it again")


class _PlainRows:
    """Reads from the file itself; `places` are each plane's first byte and its header."""

    def __init__(
        self,
        path: Path,
        label: str,
        places: list[tuple[int, Header]],
        columns: int,
        kind: "np.dtype[Any]",
    ) -> None:
        self._path, self._label, self._places = path, label, places
        self._columns, self._kind = columns, kind

    def read(self, plane: int, first: int, last: int) -> Floats:
        begin, header = self._places[plane]
        row = self._columns * self._kind.itemsize
        with self._path.open("rb") as file:
            file.seek(begin + first * row)
            content = file.read((last - first) * row)
        if len(content) < (last - first) * row:
            raise _cut_short(self._label)
        raw = np.frombuffer(content, self._kind).reshape(last - first, self._columns)
        return _scaled(raw, header)


def _scaled(raw: NDArray[Any], header: Header) -> Floats:
    data: Floats = raw.astype(np.float32)
    data *= np.float32(card_number(header, "BSCALE") or 1.0)
    data += np.float32(card_number(header, "BZERO") or 0.0)
    return data


def _compressed(path: Path, label: str, unit: _Unit) -> Image:
    header = image_header(unit.header, label)
    shape, bits = _shape(header, label), _bits(header, label)
    reader = _TileRows(path, label, unit.number, header, shape[0])
    return Image(header, shape, _largest(header, bits), reader)


class _TileRows:
    """Reads the tiles that a few rows need, by astropy; its file is closed when it goes."""

    def __init__(self, path: Path, label: str, number: int, header: Header, planes: int) -> None:
        self._label, self._header, self._planes = label, header, planes
        self._file = fits.open(path, memmap=True, lazy_load_hdus=True, do_not_scale_image_data=True)
        weakref.finalize(self, self._file.close)
        self._unit = self._file[number]

    def read(self, plane: int, first: int, last: int) -> Floats:
        axes = self._unit.section.shape
        place: tuple[int | slice, ...] = (slice(first, last), slice(None))
        if len(axes) > 2:
            place = (*[plane if side == self._planes else 0 for side in axes[:-2]], *place)
        try:
            data = np.asarray(self._unit.section[place])
        except MemoryError:
            raise
        except Exception as error:
            raise FileDamaged(
                f"{self._label} cannot be read",
                "its compressed pixels are damaged",
                "Fetch it again",
            ) from error
        if data.shape != (last - first, axes[-1]) or not math.prod(data.shape):
            raise _cut_short(self._label)
        return _scaled(data, self._header)
