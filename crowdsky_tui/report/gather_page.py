"""Gathers what the report's page shows beside its text: ribbon, pictures, curves."""

import asyncio
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.curves.curve import StarCurve
from crowdsky_tui.curves.night_words import DAY_S, JD_OF_1970
from crowdsky_tui.database.record import run_of
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.report.page import PageCurve, PagePicture, report_page
from crowdsky_tui.report.quotes import KINDS
from crowdsky_tui.report.report import Report
from crowdsky_tui.report.stars import night_curves
from crowdsky_tui.report.trends import Series, Trends, trends
from crowdsky_tui.review.grades import Grade

if TYPE_CHECKING:
    from crowdsky_tui.progress.situation import Situation
    from crowdsky_tui.report.reported_night import ReportedNight

WIDTH, HEIGHT = 240, 428
"""Pixels into which a picture is fitted: a Seestar's shape."""
MOST_OF_A_KIND = 4
MOST_STARS = 8
"""Light curves that are drawn."""
JPEG_QUALITY = 80
SHOWN = ("FWHM", "Background", "Stars", "Sky", "Free space")


async def gather_page(night: "ReportedNight", report: Report) -> str:
    """The page of a night; a picture that cannot be had, or records, are left out."""
    seen = [each for each in night.situations() if night_of(each.order.start) == report.night]
    return report_page(
        report,
        [each.block for each in seen],
        [each for each in await _pictures(night, seen) if each is not None],
        [*await _star_curves(night, report.night), *await _curves(night, report.night)],
    )


async def save_page(page: str, path: Path) -> None:
    """Write it whole or not at all. CrowdSkyError if the disk refuses."""
    try:
        await asyncio.to_thread(write_whole, path, page.encode())
    except OSError as error:
        raise CrowdSkyError(
            f"the page {path} cannot be written", error.strerror or "", "Check the disk"
        ) from error


async def _pictures(
    night: "ReportedNight", seen: "Sequence[Situation]"
) -> list[PagePicture | None]:
    """The sharpest of those graded good, then the doubtful and the poor ones."""
    chosen = [(each, "one of the best") for each in _of_grades(night, seen, Grade.GOOD)]
    for grade in (Grade.POOR, Grade.DOUBTFUL):
        chosen += [(each, grade.value) for each in _of_grades(night, seen, grade)]
    return [await _picture(night, each, words) for each, words in chosen]


def _of_grades(
    night: "ReportedNight", seen: "Sequence[Situation]", wanted: Grade
) -> "list[Situation]":
    found = []
    for each in seen:
        graded = night.review.reviews.graded(each.order) if each.order.name else None
        quality = night.review.reviews.of(each.order).quality
        if graded is not None and graded.grade is wanted:
            fwhm = None if quality is None else quality.fwhm_px
            found.append((fwhm if fwhm is not None else float("inf"), each))
    found.sort(key=lambda pair: (pair[0], pair[1].order.start))
    return [each for _, each in found[:MOST_OF_A_KIND]]


async def _picture(night: "ReportedNight", seen: "Situation", words: str) -> PagePicture | None:
    order = seen.order
    graded = night.review.reviews.graded(order)
    try:
        preview = await night.services.gallery.picture(
            order.block_key.target, order.stack_id, WIDTH, HEIGHT
        )
    except CrowdSkyError:
        return None
    title = f"{clean(order.target)} {order.start:%H:%M} {clean(order.filter)}".rstrip()
    why = "" if graded is None or graded.grade is Grade.GOOD else f": {graded.text}"
    return PagePicture(title, f"{words}{why}", await asyncio.to_thread(jpeg_of, preview))


def jpeg_of(preview: Preview) -> bytes:
    """A picture of ours as JPEG: the telescope's own bytes never reach the page."""
    from PIL import Image

    written = io.BytesIO()
    image = Image.frombytes("RGB", (preview.width, preview.height), preview.rgb)
    image.save(written, "JPEG", quality=JPEG_QUALITY)
    return written.getvalue()


async def _star_curves(night: "ReportedNight", evening: date) -> list[PageCurve]:
    """The light curves of the night, those that varied first."""
    return [
        PageCurve(clean(curve.star, 40), light_curve(curve, words), "less")
        for curve, words in (await night_curves(night, evening))[:MOST_STARS]
        if len(curve.points) > 1
    ]


def light_curve(curve: StarCurve, words: str) -> Series:
    """The good points of a curve over time; the note says what was seen, else whose they are."""
    points = tuple(
        (datetime.fromtimestamp((each.jd_utc - JD_OF_1970) * DAY_S, UTC), each.mag)
        for each in curve.points
        if each.mag is not None
    )
    note = words.partition(") ")[2] or curve.telescope
    return Series(clean(curve.band, 20), "mag", points, clean(note, 80))


async def _curves(night: "ReportedNight", evening: date) -> list[PageCurve]:
    """The night's numbers of each telescope and sensor; none where they cannot be read."""
    if not await night.records.database.is_there():
        return []
    noon = datetime.combine(evening, time(12)).astimezone()
    run, stream, now = run_of(noon), night.records.records, night.clock.now()
    try:
        runs = [each.run for each in await stream.runs()]
        read = [each async for each in stream.read(noon, KINDS) if each.meta.run == run]
    except CrowdSkyError:
        return []
    sources = sorted({each.meta.source for each in read if each.meta.source})

    def of_all() -> list[Trends]:
        return [trends(each, run, runs, read, now) for each in sources]

    found = await asyncio.to_thread(of_all)
    return [
        PageCurve(clean(each.scope), series)
        for each in found
        for series in each.series
        if series.name in SHOWN and len(series.points) > 1
    ]
