"""What the verbs that draw pictures have in common."""

import argparse
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.options import CommonOptions, flag, option
from crowdsky_tui.fits.messages import STRETCHES
from crowdsky_tui.fits.picture_messages import LONGEST, Crop

if TYPE_CHECKING:
    from datetime import datetime

    from crowdsky_tui.compute.client import Science

WHERE = "which part of the frame (all of it)"
LOOK = "how it looks"


class PictureOptions(CommonOptions, frozen=True, kw_only=True):
    """What `picture` and `film` take both."""

    at: Annotated[
        str | None, option("X,Y", "around this pixel, from 0 at the upper left", group=WHERE)
    ] = None
    around: Annotated[
        str | None,
        option("NAME", "around this target, where the header tells the sky", group=WHERE),
    ] = None
    side: Annotated[
        int | None, option("N", "pixels of the frame along its side (200)", group=WHERE)
    ] = None
    north: Annotated[bool, flag("north up, where the header tells the sky", group=LOOK)] = False
    stretch: Annotated[str, option(None, "(normal)", choices=STRETCHES, group=LOOK)] = "normal"
    title: Annotated[str | None, option("TEXT", "instead of the object's name", group=LOOK)] = None
    no_caption: Annotated[bool, flag("no words below it", group=LOOK)] = False
    size: Annotated[
        int | None,
        option(
            "N", f"pixels along the longer side (at most {LONGEST})", group=LOOK,
            read=number(16, LONGEST, "a number of pixels", whole=True),
        ),
    ] = None  # fmt: skip
    overwrite: Annotated[bool, flag("replace a file that is there")] = False


SIDE = 200


async def crop_of(options: PictureOptions, science: "Science", now: "datetime") -> Crop | None:
    """The part that is asked for; None for all. Raises UsageError."""
    if options.at and options.around:
        raise UsageError("--at and --around are two places", "", "Name one of them")
    side = SIDE if options.side is None else options.side
    if side < 1:
        raise UsageError(f"a side of {side} pixels shows nothing", "", "Give 1 or more")
    if options.around:
        found = await science.find_target(options.around, now)
        ra, dec = found.j2000.ra_deg_j2000, found.j2000.dec_deg_j2000
        return Crop(side, ra_deg=ra, dec_deg=dec)
    if options.at:
        x, y = _pixel(options.at)
        return Crop(side, x, y)
    return None if options.side is None else Crop(side)


def _pixel(text: str) -> tuple[float, float]:
    try:
        x, y = (number(0, 1e6, "a pixel")(part) for part in text.split(","))
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise UsageError(
            f"{clean(text, 40)!r} is no pixel", "", "Write column and row: --at 540,960"
        ) from error
    return x, y
