"""Stacks measured, beside seestar_photometry on the same frames: CPU seconds, and check stars.

The frames are simulated (500 stars on 1080 × 1920 pixels, correlated noise, air that gets thicker),
so truth is known. Its Python is named by CROWDSKY_PHOTOMETRY_PEER, such as /tmp/peer/bin/python
after `python -m venv /tmp/peer; /tmp/peer/bin/pip install seestar-photometry`: it is GPL-3 and
stays in an environment of its own.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import msgspec

from bench.figures import Figure, compared, spread
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.curve import Measured, star_curves
from crowdsky_tui.curves.product import Product, State
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest, PlaneOfFrame
from crowdsky_tui.timeseries.series_messages import SeriesAnswer, SeriesRequest

GROUP, PEER = "Photometry", "seestar_photometry"
VARIABLE = "CROWDSKY_PHOTOMETRY_PEER"
ROOT = Path(__file__).parents[1]
STARS, SHAPE = 500, (1920, 1080)
CHECKED, SCALE_ARCSEC = 20, 2.39
AIR_MAG = 0.02
"""By so much each frame is darker than the one before."""


class InProcess(Science):
    """The ensemble worked out here, as the child would."""

    async def series(self, request: SeriesRequest) -> SeriesAnswer:
        from crowdsky_tui.timeseries.series import answer_series

        return answer_series(request)


def make_frames(folder: Path, frames: int) -> list[str]:
    """Stacks of a field, its catalogue in both programs' words; names of the check stars."""
    from astropy.table import Table

    sys.path.append(str(ROOT / "tests" / "unit"))
    kit: Any = import_module("photometry_field")
    kit.SHAPE = SHAPE
    field = kit.make_field(STARS)
    field.write(folder / "field.csv")
    Table(
        {
            "source_id": list(range(STARS)), "ra": field.ra, "dec": field.dec,
            "v_jkc_mag": field.mags, "b_jkc_mag": field.mags + field.colours / 2,
            "r_jkc_mag": field.mags - field.colours / 2, "phot_g_mean_mag": field.mags,
            "bp_rp": field.colours,
        }
    ).write(folder / "field.ecsv")  # fmt: skip
    middling = [k for k in range(STARS) if 11.0 < field.mags[k] < 12.5][:CHECKED]
    (folder / "check.json").write_text(json.dumps(middling))
    for number in range(frames):
        light = kit.clean_planes(field, field.mags + AIR_MAG * number)
        when = ("DATE-OBS", f"2026-11-20T20:{number:02d}:00", "")
        kit.write_stack(folder / f"{number:02d}.fit", kit.stack(light, number), when)
    return [f"s{k}" for k in middling]


def measure_ours(
    folder: Path, plane: PlaneOfFrame | None = None
) -> tuple[list[FrameMeasure], list[float]]:
    """Every frame, and the CPU seconds of all but the first; green with red and blue, or alone."""
    from crowdsky_tui.photometry.frame import measure_frame

    found, took = [], []
    for path in sorted(folder.glob("*.fit")):
        begun = time.process_time()
        request = FrameRequest(
            path=os.fsencode(path), field=os.fsencode(folder / "field.csv"), plane=plane
        )
        found.append(measure_frame(request))
        took.append(time.process_time() - begun)
    return found, took[1:]


async def check_mags(frames: list[FrameMeasure], names: list[str]) -> dict[str, list[float]]:
    """Each check star's magnitudes by our ensemble."""
    kept = []
    for number, frame in enumerate(frames):
        key = f"{number:064x}"
        product = Product(
            key=key, state=State.OK, input_hash=key, pars_hash="", tried_at=datetime.now(UTC)
        )
        points = {each.name: each for each in frame.points}
        kept.append((product, msgspec.structs.replace(frame, points=()), points))
    science = InProcess()
    found = {}
    for name in names:
        (curve,) = await star_curves(Measured(tuple(kept)), name, science, 0.0)
        found[name] = [each.mag for each in curve.points if each.mag is not None]
    await science.close()
    return found


def measure_theirs(folder: Path) -> dict[str, Any] | str:
    """What the peer says, or why it cannot be asked."""
    python = os.environ.get(VARIABLE, "")
    if not python:
        return f"{VARIABLE} does not name a Python with {PEER}"
    script = Path(__file__).with_name("photometry_peer.py")
    done = subprocess.run(
        [python, str(script), str(folder)],
        capture_output=True, text=True, timeout=1800, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    if done.returncode:
        return f"{PEER} failed: {done.stderr.strip().splitlines()[-1]}"
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def scatters(mags: dict[str, list[float]]) -> list[float]:
    """Standard deviations in millimagnitudes, of those with two points and more."""
    return [1000 * stdev(each) for each in mags.values() if len(each) > 1]


def run(quick: bool) -> Iterator[Figure]:
    """CPU of a stack and scatter of check stars, ours and theirs."""
    with tempfile.TemporaryDirectory(prefix="bench-photometry-") as name:
        folder = Path(name)
        names = make_frames(folder, 4 if quick else 12)
        frames, ours_s = measure_ours(folder)
        _, green_s = measure_ours(folder, PlaneOfFrame(1, "V", SCALE_ARCSEC, 0))
        ours = scatters(asyncio.run(check_mags(frames, names)))
        theirs = measure_theirs(folder)
    notes = f"{STARS} stars, {SHAPE[1]} × {SHAPE[0]} pixels, solved, curve of growth, zero point"
    if isinstance(theirs, str):
        yield Figure(GROUP, "a stack measured", "s CPU", spread(ours_s), notes=theirs)
        yield Figure(GROUP, "check stars' scatter", "mmag", spread(ours), notes=theirs)
        return
    yield compared(
        GROUP, "a stack measured, green alone", green_s, theirs["seconds"], unit="s CPU",
        floor_name=f"{PEER} (R, G, B)", budget="photometry-cpu",
    )  # fmt: skip
    yield compared(
        GROUP, "a stack measured, R, G, B", ours_s, theirs["seconds"], unit="s CPU",
        floor_name=PEER, budget="photometry-cpu", notes=notes,
    )  # fmt: skip
    their_mags = scatters({name: theirs["mags"][name.removeprefix("s")] for name in names})
    figure = compared(
        GROUP, "check stars' scatter", ours, their_mags, unit="mmag", floor_name=PEER,
        budget="photometry-scatter",
    )  # fmt: skip
    ratios = [mine / its for mine, its in zip(ours, their_mags, strict=True)]
    error = stdev(ratios) / len(ratios) ** 0.5
    yield msgspec.structs.replace(
        figure,
        ratio=mean(ratios),
        notes=f"star by star {mean(ratios):.2f} ± {error:.2f} of {len(ratios)} stars",
    )
