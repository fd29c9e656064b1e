"""A FITS file's pixels as colour planes, by what its header says. Child only.

Seestar sub-frames are one plane behind a Bayer filter, stacks are three planes, red first (facts:
FITS structure). Stacks keep the BAYERPAT card of their sub-frames, so the axes decide.
"""

from pathlib import Path

import numpy as np
from astropy.io.fits import Header
from numpy.typing import NDArray

from crowdsky_tui.errors import FileDamaged
from crowdsky_tui.science.headers import (
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


class Pixels:
    """`data` has the shape (rows, columns) or (3, rows, columns), ADU; `pattern` may be empty."""

    def __init__(self, header: Header, data: Floats, saturation: float) -> None:
        self.header = header
        self.data = data
        self.saturation = saturation
        self.pattern = _pattern(header) if data.ndim == 2 else ""

    @property
    def planes(self) -> int:
        return 3 if self.data.ndim == 3 else 1

    def luminance(self) -> Floats:
        """One plane to find stars in: the mean of the colours, or the green of a mosaic."""
        if self.data.ndim == 3:
            return np.ascontiguousarray(self.data.mean(axis=0, dtype=np.float32))
        if not self.pattern:
            return np.ascontiguousarray(self.data)
        return _green(self.data, self.pattern)

    def colours(self) -> Floats:
        """(3, rows, columns); a mosaic's at half its size, mono three times the same."""
        if self.data.ndim == 3:
            return self.data
        if not self.pattern:
            return np.broadcast_to(self.data, (3, *self.data.shape))
        rows, columns = (side // 2 * 2 for side in self.data.shape)
        cells = {"R": [], "G": [], "B": []}  # type: dict[str, list[Floats]]
        for index, colour in enumerate(self.pattern):
            y, x = divmod(index, 2)
            cells[colour].append(self.data[y:rows:2, x:columns:2])
        return np.stack([np.mean(cells[colour], axis=0, dtype=np.float32) for colour in "RGB"])


def read_pixels(path: Path, label: str) -> Pixels:
    """Read the primary picture. Raises FileDamaged, or OSError if the file cannot be read."""
    with path.open("rb") as file:
        head = file.read(MAX_HEADER)
        check_first_card(head, label)
        header, begin = read_header(head, label)
        shape = _shape(axes_of(header, label), label)
        data_size(header, label)
        bits = int(header["BITPIX"])
        if bits not in _TYPES:
            raise FileDamaged(f"{label} is not a usable picture", f"BITPIX {bits} is not known")
        kind = np.dtype(_TYPES[bits])
        count = int(np.prod(shape))
        file.seek(begin)
        content = file.read(count * kind.itemsize)
    if len(content) < count * kind.itemsize:
        raise FileDamaged(f"{label} is cut short", "pixels are missing", "Fetch it again")
    zero, scale = card_number(header, "BZERO") or 0.0, card_number(header, "BSCALE") or 1.0
    data = np.frombuffer(content, kind).reshape(shape).astype(np.float32)
    data = np.nan_to_num(data * np.float32(scale) + np.float32(zero), posinf=0.0, neginf=0.0)
    if card_text(header, "ROWORDER").upper() == "BOTTOM-UP":
        data = data[..., ::-1, :]
    top = (2.0 ** (bits - (zero == 0.0))) * scale if bits > 0 else float(data.max())
    return Pixels(header, data, top)


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
