"""A picture in a file solved by the stars of a field catalogue. Child only."""

import os
from pathlib import Path

import numpy as np
import sep

from crowdsky_tui.fits.frame_file_messages import Card
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.photometry.field_catalogue import read_field
from crowdsky_tui.photometry.image_quality import find_objects
from crowdsky_tui.photometry.solve import Solution, from_gnomonic, gnomonic, solve
from crowdsky_tui.photometry.solve_messages import PlateSolution, SolveRequest
from crowdsky_tui.timeseries.curve import Floats
from crowdsky_tui.timeseries.errors import CurveRefused

REACH = 0.8
"""Parts of a frame's diagonal about a place within which stars are taken."""


def solve_file(request: SolveRequest) -> PlateSolution:
    """Where the picture looks.

    Raises
    ------
    CurveRefused
        Its stars are not those of the catalogue, or too few.
    FileDamaged
        It is no picture.
    OSError
        A file cannot be read.
    """
    path, catalogue = (Path(os.fsdecode(each)) for each in (request.path, request.catalogue))
    pixels = read_pixels(path, "the picture")
    image = pixels.luminance()
    if pixels.from_below:
        image = np.ascontiguousarray(image[::-1])
    sky = sep.Background(image)
    found = find_objects(image - sky.back(), float(sky.globalrms))
    found = found[np.argsort(-found["flux"])]
    field = read_field(catalogue)
    seen = found["x"].astype(np.float64), found["y"].astype(np.float64)
    stars = *field.at(request.year), field.mags
    solution = _solved_about(seen, stars, (image.shape[0], image.shape[1]), request)
    beside = (pixels.columns - image.shape[1]) / 2, (pixels.rows - image.shape[0]) / 2
    cards = wcs_cards(solution, beside)
    return PlateSolution(solution.ra_deg, solution.dec_deg, cards, by="the field catalogue")


def _solved_about(
    seen: tuple[Floats, Floats],
    stars: tuple[Floats, Floats, Floats],
    shape: tuple[int, int],
    request: SolveRequest,
) -> Solution:
    """Solve about the place, then about its eight neighbours a frame away.

    Of a wide catalogue only the stars about a place are taken: the brightest of all of it would be
    too few of a frame's own.
    """
    ra, dec, mags = stars
    high, wide = (side * request.scale_arcsec / 3600 for side in shape)
    beside = sorted(((e, n) for e in (-1, 0, 1) for n in (-1, 0, 1)), key=lambda by: np.hypot(*by))
    refused = CurveRefused("The frame cannot be placed in the sky", "it looks at no stars")
    for east, north in beside:
        near = from_gnomonic(east * wide, north * high, request.ra_deg, request.dec_deg)
        xi, eta = gnomonic(ra, dec, *near)
        close = np.hypot(xi, eta) < REACH * np.hypot(high, wide)
        if not close.any():
            continue
        try:
            return solve(
                *seen,
                ra[close],
                dec[close],
                mags[close],
                shape,
                scale_arcsec=request.scale_arcsec,
                near=near,
            )
        except CurveRefused as error:
            refused = error
    raise refused


def wcs_cards(solution: Solution, beside_px: tuple[float, float]) -> tuple[Card, ...]:
    """The WCS about the tangent point, its curvature left out.

    Source: Calabretta & Greisen 2002, A&A 395, 1077 (TAN). `beside_px` were cut off left and below.
    """
    x, y = (float(solution.terms[0][axis]) + 1 + beside_px[axis] for axis in (0, 1))
    turn = np.linalg.inv(np.asarray(solution.terms[1:3]).T)
    return (
        ("CTYPE1", "RA---TAN", ""),
        ("CTYPE2", "DEC--TAN", ""),
        ("CRVAL1", solution.ra_deg, "deg"),
        ("CRVAL2", solution.dec_deg, "deg"),
        ("CRPIX1", x, "the first pixel's middle is 1"),
        ("CRPIX2", y, "the first pixel's middle is 1"),
        *(
            (f"CD{row + 1}_{column + 1}", float(turn[row, column]), "deg")
            for row in (0, 1)
            for column in (0, 1)
        ),
    )
