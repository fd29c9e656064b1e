"""The demo's field of variable stars: its catalogue, and a project of curves from the beginning."""

import json
from datetime import datetime
from math import asin, atan2, cos, degrees, radians, sin
from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.simulator.seestar.models import Model
from crowdsky_tui.simulator.star_field import BP_RP, StarField, generator, star_field
from crowdsky_tui.simulator.variable_stars import (
    ECLIPSING,
    EPOCH_JD,
    FIELD,
    FLOOR_D,
    PERIOD_D,
    SLOPE_D,
    variable_stars,
)

if TYPE_CHECKING:
    import sqlalchemy as sa

CATALOGUE = "demo-stars.csv"
PROJECT = "Demo stars"
CENTRE_DEG = (148.8882, 69.0653)
"""Of M 81, J2000."""
LATER_D = 305.6 / 86400
"""By how much BJD (TDB) is ahead of JD (UTC) in this field at the epoch."""
EPOCH_BJD = EPOCH_JD + LATER_D
WIDTH = 2 * (FLOOR_D + SLOPE_D) / PERIOD_D
"""The part of its period that an eclipse takes."""
HEAD = "source_id,ra,dec,vmag,bp_rp"


def field_of(seed: int, shape: tuple[int, int]) -> StarField:
    """The stars of the demo's field in a picture of so many rows and columns."""
    return star_field(generator(seed, FIELD), FIELD, shape)


def write_catalogue(path: Path, seed: int, shape: tuple[int, int], make: Model) -> None:
    """Write where the field's stars stand (ICRS, degrees) and how bright they are, as CSV."""
    field = field_of(seed, shape)
    mags = field.mags
    lines = [HEAD]
    for number in range(len(mags)):
        known = number < len(field.variables)
        name = field.variables[number].name if known else f"M81-{number:03d}"
        ra, dec = _sky(field.x[number], field.y[number], shape, make)
        colour = BP_RP[field.kinds[number]]
        lines.append(f"{name},{ra:.7f},{dec:.7f},{mags[number]:.4f},{colour:.2f}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sky(x: float, y: float, shape: tuple[int, int], make: Model) -> tuple[float, float]:
    """Where a pixel looks: north up, east left, in the plane that touches the sky in the middle."""
    pixel = make.tele.pixel_um / make.focal_mm / 1000  # radians
    xi = -(x - (shape[1] - 1) / 2) * pixel
    eta = -(y - (shape[0] - 1) / 2) * pixel
    ra, dec = (radians(each) for each in CENTRE_DEG)
    out = cos(dec) - eta * sin(dec)
    up = sin(dec) + eta * cos(dec)
    length = (xi * xi + out * out + up * up) ** 0.5
    return degrees(ra + atan2(xi, out)) % 360, degrees(asin(up / length))


def write_project(
    connection: "sa.Connection", catalogue: Path, frames: list[Path], now: datetime
) -> None:
    """Write the project that wants the stacks of the field; one that is there stays.

    As `curves.project` reads it, which this may not import; a test compares them.
    """
    from crowdsky_tui.database.engine import insert_into
    from crowdsky_tui.database.tables import curve_project

    body = {
        "name": PROJECT,
        "field": str(catalogue),
        "targets": [star.name for star in variable_stars(FIELD) if star.told],
        "frames": [str(folder) for folder in frames],
        "eclipses": {ECLIPSING: {"period_d": PERIOD_D, "epoch": EPOCH_BJD, "width": WIDTH}},
    }
    values = {"name": PROJECT, "changed_at": now, "body": json.dumps(body)}
    add = insert_into(connection, curve_project).values(values)
    connection.execute(add.on_conflict_do_nothing(index_elements=["name"]))
