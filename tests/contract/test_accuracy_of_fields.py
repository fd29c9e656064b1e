"""Magnitudes and errors in fields other than the one by which the error model was made."""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from photometry_field import SHAPE, Field, clean_planes, make_field, stack, write_stack

from crowdsky_tui.photometry.frame import measure_frame
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest, PhotometrySettings
from crowdsky_tui.timeseries.quality import BAD, Quality

Floats = NDArray[np.float64]
NO_FLOOR = PhotometrySettings(floor_mag=0.0)
FRAMES = 5
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
SLOPE = (300 + 0.6 * COLUMNS + 0.9 * ROWS).astype(np.float32)
LATER_TARGETS = 3


def frames_of(
    folder: Path, field: Field, light_left: Floats, sky: float | NDArray[np.float32], gain: float
) -> list[FrameMeasure]:
    """Stacks of a field whose every third star is a target without a magnitude."""
    targets = list(range(0, len(field.mags), LATER_TARGETS))
    catalogue = field.write(folder / "field.csv", without=targets)
    light = clean_planes(field)
    return [
        measure_frame(
            FrameRequest(
                path=os.fsencode(
                    write_stack(
                        folder / "stack.fit",
                        stack(light * np.float32(part), number, sky=sky, gain=gain),
                    )
                ),
                field=os.fsencode(catalogue),
                targets=tuple(f"s{star}" for star in targets),
                settings=NO_FLOOR,
            )
        )
        for number, part in enumerate(light_left)
    ]


def good_stars(frames: list[FrameMeasure], field: Field) -> tuple[Floats, Floats, Floats]:
    """Magnitudes, errors (frames, stars) and truth of the targets that nothing speaks against."""
    points = [{point.name: point for point in frame.points} for frame in frames]
    names = [
        f"s{star}"
        for star in range(0, len(field.mags), LATER_TARGETS)
        if all(not each[f"s{star}"].flags & (BAD | Quality.BLEND) for each in points)
    ]
    mags = np.array([[each[name].mag for name in names] for each in points], dtype=float)
    errors = np.array([[each[name].mag_error for name in names] for each in points], dtype=float)
    return mags, errors, field.mags[[int(name[1:]) for name in names]]


def reduced_chi_squared(mags: Floats, errors: Floats) -> float:
    """About each star's own mean."""
    away = mags - mags.mean(axis=0)
    return float((away**2 / errors**2).sum() / (mags.size - mags.shape[1]))


CLEAR = np.ones(FRAMES)


@pytest.mark.parametrize(
    ("field", "light_left", "sky", "gain"),
    [
        pytest.param({"seed": 23, "turn_deg": 200.0, "mirror": True}, CLEAR, 400.0, 9.0, id="seed"),
        pytest.param({"seed": 8}, CLEAR, SLOPE, 9.0, id="slope of the sky"),
        pytest.param({"seed": 9}, np.array([1, 0.7, 0.4, 0.3, 0.9]), 900.0, 9.0, id="clouds"),
        pytest.param({"seed": 12}, CLEAR, 400.0, 1.0, id="few electrons"),
        pytest.param(
            {"count": 500, "seed": 4, "apart_px": 6.0, "faintest": 15.5}, CLEAR, 400.0, 9.0,
            id="crowded", marks=pytest.mark.long,
        ),
    ],
)  # fmt: skip
def test_no_bias_and_errors_that_are_what_stars_scatter_by(
    tmp_path: Path,
    field: dict[str, float],
    light_left: Floats,
    sky: float | NDArray[np.float32],
    gain: float,
) -> None:
    made = make_field(**field)  # type: ignore[arg-type]
    frames = frames_of(tmp_path, made, light_left, sky, gain)
    mags, errors, truth = good_stars(frames, made)
    assert len(truth) >= 20
    assert abs(np.mean(mags - truth)) < 0.005
    away = mags - mags.mean(axis=0)
    chance = 2 * np.sqrt(2 / (mags.size - len(truth)))
    scatter = np.sqrt((away**2).sum(axis=0) / (len(frames) - 1))
    assert np.median(scatter / errors.mean(axis=0)) < 1.2
    assert 0.8 - chance < reduced_chi_squared(mags, errors) < 1.3 + chance
    assert all(abs(frame.colour_term - 0.04) < 0.01 for frame in frames)


@pytest.mark.long
@pytest.mark.parametrize("sky", [624.0, SLOPE], ids=["flat", "slope"])
def test_errors_are_right_on_average_of_fields(
    tmp_path: Path, sky: float | NDArray[np.float32]
) -> None:
    fields = [make_field(seed=seed) for seed in range(40, 46)]
    found = [good_stars(frames_of(tmp_path, each, CLEAR, sky, 9.0), each) for each in fields]
    assert 0.8 < np.mean([reduced_chi_squared(mags, errors) for mags, errors, _ in found]) < 1.3


def test_a_slope_of_the_sky_is_no_noise(tmp_path: Path) -> None:
    field = make_field(seed=8)
    flat, sloping = (
        frames_of(tmp_path, field, CLEAR[:1], sky, 9.0)[0] for sky in (float(SLOPE.mean()), SLOPE)
    )
    assert sloping.noise == pytest.approx(flat.noise, rel=0.1)
    assert sloping.correlation == pytest.approx(flat.correlation, rel=0.2)


def test_a_target_without_a_magnitude_is_marked_beside_a_star(tmp_path: Path) -> None:
    field = make_field(60)
    field.x[0], field.y[0] = field.x[1] + 4, field.y[1]
    field.ra[0], field.dec[0] = field.ra[1], field.dec[1] + 4 * 2.39 / 3600
    points = {
        each.name: each for each in frames_of(tmp_path, field, CLEAR[:1], 400.0, 9.0)[0].points
    }
    assert points["s0"].flags & Quality.BLEND and points["s0"].contamination_mag > 0
    assert points["s1"].flags & Quality.BLEND and not points["s1"].calibrates
