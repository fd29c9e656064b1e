"""Check values of panoptes-utils' documents and tests that no other test of ours holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from astropy.io import fits

from crowdsky_tui.base import clock
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks.names import format_light_filename
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.units import DEGREES
from crowdsky_tui.fits.picture_file import draw_square
from crowdsky_tui.fits.picture_messages import Crop
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.saturation import mask_saturated
from crowdsky_tui.fits.sky_place import pixel_of
from crowdsky_tui.instruments.sensors import cloudwatcher

KIC = Path(__file__).parents[1] / "fixtures" / "frames" / "kic-8462852.fits.fz"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("crop", "total"), [(Crop(200), 40000), (Crop(10), 100), (Crop(6, 50, 50), 36)]
)
def test_a_crop_has_as_many_pixels_as_its_side_says(tmp_path: Path, crop: Crop, total: int) -> None:
    path = tmp_path / "a.fit"
    fits.PrimaryHDU(np.ones((201, 201), np.uint16)).writeto(path)
    assert draw_square(path, crop, "a", 0).planes[0].sum() == total


def test_the_middle_of_a_crop_of_twenty_is_its_tenth_pixel(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.ones((201, 201), np.uint16)).writeto(tmp_path / "a.fit")
    square = draw_square(tmp_path / "a.fit", Crop(20), "a", 0)
    assert (square.row, square.column) == (10, 10)


def test_the_middle_of_the_solved_frame_is_where_its_header_says() -> None:
    """RA 303.206°, Dec 46.017° at CRPIX 350.5, which counts from 1."""
    x, y = pixel_of(read_pixels(KIC, "it"), 303.206, 46.017, "it")
    assert (x, y) == pytest.approx((349.5, 349.5), abs=1)  # a thousandth of a degree is 0.35 pixel


@pytest.mark.parametrize("bits", ["m", "8 m", 8.0, True, 0])
def test_a_bit_depth_is_a_number_of_bits(bits: object) -> None:
    with pytest.raises(ValueError, match="number of bits"):
        mask_saturated(np.ones((10, 10)), bits=bits)  # type: ignore[arg-type]


def test_a_clock_that_began_at_ten_goes_on_second_by_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = iter(range(3))

    class Steps(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return NOON + timedelta(seconds=next(passed))

    monkeypatch.setattr(clock, "datetime", Steps)
    began = Clock(datetime(2016, 8, 13, 10, tzinfo=UTC), NOON)
    assert f"{began.now():%Y-%m-%d %H:%M:%S}" == "2016-08-13 10:00:00"
    name = format_light_filename("M 1", "10.0s", "IRCUT", began.now())
    assert name == "Light_M 1_10.0s_IRCUT_20160813-100001.fit"
    assert f"{began.now():%Y-%m-%d %H:%M:%S}" == "2016-08-13 10:00:02"


def test_text_that_looks_like_a_quantity_stays_text_until_a_setting_has_that_unit() -> None:
    document = {"foo": "42 deg", "bar": "foo deg"}
    assert msgspec.json.decode(msgspec.json.encode(document)) == document
    assert DEGREES.read(document["foo"]) == 42
    with pytest.raises(ValueError, match="degrees"):
        DEGREES.read(document["bar"])


def test_the_local_file_wins_and_without_it_the_file_does(tmp_path: Path) -> None:
    path, local = tmp_path / "config.toml", tmp_path / "config.local.toml"
    path.write_text('[site]\nname = "Temporary Name"\nhorizon = 20')
    assert read_settings(path, {}).settings.site.name == "Temporary Name"
    local.write_text('[site]\nname = "Local Name"')
    site = read_settings(path, {}).settings.site
    assert (site.name, site.horizon) == ("Local Name", 20)


def test_the_weather_of_the_documents_is_safe() -> None:
    measured = {"ambient_c": 15.5, "sky_c": -25.0, "wind_km_h": 2.3, "rain_frequency": 2700}
    told = cloudwatcher.reading(measured, "aag", NOON)
    assert told.values["sky_minus_ambient_c"] == pytest.approx(-40.5) and told.is_safe is True
