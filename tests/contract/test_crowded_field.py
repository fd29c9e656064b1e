"""Stars of a crowded field, whose light and whose neighbours' overlap."""

import os
from pathlib import Path

import numpy as np
import photometry_field as kit
import pytest
from numpy.typing import NDArray

from crowdsky_tui.photometry.frame import measure_frame
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest, PhotometrySettings
from crowdsky_tui.timeseries.quality import Quality

NO_FLOOR = PhotometrySettings(floor_mag=0.0)
SKY = 400.0 + 471.0
PIXEL_NOISE = 3.5
WINGS = 3.0
"""Moffat's exponent: what a lens shows, whose wings reach farther than a Gaussian's."""


def measured(folder: Path, field: kit.Field, light: NDArray[np.float32]) -> FrameMeasure:
    frame = kit.write_stack(folder / "a.fit", kit.stack(light, 1))
    catalogue = field.write(folder / "c.csv", without=range(0, len(field.x), 3))
    return measure_frame(
        FrameRequest(path=os.fsencode(frame), field=os.fsencode(catalogue), settings=NO_FLOOR)
    )


def with_wings(field: kit.Field, fwhm_px: float = 3.06, reach: int = 40) -> NDArray[np.float32]:
    """The field's light where each star is a Moffat function."""
    rows, columns = kit.SHAPE
    light = np.zeros((3, rows, columns), np.float32)
    width = fwhm_px / 2 / np.sqrt(2 ** (1 / WINGS) - 1)
    shades = field.colours - np.median(field.colours)
    fluxes = 10 ** (-0.4 * (field.mags - kit.COLOUR_TERM * shades - kit.ZERO_POINT))
    for x, y, flux in zip(field.x, field.y, fluxes, strict=True):
        down = np.arange(max(int(y) - reach, 0), min(int(y) + reach + 1, rows))[:, None]
        across = np.arange(max(int(x) - reach, 0), min(int(x) + reach + 1, columns))
        spot = (1 + ((across - x) ** 2 + (down - y) ** 2) / width**2) ** -WINGS
        spot *= flux * (WINGS - 1) / (np.pi * width**2)
        box = (slice(down[0, 0], down[-1, 0] + 1), slice(across[0], across[-1] + 1))
        for plane, part in enumerate((0.7, 1.0, 0.6)):
            light[plane][box] += part * spot
    return light


def away(found: FrameMeasure, field: kit.Field) -> NDArray[np.float64]:
    """Measured less true magnitudes, and those by their errors, of the hidden stars."""
    points = {point.name: point for point in found.points}
    rows = [
        (points[f"s{k}"].mag - field.mags[k], points[f"s{k}"].mag_error)
        for k in range(0, len(field.x), 3)
    ]
    return np.array(rows, dtype=float)


def test_nine_hundred_stars_in_a_small_frame_are_unbiased(tmp_path: Path) -> None:
    field = kit.make_field(900, apart_px=7.0)
    found = measured(tmp_path, field, kit.clean_planes(field))
    left, errors = away(found, field).T
    assert abs(left.mean()) < 0.005 and abs(np.median(left)) < 0.002
    faint = field.mags[::3] > 13
    assert abs(np.median(left[faint])) < 0.01
    assert np.std(left / errors) < 2
    assert found.calibrators > 300 and found.zero_point_rms < 0.01


@pytest.mark.parametrize(("count", "apart_px", "bias"), [(300, 11.0, 0.002), (900, 7.0, 0.008)])
def test_wings_of_neighbours_are_neither_sky_nor_noise_nor_light(
    tmp_path: Path, count: int, apart_px: float, bias: float
) -> None:
    field = kit.make_field(count, apart_px=apart_px)
    found = measured(tmp_path, field, with_wings(field))
    left, errors = away(found, field).T
    assert found.sky == pytest.approx(SKY, abs=2.0)
    assert PIXEL_NOISE * 0.9 < found.noise < 2 * PIXEL_NOISE
    assert abs(np.median(left)) < bias
    assert np.std(left / errors) < 2


def test_a_star_on_top_of_another_is_a_blend_and_calibrates_nothing(tmp_path: Path) -> None:
    field = kit.make_field(500, apart_px=2.0)
    found = measured(tmp_path, field, kit.clean_planes(field))
    points = {point.name: point for point in found.points}
    close = 0
    for k in range(len(field.x)):
        near = np.hypot(field.x - field.x[k], field.y - field.y[k]) < 4.5
        near[k] = False
        if (field.mags[near] < field.mags[k] + 1).any():
            close += 1
            assert points[f"s{k}"].flags & int(Quality.BLEND)
            assert not points[f"s{k}"].calibrates
    assert close > 20
