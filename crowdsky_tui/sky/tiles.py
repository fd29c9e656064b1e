"""Tiles of the sky, and what the archive has of them. Child only."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units
from astropy.table import Table
from astropy_healpix import HEALPix

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.chunks import NSIDE
from crowdsky_tui.sky.messages import ConeRequest, Coverage, TileCoverage

MAX_COVERAGE_BYTES = 64 * 1024**2
LARGEST_RADIUS = 30.0  # degrees
FIRST_YEAR, LAST_YEAR = 1800, 2299


def cone_pixels(cone: ConeRequest) -> list[int]:
    """The tiles (RING, NSIDE 128) that a cone touches; FileDamaged off the sphere."""
    if not (abs(cone.dec_deg) <= 90 and 0 <= cone.radius_deg <= LARGEST_RADIUS):
        raise FileDamaged(
            "there is no such cone", f"Dec is -90° to 90°, the radius 0° to {LARGEST_RADIUS:g}°"
        )
    tiles = HEALPix(nside=NSIDE, order="ring")
    longitude, latitude = cone.ra_deg % 360 * units.deg, cone.dec_deg * units.deg
    found = tiles.cone_search_lonlat(longitude, latitude, cone.radius_deg * units.deg)
    own = int(tiles.lonlat_to_healpix(longitude, latitude))
    return sorted({own, *(int(pixel) for pixel in found)})


def read_coverage(path: Path, pixels: list[int]) -> Coverage:
    """The rows of these tiles in an ECSV file of `sky_coverage.php`.

    Only `healpix_ring` and `n_stacks` are sure to be there. Raises FileDamaged for another table.
    """
    if path.stat().st_size > MAX_COVERAGE_BYTES:
        raise FileDamaged("the sky coverage is too large")
    table = Table.read(path, format="ascii.ecsv")
    for name in ("healpix_ring", "n_stacks"):
        if name not in table.colnames or table[name].dtype.kind not in "iu":
            raise FileDamaged("the sky coverage is not the expected table", f"{name} is missing")
    wanted = table[np.isin(np.asarray(table["healpix_ring"]), pixels)]
    return Coverage([_tile(row, wanted.colnames) for row in wanted], len(table))


def _tile(row: Mapping[str, Any], names: list[str]) -> TileCoverage:
    def cell(name: str) -> Any:
        value = row[name] if name in names else None
        return None if value is np.ma.masked else value

    total = cell("total_exptime")
    return TileCoverage(
        pixel=int(row["healpix_ring"]),
        filter=clean(str(cell("filter_name") or ""), 40),
        n_stacks=int(row["n_stacks"]),
        total_s=float(total) if isinstance(total, np.floating | np.integer) else None,
        first=_moment(cell("first_observed")),
        last=_moment(cell("last_observed")),
    )


def _moment(value: object) -> datetime | None:
    """A time in the server's forms as aware UTC; None for all else and for wild years."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None
