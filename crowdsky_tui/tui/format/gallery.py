"""What the gallery says of a stack: under its picture, and of the one under the cursor. Pure."""

from typing import TYPE_CHECKING

from crowdsky_tui.tui.format.glyphs import BLOCK
from crowdsky_tui.tui.format.review import GRADE
from crowdsky_tui.tui.format.values import day, span
from crowdsky_tui.tui.widgets.paint import Part

if TYPE_CHECKING:
    from crowdsky_tui.fits.picture_messages import Stamp
    from crowdsky_tui.gallery.records import GalleryItem


def tile_words(item: "GalleryItem", peak: Part | None) -> tuple[Part, Part, Part]:
    """When, filter and grade, and its state; or the `peak` of its stamp in place of that."""
    grade = GRADE[item.grade].word if item.grade else "ungraded"
    style = GRADE[item.grade].style if item.grade else "dim"
    mark = BLOCK[item.state]
    return (
        (f"{day(item.start)} {item.start:%H:%M}", ""),
        (f"{item.filter or '–'} {grade}", style),
        peak or (mark.text, mark.style),
    )


def peak_of(stamp: "Stamp | None") -> Part:
    """The brightest pixel within a stamp's ring; empty until the stamp is there."""
    if stamp is None:
        return ("", "")
    if stamp.saturated:
        return (f"{stamp.peak:,.0f} full", "warn")
    return (f"{stamp.peak:,.0f} ADU", "")


def stack_lines(item: "GalleryItem", why: str) -> list[list[Part]]:
    """All about one stack, in two lines; `why` there is no picture of it, where there is none."""
    mark = BLOCK[item.state]
    first: list[Part] = [
        (f" {day(item.start)} {span(item.start, item.end)}", "strong"),
        ("".join(f" · {part}" for part in (item.exposure, item.filter) if part), ""),
        (" · grade ", "dim"),
        GRADE[item.grade].part if item.grade else ("not measured", "dim"),
    ]
    second = f" · no picture: {why}" if why else f" · {item.reason}" if item.reason else ""
    return [first, [(" ", ""), mark.part, (second, "warn" if why else "dim")]]
