"""A curve's points as a file, for what the compute child works out of files."""

import asyncio
import contextlib
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from crowdsky_tui.curves.curve import CurvePoint, StarCurve


@contextlib.asynccontextmanager
async def points_file(points: Sequence[CurvePoint]) -> AsyncIterator[Path]:
    """BJD, magnitude and error of points that have them, as long as it is used."""
    lines = ["bjd mag error", *(f"{each.bjd_tdb:.8f} {each.mag} {each.error}" for each in points)]
    async with _kept("\n".join(lines)) as path:
        yield path


@contextlib.asynccontextmanager
async def curves_file(curves: Sequence[StarCurve]) -> AsyncIterator[Path]:
    """All points of a star's curves, bad ones with their quality bits and limits, while it is used.

    Each curve's are told apart by band and telescope.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("star", "band", "telescope", "bjd", "mag", "error", "qualitybits"))
    for curve in curves:
        for point in curve.points:
            mag = f"<{point.limit_mag}" if point.mag is None else str(point.mag)
            error = "" if point.error is None else str(point.error)
            when = f"{point.bjd_tdb:.8f}"
            rows.writerow((curve.star, curve.band, curve.telescope, when, mag, error, point.flags))
    async with _kept(text.getvalue()) as path:
        yield path


@contextlib.asynccontextmanager
async def _kept(text: str) -> AsyncIterator[Path]:
    with tempfile.TemporaryDirectory(prefix="crowdsky-tui-") as folder:
        path = Path(folder) / "curve.txt"
        await asyncio.to_thread(path.write_text, text, "utf-8")
        yield path
