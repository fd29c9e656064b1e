"""File names of Seestars and of CrowdSky, both ways."""

from datetime import datetime

import pytest

from crowdsky_tui.blocks import (
    as_fit,
    companions,
    format_crowdsky_name,
    format_light_filename,
    main_folder,
    parse_crowdsky_name,
    parse_dso_name,
    parse_light_filename,
)
from crowdsky_tui.blocks.names import LONGEST_NAME


@pytest.mark.parametrize(
    ("name", "target", "exposure", "filter", "when"),
    [
        (
            "Light_M 81_20.0s_LP_20260227-225203.fit",
            "M 81", "20.0s", "LP", datetime(2026, 2, 27, 22, 52, 3),
        ),
        (
            "Light_NGC 3310_20.0s_IRCUT_20260709-232704.fit",
            "NGC 3310", "20.0s", "IRCUT", datetime(2026, 7, 9, 23, 27, 4),
        ),
        (
            "Light_mosaic_IC 5070_10.0s_LP_20260905-220832.fit",
            "mosaic_IC 5070", "10.0s", "LP", datetime(2026, 9, 5, 22, 8, 32),
        ),
        (
            "Light_M 31_11_30.0s_IRCUT_20251004-010203.fit",
            "M 31_11", "30.0s", "IRCUT", datetime(2025, 10, 4, 1, 2, 3),
        ),
        (
            "Light_Barnard's Star (B-33)_2_10.0s_LP_20240229-000000.fit",
            "Barnard's Star (B-33)_2", "10.0s", "LP", datetime(2024, 2, 29),
        ),
        (
            "Light_x_10.0s_LP_20250101-000000.fit_5.5s_IRCUT_20250101-235959.fit",
            "x_10.0s_LP_20250101-000000.fit", "5.5s", "IRCUT", datetime(2025, 1, 1, 23, 59, 59),
        ),
    ],
)  # fmt: skip
def test_a_light_name_is_read_from_the_right(
    name: str, target: str, exposure: str, filter: str, when: datetime
) -> None:
    frame = parse_light_filename(name)
    assert frame is not None
    assert (frame.target, frame.exposure, frame.filter) == (target, exposure, filter)
    assert frame.datetime == when
    assert frame.datetime.tzinfo is None
    assert frame.fold is None
    assert frame.exposure_s == float(exposure[:-1])
    assert frame.filename == name
    assert format_light_filename(target, exposure, filter, when) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".fit",
        "Light_M 81_20.0s_LP_20260227-225203.jpg",
        "Light_M 81_20.0s_LP_20260227-225203_thn.jpg",
        "Light_M 81_20.0s_LP_20260227-225203_failed.fit",
        "Light_M 81_20.0s_LP_20260227-225203.fits",
        "Light_M 81_20.0s_LP_20260227-225203.FIT",
        "Light_M 81_20.0s_LP_20260227-225203.fit\n",
        "Light_M\n81_20.0s_LP_20260227-225203.fit",
        " Light_M 81_20.0s_LP_20260227-225203.fit",
        "light_M 81_20.0s_LP_20260227-225203.fit",
        "Light_M 81_20s_LP_20260227-225203.fit",
        "Light_M 81_20.0_LP_20260227-225203.fit",
        "Light_M 81_20.0s__20260227-225203.fit",
        "Light__20.0s_LP_20260227-225203.fit",
        "Light_M 81_20.0s_LP_20260227_225203.fit",
        "Light_M 81_20.0s_LP_20260230-225203.fit",
        "Light_M 81_20.0s_LP_20261301-225203.fit",
        "Light_M 81_20.0s_LP_20250229-000000.fit",
        "Light_M 81_20.0s_LP_20260227-240000.fit",
        "Light_M 81_20.0s_LP_20260227-226003.fit",
        "Light_M 81_20.0s_LP_20260227-225260.fit",
        "Light_M 81_20.0s_LP_00000227-225203.fit",
        "Light_M 81_20.0s_LP_99991231-235959.fit",
        "Light_M 81_20.0s_LP_2026W011-225203.fit",
        "Light_M 81_20.0s_LP_٢٠٢٦٠٢٢٧-225203.fit",
        "Light_M 81_20.0s_LP_20260227-22520３.fit",
        "Light_M 81_２0.0s_LP_20260227-225203.fit",
        "Light_M 81_20.0s_ＬＰ_20260227-225203.fit",
        "Stacked_106_M 57_30.0s_LP_20260907-002846.fit",
        "DSO_Stacked_33_M 81_20.0s_20260228_010203.fit",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.fit",
        "Light_" + "x" * LONGEST_NAME + "_20.0s_LP_20260227-225203.fit",
        "Light_M 81_" + "9" * 6 + ".0s_LP_20260227-225203.fit",
    ],
)  # fmt: skip
def test_what_is_no_light_name(name: str) -> None:
    assert parse_light_filename(name) is None


def test_a_batch_stack_tells_when_it_was_stacked() -> None:
    dso = parse_dso_name("DSO_Stacked_33_NGC 6960_2_20.0s_20260228_010203.fit")
    assert dso is not None
    assert (dso.frames, dso.target, dso.exposure) == (33, "NGC 6960_2", "20.0s")
    assert dso.datetime == datetime(2026, 2, 28, 1, 2, 3)


