"""What is asked of the child to say where a picture looks, and its answer. No numpy here."""

import msgspec

from crowdsky_tui.fits.frame_file_messages import Card


class SolveRequest(msgspec.Struct, frozen=True, tag_field="op", tag="solve"):
    """Solve the picture in the file `path` by the field catalogue in the file `catalogue`.

    It looks about at `ra_deg`, `dec_deg` (ICRS), and was taken in `year`; `scale_arcsec` is that of
    a pixel, within 4 %.
    """

    path: bytes
    catalogue: bytes
    ra_deg: float
    dec_deg: float
    scale_arcsec: float
    year: float


class PlateSolution(msgspec.Struct, frozen=True):
    """Where a picture looks.

    `ra_deg`, `dec_deg` (ICRS) are of its middle; `cards` are its WCS as a header has it, for the
    picture with rows counted as in the file. `by` is what solved it.
    """

    ra_deg: float
    dec_deg: float
    cards: tuple[Card, ...]
    by: str = ""
