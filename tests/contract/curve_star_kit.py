"""A project of an eclipsing star: what a run would have kept of 3 nights, without the frames."""

import subprocess
import sys
from datetime import UTC, datetime
from math import pi, sin
from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.eclipse_ephemeris import Ephemeris
from crowdsky_tui.curves.product import Product, State
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.database.database import Database
from crowdsky_tui.photometry.frame_messages import FrameMeasure, StarPoint
from crowdsky_tui.timeseries.quality import Quality

STAR, TELESCOPE = "AM Leo", "S50 a1"
PERIOD_D, EPOCH, WIDTH = 0.365797, 2461000.1234, 0.25
DEPTH, LATE_D = 0.5, 0.003
NIGHTS, FRAMES = 3, 40
STEP_D = 0.0075
FIRST_NIGHT = 2461003.30
RA_DEG, DEC_DEG = 165.546, 9.898
OTHERS = 8
CLOUD = 17
"""The frame of the first night before which a cloud stood."""


def dimming(bjd: float) -> float:
    """Both eclipses of a contact binary as a smooth wave; `LATE_D` behind its ephemeris."""
    phase = ((bjd - EPOCH - LATE_D) / PERIOD_D + 0.5) % 1.0 - 0.5
    half = (phase + 0.25) % 0.5 - 0.25
    return DEPTH * max(0.0, 1 - (half / 0.11) ** 2) ** 2


def moments() -> list[float]:
    """The frames' middles, BJD."""
    return [FIRST_NIGHT + night + k * STEP_D for night in range(NIGHTS) for k in range(FRAMES)]


def point(name: str, number: int, mag: float, catalogue: float, flags: int = 0) -> StarPoint:
    """A star as a frame had it, with a few millimagnitudes of repeatable noise."""
    seen = mag + 0.004 * sin(1.7 * number + 0.9 * sum(map(ord, name)))
    flux = 10 ** (-0.4 * (seen - 23.6))
    ra = RA_DEG + (sum(map(ord, name)) % 7) * 0.01
    return StarPoint(
        name, RA_DEG if name == STAR else ra, DEC_DEG, 500.0, 900.0, flux, flux * 0.005, seen,
        0.02, catalogue, 20_000.0, flags, 0.0, 0.6, 0.1, None, None, name != STAR,
    )  # fmt: skip


def frame(number: int, bjd: float) -> FrameMeasure:
    return FrameMeasure(
        jd_utc=bjd - 0.004, bjd_tdb=bjd, time_source="journal", exposure_s=600.0, filter="IRCUT",
        telescope=TELESCOPE, object_name=STAR, equatorial=True, ra_deg=RA_DEG, dec_deg=DEC_DEG,
        scale_arcsec=2.39, solved_with=60, solve_rms_px=0.2, zero_point=23.6,
        zero_point_error=0.003, zero_point_rms=0.016, colour_term=0.03, colour_kind="B-V",
        colour_zero=0.6, calibrators=OTHERS, slope=1.0, verdict="photometric", remark="",
        check_rms=0.01, limit_mag=16.4, radius_px=5.0, fwhm_px=4.0, sky=1000.0, noise=10.0,
        correlation=2.0, gain=10.0, altitude_deg=55.0, airmass=1.2 + 0.2 * sin(pi * number / 40),
        moon_deg=90.0, points=(),
    )  # fmt: skip


def project() -> Project:
    return Project(
        name="amleo", field="/nowhere/field.csv", targets=(STAR,),
        eclipses={STAR: Ephemeris(PERIOD_D, EPOCH, WIDTH)},
    )  # fmt: skip


async def fill(database: Database, kept: Project | None = None) -> Project:
    """Write the project and its products."""
    kept = kept or project()
    pars = effective(kept)
    await database.run(lambda db: rows.save_project(db, kept, Clock().now()))
    tried = datetime(2026, 11, 29, tzinfo=UTC)

    def save(db: Any) -> None:
        for number, bjd in enumerate(moments()):
            key = f"{number:064x}"
            product = Product(
                key=key, state=State.OK, input_hash=f"{number + 1000:064x}", pars_hash=pars.sha256,
                tried_at=tried, name=f"{number}.fit", measure=frame(number, bjd),
            )  # fmt: skip
            cloud = int(Quality.CLOUD) if number == CLOUD else 0
            points = [point(STAR, number, 9.3 + dimming(bjd) + 2.0 * bool(cloud), 9.3, cloud)]
            for other in range(OTHERS):
                mag = 9.0 + 0.1 * other
                points.append(point(f"c{other}", number, mag, mag))
            rows.save_product(db, kept.name, product, points)

    await database.run(save)
    return kept


def curves_verb(folder: Path, *line: str, settings: str = "") -> "subprocess.CompletedProcess[str]":
    """`curves …` of a state folder `state` beside its settings."""
    config = folder / "config.toml"
    config.write_text(f'[storage]\nstate_dir = "{folder / "state"}"\n{settings}')
    command = [sys.executable, "-m", "crowdsky_tui", "--config", str(config), "curves", *line]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
