"""Just enough FITS for the stand-ins: 16-bit unsigned frames, written and read back fast.

A night has a thousand sub-frames; formatting their cards here costs a tenth of what astropy takes.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Value = bool | int | float | str
Card = tuple[str, Value, str]
Pixels = NDArray[np.uint16]

BLOCK = 2880
CARD = 80
SIGN_BIT = 0x8000  # BZERO 32768: unsigned 16 bits are stored with the top bit flipped
MAX_HEADER_BLOCKS = 40


def _card(keyword: str, value: Value, comment: str) -> str:
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        quoted = value.encode("ascii", "replace").decode().replace("'", "''")
        text = f"'{quoted:<8}'".ljust(20)
    else:
        text = f"{value!r:>20}".upper()
    return f"{keyword:<8}= {text} / {comment}"[:CARD].ljust(CARD)


def fits_bytes(pixels: Pixels, cards: Iterable[Card]) -> bytes:
    """One primary HDU: `pixels` of shape (rows, columns) or (planes, rows, columns)."""
    axes = pixels.shape[::-1]
    mandatory: list[Card] = [
        ("SIMPLE", True, "file does conform to FITS standard"),
        ("BITPIX", 16, "number of bits per data pixel"),
        ("NAXIS", len(axes), "number of data axes"),
        *((f"NAXIS{i}", size, f"length of data axis {i}") for i, size in enumerate(axes, 1)),
        ("EXTEND", True, "FITS dataset may contain extensions"),
        ("BZERO", 32768, "offset data range to that of unsigned short"),
        ("BSCALE", 1, "default scaling factor"),
    ]
    text = "".join(_card(*card) for card in (*mandatory, *cards)) + "END".ljust(CARD)
    header = text.encode("ascii", "replace")
    data = (pixels ^ np.uint16(SIGN_BIT)).astype(">u2").tobytes()
    return _padded(header, b" ") + _padded(data, b"\0")


def _padded(data: bytes, fill: bytes) -> bytes:
    return data + fill * (-len(data) % BLOCK)


def _value(text: str) -> Value:
    text = text.strip()
    if text.startswith("'"):
        return text[1 : text.rindex("'")].replace("''", "'").rstrip()
    text = text.split("/", 1)[0].strip()
    if text in {"T", "F"}:
        return text == "T"
    try:
        return int(text)
    except ValueError:
        return float(text)


def read_fits(path: Path) -> tuple[dict[str, Value], Pixels]:
    """Header and pixels of a frame that `fits_bytes` wrote; ValueError if it is damaged."""
    content = path.read_bytes()
    header: dict[str, Value] = {}
    for start in range(0, min(len(content), MAX_HEADER_BLOCKS * BLOCK), CARD):
        card = content[start : start + CARD].decode("ascii", "replace")
        if card.startswith("END "):
            break
        if card[8:10] == "= ":
            header[card[:8].strip()] = _value(card[10:])
    else:
        raise ValueError("the header has no END")
    begin = -(-(start + CARD) // BLOCK) * BLOCK
    try:
        axes = [int(header[f"NAXIS{i}"]) for i in range(int(header["NAXIS"]), 0, -1)]
    except KeyError as error:
        raise ValueError(f"the header has no {error.args[0]}") from error
    count = int(np.prod(axes))
    if header.get("BITPIX") != 16 or len(content) < begin + 2 * count:
        raise ValueError("the file is shorter than its header says")
    data = np.frombuffer(content, ">u2", count, begin).astype(np.uint16)
    return header, (data ^ np.uint16(SIGN_BIT)).reshape(axes)
