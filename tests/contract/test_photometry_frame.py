"""Magnitudes of a simulated field of which the truth is known."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from photometry_field import (
    SCALE,
    Field,
    clean_planes,
    make_field,
    stack,
    write_stack,
)

from crowdsky_tui.photometry.frame import measure_frame
from crowdsky_tui.photometry.frame_messages import (
    FrameMeasure,
    FrameRequest,
    PhotometrySettings,
    StarPoint,
)
from crowdsky_tui.simulator.variable_stars import julian_date
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import Quality

NO_FLOOR = PhotometrySettings(floor_mag=0.0)
HIDDEN = list(range(0, 90, 3))
FRAMES = 6


def measured(frame: Path, field: Path, **more: object) -> FrameMeasure:
    request = FrameRequest(path=os.fsencode(frame), field=os.fsencode(field), **more)  # type: ignore[arg-type]
    return measure_frame(request)


def by_name(frame: FrameMeasure) -> dict[str, StarPoint]:
    return {point.name: point for point in frame.points}


@pytest.fixture(scope="module")
def field() -> Field:
    return make_field()


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory, field: Field) -> list[FrameMeasure]:
    folder = tmp_path_factory.mktemp("frames")
    catalogue = field.write(folder / "field.csv", without=HIDDEN)
    light = clean_planes(field)
    return [
        measured(write_stack(folder / f"{k}.fit", stack(light, k)), catalogue, settings=NO_FLOOR)
        for k in range(FRAMES)
    ]


@pytest.fixture
def one(tmp_path: Path, field: Field) -> tuple[Path, Path]:
    """A stack and its catalogue."""
    frame = write_stack(tmp_path / "stack.fit", stack(clean_planes(field), 1))
    return frame, field.write(tmp_path / "field.csv")


def test_constant_stars_have_their_magnitudes_and_their_errors(
    frames: list[FrameMeasure], field: Field
) -> None:
    names = [f"s{k}" for k in HIDDEN]
    found = [by_name(frame) for frame in frames]
    mags = np.array([[each[name].mag for name in names] for each in found], dtype=float)
    errors = np.array([[each[name].mag_error for name in names] for each in found], dtype=float)
    assert abs((mags - field.mags[HIDDEN]).mean()) < 0.005
    assert np.abs(mags.mean(axis=0) - field.mags[HIDDEN]).max() < 0.02
    away = mags - mags.mean(axis=0)
    chi_squared = (away**2 / errors**2).sum() / (mags.size - len(names))
    assert 0.8 < chi_squared < 1.3
    scatter = np.sqrt((away**2).sum(axis=0) / (FRAMES - 1))
    assert np.median(scatter / errors.mean(axis=0)) < 1.2


def test_a_frame_tells_its_zero_point_and_colour_term(frames: list[FrameMeasure]) -> None:
    for frame in frames:
        assert frame.colour_term == pytest.approx(0.04, abs=0.01)
        assert frame.colour_kind == "BP-RP"
        assert frame.verdict == "photometric"
        assert frame.zero_point == pytest.approx(23.6 + 2.5 * np.log10(0.95), abs=0.02)
        assert frame.slope == pytest.approx(1.0, abs=0.01)
        assert frame.scale_arcsec == pytest.approx(SCALE, rel=1e-3)
        assert 1.5 < frame.correlation < 3.5
        assert frame.check_rms is not None and frame.check_rms < 0.02


def test_red_and_blue_are_kept(frames: list[FrameMeasure]) -> None:
    point = by_name(frames[0])["s1"]
    assert point.red is not None and point.blue is not None
    assert point.red[0] / point.flux == pytest.approx(0.7, abs=0.03)
    assert point.blue[0] / point.flux == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize("turn", [77.0, 180.0])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_frame_is_placed_however_it_is_turned(tmp_path: Path, turn: float, mirror: bool) -> None:
    field = make_field(60, turn_deg=turn, mirror=mirror)
    frame = write_stack(tmp_path / "a.fit", stack(clean_planes(field), 2))
    found = by_name(measured(frame, field.write(tmp_path / "c.csv")))
    away = [np.hypot(found[f"s{k}"].x - field.x[k], found[f"s{k}"].y - field.y[k]) for k in (3, 40)]
    assert max(away) < 0.3


def test_a_target_never_calibrates(one: tuple[Path, Path]) -> None:
    frame = measured(*one, targets=("s5", "s7"))
    found = by_name(frame)
    assert not found["s5"].calibrates and not found["s7"].calibrates
    assert found["s6"].calibrates


def test_no_error_is_below_the_floor(one: tuple[Path, Path]) -> None:
    frame = measured(*one)
    assert min(point.mag_error for point in frame.points if point.mag_error) >= 0.02


def test_a_variable_field_star_never_calibrates(one: tuple[Path, Path]) -> None:
    frame, catalogue = one
    lines = catalogue.read_text().splitlines()
    marked = [f"{line},{'VARIABLE' if line.startswith('s8,') else ''}" for line in lines[1:]]
    catalogue.write_text("\n".join([lines[0] + ",phot_variable_flag", *marked]))
    assert not by_name(measured(frame, catalogue))["s8"].calibrates


def test_a_stretched_picture_is_refused_by_its_slope(tmp_path: Path, field: Field) -> None:
    light = clean_planes(field)
    bent = 300 * np.arcsinh(light / 300)
    frame = write_stack(tmp_path / "a.fit", stack(bent.astype(np.float32), 1))
    with pytest.raises(CurveRefused, match="not linear"):
        measured(frame, field.write(tmp_path / "c.csv"))


def test_what_an_editor_has_worked_on_is_refused(tmp_path: Path, field: Field) -> None:
    pixels = stack(clean_planes(field), 1)
    frame = write_stack(tmp_path / "a.fit", pixels, ("PROGRAM", "Siril v1.2", ""))
    with pytest.raises(CurveRefused, match="siril"):
        measured(frame, field.write(tmp_path / "c.csv"))


def test_a_sky_of_a_fifth_of_the_range_is_refused(tmp_path: Path, field: Field) -> None:
    frame = write_stack(tmp_path / "a.fit", stack(clean_planes(field), 1, sky=14000.0))
    with pytest.raises(CurveRefused, match="of the range"):
        measured(frame, field.write(tmp_path / "c.csv"))


def test_another_field_is_refused(tmp_path: Path, field: Field) -> None:
    frame = write_stack(tmp_path / "a.fit", stack(clean_planes(field), 1))
    other = make_field(90, seed=99)
    with pytest.raises(CurveRefused, match="cannot be placed"):
        measured(frame, other.write(tmp_path / "c.csv"))


def test_a_saturated_star_is_marked_and_never_calibrates(tmp_path: Path, field: Field) -> None:
    mags = field.mags.copy()
    mags[4] = 6.5
    frame = write_stack(tmp_path / "a.fit", stack(clean_planes(field, mags), 1))
    point = by_name(measured(frame, field.write(tmp_path / "c.csv")))["s4"]
    assert point.flags & Quality.SATURATED and point.flags & Quality.BRIGHT
    assert not point.calibrates


def test_a_bright_neighbour_is_told(tmp_path: Path, field: Field) -> None:
    field = make_field()
    field.x[9], field.y[9] = field.x[8] + 4.0, field.y[8]
    field.ra[9], field.dec[9] = field.ra[8], field.dec[8] + 4 * SCALE / 3600
    field.mags[8] = field.mags[9] = 12.0
    frame = write_stack(tmp_path / "a.fit", stack(clean_planes(field), 1))
    point = by_name(measured(frame, field.write(tmp_path / "c.csv")))["s8"]
    assert point.flags & Quality.BLEND
    assert point.contamination_mag == pytest.approx(0.753, abs=0.001)


def test_the_middle_is_the_journals_before_the_headers(one: tuple[Path, Path]) -> None:
    begin = datetime(2026, 11, 20, 22, 15, 3, tzinfo=UTC)
    by_header = measured(*one)
    by_journal = measured(*one, begin=begin, end=begin + timedelta(seconds=890))
    assert by_header.time_source == "header" and by_journal.time_source == "journal"
    assert all(point.flags & Quality.TIME_DOUBTFUL for point in by_header.points)
    assert not any(point.flags & Quality.TIME_DOUBTFUL for point in by_journal.points)
    assert by_header.jd_utc is not None and by_journal.jd_utc is not None
    assert (by_journal.jd_utc - by_header.jd_utc) * 86400 == pytest.approx(44.5, abs=0.1)
    assert by_journal.bjd_tdb is not None
    assert abs(by_journal.bjd_tdb - by_journal.jd_utc) * 86400 < 600


@pytest.mark.parametrize(
    ("begun", "middle"),
    [
        ("22:15:03.5", "22:21:43.5"),  # the first sub-frame's: the block's quarter holds its middle
        ("22:29:20", "22:22:30"),  # the last one's: no middle lies in the next quarter
        ("22:14:40", "22:21:20"),
        ("21:03:00", "22:22:30"),
    ],
)
def test_without_a_journal_a_stacks_name_bounds_its_middle(
    tmp_path: Path, field: Field, begun: str, middle: str
) -> None:
    named = tmp_path / "CrowdSky_40_T Dra_10.0s_IRCUT_20261120.89_HP006478.fit"
    frame = write_stack(
        named, stack(clean_planes(field), 1), ("DATE-OBS", f"2026-11-20T{begun}", "")
    )
    found = measured(frame, field.write(tmp_path / "c.csv"))
    wanted = datetime.fromisoformat(f"2026-11-20T{middle}+00:00")
    assert found.time_source == "header" and found.points[0].flags & Quality.TIME_DOUBTFUL
    assert found.jd_utc == pytest.approx(julian_date(wanted), abs=1e-6)


def test_a_frame_of_the_server_has_its_exposure_as_the_whole(tmp_path: Path, field: Field) -> None:
    frame = write_stack(
        tmp_path / "a.fit", stack(clean_planes(field), 1),
        ("NIMAGES", 40, ""), ("EXPTIME", 400.0, ""),
        ("OB-START", "2026-11-20 22:15:00", ""), ("OB-END", "2026-11-20T22:30:00", ""),
    )  # fmt: skip
    found = measured(frame, field.write(tmp_path / "c.csv"))
    assert found.exposure_s == 400 and found.time_source == "block"
    assert found.jd_utc == pytest.approx(2461365.432292, abs=1e-5)


def test_low_fields_are_marked_with_a_place_only(one: tuple[Path, Path]) -> None:
    without = measured(*one)
    assert without.altitude_deg is None and without.airmass is None
    low = measured(*one, latitude_deg=-30.0, longitude_deg=10.0)
    assert low.altitude_deg is not None and low.altitude_deg < 20
    assert all(point.flags & Quality.LOW for point in low.points)


def test_the_place_is_in_no_repr() -> None:
    request = FrameRequest(path=b"a", field=b"b", latitude_deg=51.2345, longitude_deg=7.6543)
    assert "51.2" not in repr(request) and "7.65" not in repr(request)


def test_differential_extinction_is_taken_away_low_in_the_sky(tmp_path: Path, field: Field) -> None:
    tilted = field.mags + 0.1 * (field.y / 480 - 0.5)
    frame = write_stack(tmp_path / "a.fit", stack(clean_planes(field, tilted), 1))
    catalogue = field.write(tmp_path / "c.csv")
    away = {}
    for name, place in (("high", {}), ("low", {"latitude_deg": 8.0, "longitude_deg": -40.0})):
        found = measured(frame, catalogue, settings=NO_FLOOR, **place)
        edge = [
            p.mag - p.catalogue_mag for p in found.points if p.y > 380 and p.mag and p.catalogue_mag
        ]
        away[name] = float(np.median(edge))
        if name == "low":
            assert found.altitude_deg is not None and found.altitude_deg < 45
    assert abs(away["high"]) > 0.025
    assert abs(away["low"]) < 0.01


def test_a_raw_mosaic_is_measured_at_half_its_size(tmp_path: Path, field: Field) -> None:
    from crowdsky_tui.simulator.sky import mosaic

    double = np.repeat(np.repeat(clean_planes(field) / 4, 2, axis=1), 2, axis=2)
    random = np.random.default_rng(3)
    raw = (mosaic(double.astype(np.float32)) + 300).astype(np.float64)
    raw = raw + np.sqrt(raw / 5) * random.standard_normal(raw.shape)
    pixels = np.clip(np.rint(raw + 471), 0, 65535).astype(np.uint16)
    frame = write_stack(tmp_path / "a.fit", pixels, ("XPIXSZ", 1.45, ""), ("STACKCNT", 1, ""))
    found = measured(frame, field.write(tmp_path / "c.csv", without=[0]))
    assert by_name(found)["s0"].mag == pytest.approx(field.mags[0], abs=0.03)
