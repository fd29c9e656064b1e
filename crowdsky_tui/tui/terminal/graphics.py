"""A picture in a terminal's own graphics, Kitty's or Sixel, from plain RGB. Nothing is asked.

Whether a terminal knows them would have to be asked of it, and a slow link answers too late: the
user says so by `display.images`.
"""

import base64
import fcntl
import re
import struct
import sys
import termios
import zlib
from collections.abc import Mapping
from typing import Protocol

from crowdsky_tui.base.patterns import LazyPattern

KITTY_ID = 7_350
"""Our one picture's number in the terminal: the next one takes its place."""
_PIECE = 4096
_USUAL_CELL = (8, 16)
_SIXEL_ROWS = 6
_RED, _GREEN, _BLUE = (
    bytes((level + 25) // 51 * weight for level in range(256)) for weight in (36, 6, 1)
)
_PALETTE = "".join(
    f"#{number};2;{number // 36 * 20};{number // 6 % 6 * 20};{number % 6 * 20}"
    for number in range(216)
)
_RUN = LazyPattern(rb"(.)\1{3,}", re.DOTALL)


class Graphics(Protocol):
    """How one kind of terminal takes a picture."""

    gone: str
    """Takes the picture away; empty where text over it does."""

    def drawn(self, rgb: bytes, width: int, height: int, columns: int, rows: int) -> str:
        """What draws these `width` × `height` pixels into that many cells at the cursor.

        Raises ValueError if `rgb` is not of that size.
        """
        ...


class Kitty:
    """Kitty's protocol, also Ghostty's and WezTerm's: zlib in base64, scaled to the cells."""

    gone = f"\x1b_Ga=d,d=I,i={KITTY_ID},q=2\x1b\\"

    def drawn(self, rgb: bytes, width: int, height: int, columns: int, rows: int) -> str:
        _check(rgb, width, height)
        data = base64.b64encode(zlib.compress(rgb, 6)).decode()
        pieces = [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]
        # q=2: an answer would be read as keys; C=1: the cursor stays; z=-1: notices stay above it
        head = (
            f"a=T,f=24,o=z,s={width},v={height},i={KITTY_ID},p=1,c={columns},r={rows},C=1,z=-1,q=2,"
        )
        parts = []
        for number, piece in enumerate(pieces, start=1):
            more = int(number < len(pieces))
            parts.append(f"\x1b_G{head}m={more};{piece}\x1b\\")
            head = ""
        return "".join(parts)


class Sixel:
    """Sixel in 6 levels of each colour, one pixel for one: text over it wipes it away."""

    gone = ""

    def drawn(self, rgb: bytes, width: int, height: int, columns: int, rows: int) -> str:
        _check(rgb, width, height)
        indices = bytes(
            map(
                sum,
                zip(
                    rgb[0::3].translate(_RED),
                    rgb[1::3].translate(_GREEN),
                    rgb[2::3].translate(_BLUE),
                    strict=True,
                ),
            )
        )
        lines = [indices[at : at + width] for at in range(0, len(indices), width)]
        bands = (_band(lines[at : at + _SIXEL_ROWS], width) for at in range(0, height, _SIXEL_ROWS))
        return f'\x1bP0;1;0q"1;1;{width};{height}{_PALETTE}{"-".join(bands)}\x1b\\'


def _check(rgb: bytes, width: int, height: int) -> None:
    if width <= 0 or height <= 0 or len(rgb) != width * height * 3:
        raise ValueError(f"{len(rgb)} bytes are not {width} × {height} pixels of RGB")


def _band(lines: list[bytes], width: int) -> str:
    """Up to six lines of pixels, one colour after the other."""
    return "$".join(f"#{colour}{_plane(lines, colour, width)}" for colour in set(b"".join(lines)))


def _plane(lines: list[bytes], colour: int, width: int) -> str:
    """Where a band has this colour: one character for six pixels, runs counted."""
    bits = 0
    for number, line in enumerate(lines):
        table = bytearray(256)
        table[colour] = 1 << number
        bits |= int.from_bytes(line.translate(table))
    plane = bits.to_bytes(width).translate(_SIXEL_CHARACTERS).rstrip(b"?")
    return _RUN.sub(lambda run: b"!%d%s" % (len(run[0]), run[1]), plane).decode()


_SIXEL_CHARACTERS = bytes(63 + bits if bits < 64 else 63 for bits in range(256))


GRAPHICS: Mapping[str, type[Kitty] | type[Sixel]] = {"kitty": Kitty, "sixel": Sixel}


KITTY_TERMS = frozenset({"xterm-kitty", "xterm-ghostty", "wezterm"})
KITTY_PROGRAMS = frozenset({"kitty", "ghostty", "wezterm"})
SIXEL_TERMS = frozenset({"foot", "mlterm", "yaft-256color"})


def why_not(images: str, environment: Mapping[str, str]) -> str:
    """Why this terminal cannot show such pictures, as far as it tells without being asked."""
    term = environment.get("TERM", "")
    if environment.get("TMUX") or environment.get("STY") or term.startswith(("screen", "tmux")):
        return f"display.images is {images}, which tmux and screen keep back: half-blocks instead"
    if term in {"linux", "ansi", "vt100", "vt220"}:
        return f"display.images is {images}, which a {term} console lacks: half-blocks instead"
    return ""


def offered(environment: Mapping[str, str]) -> str:
    """The graphics that this terminal is known to have by its environment: "kitty", "sixel" or "".

    Nothing is asked of it, so only what names itself counts (docs of kitty, Ghostty, WezTerm, foot
    and mlterm); tmux and screen keep them back, whatever is around them.
    """
    term = environment.get("TERM", "")
    if why_not("", environment):
        return ""
    program = environment.get("TERM_PROGRAM", "").lower()
    if "KITTY_WINDOW_ID" in environment or term in KITTY_TERMS or program in KITTY_PROGRAMS:
        return "kitty"
    return "sixel" if term in SIXEL_TERMS or term.startswith(("foot-", "mlterm-")) else ""


def cell_size() -> tuple[int, int]:
    """A cell's width and height in pixels, as the terminal's window says, else 8 and 16."""
    try:
        answer = fcntl.ioctl(sys.__stderr__ or 2, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):  # no terminal
        return _USUAL_CELL
    rows, columns, across, down = struct.unpack("HHHH", answer)
    if not (rows and columns and across >= 4 * columns and down >= 4 * rows):
        return _USUAL_CELL
    return across // columns, down // rows
