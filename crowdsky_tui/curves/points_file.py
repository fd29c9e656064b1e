"""A curve's points as a file, for what the compute child works out of files."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from crowdsky_tui.curves.curve import CurvePoint


@contextlib.asynccontextmanager
async def points_file(points: Sequence[CurvePoint]) -> AsyncIterator[Path]:
    """BJD, magnitude and error of points that have them, as long as it is used."""
    lines = ["bjd mag error", *(f"{each.bjd_tdb:.8f} {each.mag} {each.error}" for each in points)]
    with tempfile.TemporaryDirectory(prefix="crowdsky-tui-") as folder:
        path = Path(folder) / "curve.txt"
        await asyncio.to_thread(path.write_text, "\n".join(lines), "utf-8")
        yield path
