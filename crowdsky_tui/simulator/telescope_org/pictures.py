"""Small real pictures of a job: a cube of three planes, or a zip of three frames."""

import io
import zipfile

import numpy as np

from crowdsky_tui.simulator.fits import Card, Pixels, fits_bytes
from crowdsky_tui.simulator.telescope_org.state import Job

SIDE = 64
PLANES = ("B", "V", "R")
STARS = 12


def _planes(job: Job, flat: int | None) -> Pixels:
    """The picture's planes; with a flat field it is larger, as the file must differ."""
    rng = np.random.default_rng(job.id)
    side = SIDE if flat is None else SIDE + 2
    pixels = rng.normal(1000, 20, (len(PLANES), side, side)).astype(np.uint16)
    for _ in range(STARS):
        y, x, light = rng.integers(4, SIDE - 4), rng.integers(4, SIDE - 4), rng.integers(500, 9000)
        pixels[:, y - 1 : y + 2, x - 1 : x + 2] += np.uint16(light)
    return pixels


def _cards(job: Job, filters: str) -> list[Card]:
    return [
        ("TELESCOP", job.telescope_type, ""),
        ("OBJECT", "RaDec object", ""),
        ("FILTER", filters, ""),
        ("EXPTIME", job.exposure_ms / 1000, "seconds"),
        ("DATE-OBS", job.completed.strftime("%Y-%m-%dT%H:%M:%S"), ""),
    ]


def cube(job: Job, flat: int | None = None) -> bytes:
    """All planes in one file."""
    return fits_bytes(_planes(job, flat), _cards(job, ",".join(PLANES)))


def zipped(job: Job, flat: int | None = None) -> bytes:
    """Each plane in a file of its own."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pixels in zip(PLANES, _planes(job, flat), strict=True):
            member = zipfile.ZipInfo(f"{job.id}_{name}.fits", job.completed.timetuple()[:6])
            archive.writestr(member, fits_bytes(pixels, _cards(job, name)))
    return file.getvalue()
