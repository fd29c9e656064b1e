"""What is asked of the child to write a camera's picture as a FITS file."""

import msgspec

Card = tuple[str, str | int | float | bool, str]
"""Keyword, value and comment of one line of a header."""


class FrameFileRequest(msgspec.Struct, frozen=True, tag_field="op", tag="frame_file"):
    """Write the pixels in the file `path` as a FITS file `out`, which must not be there yet.

    The pixels are `width` × `height` × `planes` of numpy's type `element`, column after column, the
    planes of a pixel side by side, as Alpaca sends them. With the element "fits" the file is a FITS
    file as INDI sends it, at most `width` × `height`.
    """

    path: bytes
    out: bytes
    width: int
    height: int
    planes: int
    element: str
    cards: tuple[Card, ...]
