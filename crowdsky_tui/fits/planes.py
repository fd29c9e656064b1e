"""A FITS file's pixels as colour planes, by what its header says. Child only.

Seestar sub-frames are one plane behind a Bayer filter, stacks are three planes, red first.
Stacks keep the BAYERPAT card of their sub-frames, so the axes decide.

Source: docs/design/seestar-protocol.md 5.3.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from astropy.io.fits import Header

from crowdsky_tui.fits.bayer import PATTERNS, masks, split
from crowdsky_tui.fits.headers import card_count, card_text
from crowdsky_tui.fits.images import SMALLEST_SIDE, Floats, Image, find_image

STRIP_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 25_000_000  # of one plane that are measured: more than three stacks of an S30 Pro
_EVEN = 2  # rows of a Bayer pattern


class Pixels:
    """A picture in a file, read by strips: a whole one may be larger than a small machine's memory.

    `rows` and `columns` are of one plane, `planes` is 1 or 3, values are ADU as float32; `pattern`
    may be empty. `largest` is the value of a full pixel; None where the pixels are no integers.
    """

    def __init__(self, image: Image) -> None:
        self.header, self._rows = image.header, image.rows
        self.planes, self.rows, self.columns = image.shape
        self.pattern = _pattern(self.header) if self.planes == 1 else ""
        self.from_below = card_text(self.header, "ROWORDER").upper() == "BOTTOM-UP"
        self.largest = image.largest

    def strip(self, plane: int, first: int, last: int) -> Floats:
        """The rows from `first` up to `last` of one plane, without infinities and NaNs."""
        top = self.rows - last if self.from_below else first
        data = self._rows.read(plane, top, top + last - first)
        np.nan_to_num(data, copy=False, posinf=0.0, neginf=0.0)
        return data[::-1] if self.from_below else data

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
        top = self.largest
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
        cells = split(data, self.pattern)
        green = np.mean([cells["G1"], cells["G2"]], axis=0, dtype=np.float32)
        return np.stack([cells["R"], green, cells["B"]])


def _middle(size: int, share: float) -> tuple[int, int]:
    """Where the middle `share` of a side begins, at a pair of rows or columns, and its length."""
    length = size if share >= 1.0 else max(int(size * share), min(size, SMALLEST_SIDE))
    return (size - length) // 2 // _EVEN * _EVEN, length


def read_pixels(path: Path, label: str) -> Pixels:
    """A file's picture. Raises FileDamaged, or OSError if the file cannot be read."""
    return Pixels(find_image(path, label))


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
    edged = np.pad(raw, 1, mode="reflect")
    around = (edged[:-2, 1:-1] + edged[2:, 1:-1] + edged[1:-1, :-2] + edged[1:-1, 2:]) / 4
    no_green = masks(raw.shape, pattern)["G"]
    return np.ascontiguousarray(np.where(no_green, around, raw).astype(np.float32))
