"""A FITS file's pixels as colour planes, by what its header says. Child only.

Seestar sub-frames are one plane behind a Bayer filter, stacks are three planes, red first.
Stacks keep the BAYERPAT card of their sub-frames, so the axes decide.

Source: docs/design/seestar-protocol.md 5.3.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from astropy.io.fits import Header
from numpy.typing import NDArray

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.headers import (
    MAX_HEADER,
    axes_of,
    card_count,
    card_number,
    card_text,
    check_first_card,
    data_size,
    read_header,
)

Floats = NDArray[np.float32]
PATTERNS = frozenset({"RGGB", "GRBG", "GBRG", "BGGR"})
SMALLEST_SIDE = 16
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", -32: ">f4", -64: ">f8"}


STRIP_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 25_000_000  # of one plane that are measured: more than three stacks of an S30 Pro
_EVEN = 2  # rows of a Bayer pattern


class Pixels:
    """A picture in a file, read by strips: a whole one may be larger than a small machine's memory.

    `rows` and `columns` are of one plane, `planes` is 1 or 3, values are ADU as float32; `pattern`
    may be empty.
    """

    def __init__(self, path: Path, label: str, header: Header, begin: int) -> None:
        shape = _shape(axes_of(header, label), label)
        data_size(header, label)
        bits = int(header["BITPIX"])
        if bits not in _TYPES:
            raise FileDamaged(f"{label} is not a usable picture", f"BITPIX {bits} is not known")
        self.header = header
        self.rows, self.columns = shape[-2:]
        self.planes = 3 if len(shape) == 3 else 1
        self.pattern = _pattern(header) if self.planes == 1 else ""
        self._path, self._label, self._begin = path, label, begin
        self._kind = np.dtype(_TYPES[bits])
        zero, scale = card_number(header, "BZERO") or 0.0, card_number(header, "BSCALE") or 1.0
        self._zero, self._scale = np.float32(zero), np.float32(scale)
        self._from_below = card_text(header, "ROWORDER").upper() == "BOTTOM-UP"
        self._top = (2.0 ** (bits - (zero == 0.0))) * scale if bits > 0 else None
        if path.stat().st_size < begin + self.planes * self.rows * self.columns * self._size:
            raise self._cut_short()

    @property
    def _size(self) -> int:
        return self._kind.itemsize

    def _cut_short(self) -> FileDamaged:
        return FileDamaged(f"{self._label} is cut short", "pixels are missing", "Fetch it again")

    def strip(self, plane: int, first: int, last: int) -> Floats:
        """The rows from `first` up to `last` of one plane, without infinities and NaNs."""
        top = self.rows - last if self._from_below else first
        offset = (plane * self.rows + top) * self.columns * self._size
        with self._path.open("rb") as file:
            file.seek(self._begin + offset)
            content = file.read((last - first) * self.columns * self._size)
        if len(content) < (last - first) * self.columns * self._size:
            raise self._cut_short()
        raw = np.frombuffer(content, self._kind).reshape(last - first, self.columns)
        data: Floats = raw.astype(np.float32)
        data *= self._scale
        data += self._zero
        np.nan_to_num(data, copy=False, posinf=0.0, neginf=0.0)
        return data[::-1] if self._from_below else data

    def strips(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The rows from `first` to `last` in spans of a few MB, each of whole pairs of rows."""
        step = max(STRIP_BYTES // (4 * self.columns) // _EVEN * _EVEN, _EVEN)
        return ((row, min(row + step, last)) for row in range(first, last, step))

    def luminance(self, most_pixels: int = MOST_PIXELS) -> Floats:
        """One plane to find stars in: the mean of the colours, or the green of a mosaic.

        Of a larger picture its middle, of at most `most_pixels`.
        """
        share = min((most_pixels / (self.rows * self.columns)) ** 0.5, 1.0)
        top, high = _middle(self.rows, share)
        left, wide = _middle(self.columns, share)
        image = np.empty((high, wide), np.float32)
        for first, last in self.strips(top, top + high):
            image[first - top : last - top] = self._luminance_of(first, last, left, left + wide)
        return image

    def _luminance_of(self, first: int, last: int, left: int, right: int) -> Floats:
        if self.planes == 3:
            strips = [self.strip(plane, first, last)[:, left:right] for plane in range(3)]
            return np.asarray(np.mean(strips, axis=0, dtype=np.float32))
        if not self.pattern:
            return self.strip(0, first, last)[:, left:right]
        above, below = max(first - _EVEN, 0), min(last + _EVEN, self.rows)
        green = _green(self.strip(0, above, below), self.pattern)
        return green[first - above : last - above, left:right]

    def saturated(self, share: float) -> float:
        """The share of all pixels at or above `share` of the largest possible value."""
        spans = [
            (plane, *span) for plane in range(self.planes) for span in self.strips(0, self.rows)
        ]
        top = self._top
        if top is None:
            top = max(float(self.strip(*span).max()) for span in spans)
        high = sum(int(np.count_nonzero(self.strip(*span) >= share * top)) for span in spans)
        return high / (self.planes * self.rows * self.columns)

    @property
    def colour_shape(self) -> tuple[int, int]:
        """Rows and columns of `colours`: half the file's for a mosaic."""
        half = 2 if self.pattern else 1
        return self.rows // half, self.columns // half

    def colours(self, first: int = 0, last: int | None = None) -> Floats:
        """Some rows as (3, rows, columns): a mosaic at half its size, mono three times the same."""
        last = self.colour_shape[0] if last is None else last
        if self.planes == 3:
            return np.stack([self.strip(plane, first, last) for plane in range(3)])
        if not self.pattern:
            data = self.strip(0, first, last)
            return np.broadcast_to(data, (3, *data.shape))
        data = self.strip(0, 2 * first, 2 * last)
        columns = self.columns // 2 * 2
        cells = {"R": [], "G": [], "B": []}  # type: dict[str, list[Floats]]
        for index, colour in enumerate(self.pattern):
            y, x = divmod(index, 2)
            cells[colour].append(data[y::2, x:columns:2])
        return np.stack([np.mean(cells[colour], axis=0, dtype=np.float32) for colour in "RGB"])


def _middle(size: int, share: float) -> tuple[int, int]:
    """Where the middle `share` of a side begins, at a pair of rows or columns, and its length."""
    length = size if share >= 1.0 else max(int(size * share), min(size, SMALLEST_SIDE))
    return (size - length) // 2 // _EVEN * _EVEN, length


def read_pixels(path: Path, label: str) -> Pixels:
    """The primary picture. Raises FileDamaged, or OSError if the file cannot be read."""
    with path.open("rb") as file:
        head = file.read(MAX_HEADER)
    check_first_card(head, label)
    header, begin = read_header(head, label)
    return Pixels(path, label, header, begin)


def _shape(axes: list[int], label: str) -> tuple[int, ...]:
    """(rows, columns) or (3, rows, columns)."""
    sides = [axis for axis in axes[2:] if axis != 1]
    if len(axes) < 2 or len(sides) > 1 or (sides and sides[0] != 3):
        raise FileDamaged(f"{label} is not a picture", f"its axes are {axes}")
    columns, rows = axes[:2]
    if min(columns, rows) < SMALLEST_SIDE:
        raise FileDamaged(f"{label} is too small to measure", f"{columns} × {rows} pixels")
    return (3, rows, columns) if sides else (rows, columns)


def _pattern(header: Header) -> str:
    """The 2 × 2 pattern from the file's first pixel on, row by row; empty if there is none."""
    pattern = card_text(header, "BAYERPAT").upper()
    if pattern not in PATTERNS:
        return ""
    if card_text(header, "ROWORDER").upper() == "BOTTOM-UP":
        rows = card_count(header, "NAXIS2") or 0
        pattern = pattern if rows % 2 else pattern[2:] + pattern[:2]
    if (card_count(header, "XBAYROFF") or 0) % 2:
        pattern = pattern[1] + pattern[0] + pattern[3] + pattern[2]
    if (card_count(header, "YBAYROFF") or 0) % 2:
        pattern = pattern[2:] + pattern[:2]
    return pattern


def _green(raw: Floats, pattern: str) -> Floats:
    """The green pixels of a mosaic, and the mean of the four around where there is none."""
    first = pattern.index("G")  # 0: green where row + column is even, 1: where it is odd
    down, along = np.ogrid[: raw.shape[0], : raw.shape[1]]
    is_green = (down + along) % 2 == first
    edged = np.pad(raw, 1, mode="reflect")
    around = (edged[:-2, 1:-1] + edged[2:, 1:-1] + edged[1:-1, :-2] + edged[1:-1, 2:]) / 4
    return np.ascontiguousarray(np.where(is_green, raw, around).astype(np.float32))