@pytest.mark.parametrize(
    "name",
    [
        "Stacked_106_M 57_30.0s_LP_20260907-002846.fit",
        "DSO_Stacked_33_M 81_20.0s_20260228-010203.fit",
        "DSO_Stacked_33_M 81_20.0s_LP_20260228_010203.jpg",
        "DSO_Stacked_33_M 81_20.0s_20260231_010203.fit",
        "DSO_Stacked_33_M 81_20.0s_20260228_010203_thn.jpg",
        "DSO_Stacked_" + "9" * 5000 + "_M 81_20.0s_20260228_010203.fit",
    ],
)
def test_what_is_no_batch_stack(name: str) -> None:
    assert parse_dso_name(name) is None


def test_a_current_crowdsky_name() -> None:
    text = "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.fit"
    name = parse_crowdsky_name(text)
    assert name is not None
    assert (name.frames, name.target, name.exposure, name.filter) == (41, "M 81", "20.0s", "LP")
    assert (name.chunk, name.pixel, name.block_start) == ("20260227.87", 6478, None)
    assert name.chunk_key == "20260227.87_HP006478"
    assert not name.legacy
    assert format_crowdsky_name(41, "M 81", "20.0s", "LP", name.chunk_key) == text


def test_a_legacy_crowdsky_name_has_only_a_local_start() -> None:
    name = parse_crowdsky_name("CrowdSky_41_M 81_mosaic_20.0s_LP_20260227-224500.fit")
    assert name is not None
    assert name.target == "M 81_mosaic"
    assert name.legacy
    assert (name.chunk, name.pixel, name.chunk_key) == (None, None, None)
    assert name.block_start == datetime(2026, 2, 27, 22, 45)


def test_pixel_0_is_not_trusted_to_be_the_pole() -> None:
    name = parse_crowdsky_name("CrowdSky_41_M 81_20.0s_LP_20260227.87_HP000000.fit")
    assert name is not None
    assert (name.chunk, name.pixel) == ("20260227.87", 0)
    assert name.chunk_key is None


def test_a_chunk_index_may_have_one_digit() -> None:
    name = parse_crowdsky_name("CrowdSky_41_M 81_20.0s_LP_20260227.7_HP006478.fit")
    assert name is not None
    assert name.chunk_key == "20260227.07_HP006478"


@pytest.mark.parametrize(
    "name",
    [
        "CrowdSky_41_M 81_20.0s_LP_20260227.96_HP006478.fit",
        "CrowdSky_41_M 81_20.0s_LP_20260227.087_HP006478.fit",
        "CrowdSky_41_M 81_20.0s_LP_20260230.87_HP006478.fit",
        "CrowdSky_41_M 81_20.0s_LP_99990227.87_HP006478.fit",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP196608.fit",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP6478.fit",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.jpg",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478_thn.jpg",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.fit\n",
        "CrowdSky_41_M 81_20.0s_LP_20260231-224500.fit",
        "CrowdSky_41_M 81_20.0s_20260227.87_HP006478.fit",
        "CrowdSky__M 81_20.0s_LP_20260227.87_HP006478.fit",
        "CrowdSky_" + "1" * 5000 + "_M 81_20.0s_LP_20260227.87_HP006478.fit",
    ],
)
def test_what_is_no_crowdsky_name(name: str) -> None:
    assert parse_crowdsky_name(name) is None


def test_the_last_pixel_is_a_pixel() -> None:
    name = parse_crowdsky_name("CrowdSky_41_M 81_20.0s_LP_20260227.95_HP196607.fit")
    assert name is not None
    assert name.pixel == 196607


def test_companions_share_the_stem() -> None:
    assert companions("DSO_Stacked_3_M 81_20.0s_20260228_010203.fit") == (
        "DSO_Stacked_3_M 81_20.0s_20260228_010203.jpg",
        "DSO_Stacked_3_M 81_20.0s_20260228_010203_thn.jpg",
    )


@pytest.mark.parametrize(
    ("folder", "main"),
    [
        ("M 81_sub", "M 81"),
        ("M 81-sub", "M 81"),
        ("IC 5070_mosaic_sub", "IC 5070_mosaic"),
        ("odd_sub_sub", "odd_sub"),
        ("M 81", None),
        ("_sub", None),
        ("sub", None),
        ("M 81_SUB", None),
        ("M 81_sub2", None),
        ("M 81_sub\n", None),
    ],
)
def test_main_folder(folder: str, main: str | None) -> None:
    assert main_folder(folder) == main


def test_a_name_is_read_up_to_the_longest_that_a_disk_can_hold() -> None:
    rest = "_20.0s_LP_20260227-225203.fit"
    longest = f"Light_{'M' * (255 - len('Light_') - len(rest))}{rest}"
    assert len(longest) == 255 and parse_light_filename(longest)
    assert parse_light_filename(longest.replace("_M", "_MM", 1)) is None


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.FITS", "a.fit"), ("a.Fit", "a.fit"), ("a.b", "a.b"), ("fits", "fits"),
        ("a.b.fits", "a.b.fit"), ("fit.jpg", "fit.jpg"),
    ],
)  # fmt: skip
def test_only_the_suffixes_of_fits_files_are_made_a_seestars(name: str, plain: str) -> None:
    assert as_fit(name) == plain
