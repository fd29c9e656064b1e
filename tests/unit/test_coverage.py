"""Which blocks a folder's finished stacks already cover."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.blocks import (
    Block,
    filter_covered_blocks,
    format_light_filename,
    group_frames_into_blocks,
    parse_coverage_from_filenames,
    parse_light_filename,
)

VIENNA = ZoneInfo("Europe/Vienna")


def blocks_at(
    *starts: datetime, zone: tzinfo | None = VIENNA, exposure: str = "20.0s", filter: str = "LP"
) -> list[Block]:
    names = [format_light_filename("M 81", exposure, filter, start) for start in starts]
    frames = [frame for name in names if (frame := parse_light_filename(name))]
    return list(group_frames_into_blocks(frames, zone=zone).values())


def test_current_and_legacy_names_cover_alike() -> None:
    current = parse_coverage_from_filenames(["CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.fit"])
    legacy = parse_coverage_from_filenames(
        ["CrowdSky_41_M 81_20.0s_LP_20260227-224500.fit"], zone=VIENNA
    )
    assert current == legacy == {("20260227.87", "20.0s", "LP")}


def test_target_frames_and_pixel_do_not_matter() -> None:
    covered = parse_coverage_from_filenames(
        [
            "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.fit",
            "CrowdSky_12_mosaic_M 82_20.0s_LP_20260227.87_HP000000.fit",
        ]
    )
    assert covered == {("20260227.87", "20.0s", "LP")}


def test_nothing_else_covers() -> None:
    names = [
        "DSO_Stacked_41_M 81_20.0s_20260227_224500.fit",
        "Stacked_106_M 81_20.0s_LP_20260227-224500.fit",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.jpg",
        "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478_thn.jpg",
        "CrowdSky_41_M 81_20.0s_LP_20260227.97_HP006478.fit",
        "notes.txt",
    ]
    assert parse_coverage_from_filenames(names, VIENNA) == set()


def test_covered_blocks_are_left_out_and_the_rest_sorted() -> None:
    blocks = blocks_at(
        datetime(2026, 2, 27, 23, 1), datetime(2026, 2, 27, 22, 31), datetime(2026, 2, 27, 22, 46)
    )
    left = filter_covered_blocks(reversed(blocks), {("20260227.87", "20.0s", "LP")})
    assert [block.chunk for block in left] == ["20260227.86", "20260227.88"]


@pytest.mark.parametrize("other", [("10.0s", "LP"), ("20.0s", "IRCUT")])
def test_another_exposure_or_filter_is_another_block(other: tuple[str, str]) -> None:
    blocks = blocks_at(datetime(2026, 2, 27, 22, 46), exposure=other[0], filter=other[1])
    assert filter_covered_blocks(blocks, {("20260227.87", "20.0s", "LP")}) == blocks


def test_blocks_may_come_as_the_dict_that_grouping_gives() -> None:
    frame = parse_light_filename("Light_M 81_20.0s_LP_20260227-225203.fit")
    assert frame is not None
    blocks = group_frames_into_blocks([frame], zone=VIENNA)
    assert filter_covered_blocks(blocks, set()) == list(blocks.values())


def test_blocks_without_a_zone_are_read_in_the_one_given() -> None:
    blocks = blocks_at(datetime(2026, 2, 27, 22, 46), zone=None)
    covered = {("20260227.87", "20.0s", "LP")}
    assert filter_covered_blocks(blocks, covered, VIENNA) == []
    assert filter_covered_blocks(blocks, covered, UTC) == blocks


def test_the_two_passes_of_the_repeated_hour_cover_themselves_only() -> None:
    first, second = "CrowdSky_9_x_20.0s_LP_20261025.00_HP006478.fit", "20261025.04"
    start = datetime(2026, 10, 25, 2, 0)
    frame = parse_light_filename(format_light_filename("x", "20.0s", "LP", start))
    assert frame is not None
    both = [type(frame)(frame.target, "20.0s", "LP", start, f"f{fold}", fold) for fold in (0, 1)]
    blocks = group_frames_into_blocks(both, zone=VIENNA)
    left = filter_covered_blocks(blocks, parse_coverage_from_filenames([first]))
    assert [(block.chunk, block.files) for block in left] == [(second, ["f1"])]
