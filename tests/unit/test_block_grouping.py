"""Sub-frames into blocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.blocks import (
    LightFrame,
    check_block_minutes,
    group_frames_into_blocks,
    is_ambiguous,
    parse_light_filename,
    with_fold_from,
)

VIENNA = ZoneInfo("Europe/Vienna")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
DIVISORS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)


def frame(
    when: datetime, exposure: str = "20.0s", filter: str = "LP", fold: int | None = None
) -> LightFrame:
    name = f"Light_M 81_{exposure}_{filter}_{when:%Y%m%d-%H%M%S}.fit"
    return LightFrame("M 81", exposure, filter, when, name, fold)


def test_blocks_are_aligned_to_the_clock() -> None:
    start = datetime(2026, 2, 27, 22, 45)
    frames = [frame(start + timedelta(seconds=second)) for second in (-1, 0, 20, 40, 899, 900)]
    blocks = list(group_frames_into_blocks(frames).values())
    assert [(block.block_start, block.frame_count) for block in blocks] == [
        (start - timedelta(minutes=15), 1), (start, 4), (start + timedelta(minutes=15), 1),
    ]  # fmt: skip
    assert blocks[1].block_end == start + timedelta(minutes=15)
    assert blocks[1].files == [one.filename for one in frames[1:5]]
    assert blocks[1].effective_s == 80


def test_exposures_and_filters_are_kept_apart_and_sorted() -> None:
    when = datetime(2026, 2, 27, 22, 46)
    frames = [frame(when, *mode) for mode in (("20.0s", "LP"), ("10.0s", "LP"), ("10.0s", "IRCUT"))]
    start = datetime(2026, 2, 27, 22, 45)
    assert list(group_frames_into_blocks(frames)) == [
        (start, "10.0s", "IRCUT"), (start, "10.0s", "LP"), (start, "20.0s", "LP"),
    ]  # fmt: skip


def test_the_target_in_the_names_does_not_matter() -> None:
    """Mosaic prefixes and panel numbers share a block (docs/design/seestar-protocol.md 6)."""
    names = [
        "Light_mosaic_M 31_20.0s_LP_20260227-225203.fit",
        "Light_M 31_11_20.0s_LP_20260227-225224.fit",
        "Light_M 31_20.0s_LP_20260227-225245.fit",
    ]
    frames = [one for name in names if (one := parse_light_filename(name))]
    (block,) = group_frames_into_blocks(frames).values()
    assert block.files == sorted(names)


def test_no_frames_no_blocks() -> None:
    assert group_frames_into_blocks([]) == {}


def test_without_a_zone_no_time_is_in_doubt() -> None:
    repeated = [frame(datetime(2026, 10, 25, 2, 15))]
    (block,) = group_frames_into_blocks(repeated).values()
    assert not block.ambiguous


def test_half_seconds_of_an_exposure_count() -> None:
    frames = [frame(datetime(2026, 2, 27, 22, 0, second), "2.5s") for second in (0, 3, 6, 9)]
    (block,) = group_frames_into_blocks(frames).values()
    assert block.effective_s == 10


def test_without_a_zone_times_stay_naive() -> None:
    (block,) = group_frames_into_blocks([frame(datetime(2026, 2, 27, 22, 46))]).values()
    assert block.block_start.tzinfo is None
    with pytest.raises(ValueError, match="aware"):
        _ = block.chunk


def test_with_a_zone_times_are_aware() -> None:
    (block,) = group_frames_into_blocks(
        [frame(datetime(2026, 2, 27, 22, 46))], zone=VIENNA
    ).values()
    assert block.block_start == datetime(2026, 2, 27, 21, 45, tzinfo=UTC)
    assert block.block_start.utcoffset() == timedelta(hours=1)
    assert block.block_start.hour == 22
    assert block.chunk == "20260227.87"


def test_a_block_ends_at_midnight() -> None:
    frames = [frame(datetime(2026, 2, 27, 23, 59, 59)), frame(datetime(2026, 2, 28))]
    first, second = group_frames_into_blocks(frames, zone=VIENNA).values()
    assert first.block_end == second.block_start
    assert (first.chunk, second.chunk) == ("20260227.91", "20260227.92")


def test_the_two_passes_of_a_repeated_hour_stay_apart() -> None:
    when = datetime(2026, 10, 25, 2, 16)
    blocks = group_frames_into_blocks([frame(when, fold=1), frame(when, fold=0)], zone=VIENNA)
    assert [block.chunk for block in blocks.values()] == ["20261025.01", "20261025.05"]
    assert not any(block.ambiguous for block in blocks.values())


def test_a_name_alone_cannot_tell_the_pass() -> None:
    frames = [frame(datetime(2026, 10, 25, hour, 16)) for hour in (1, 2, 3)]
    blocks = group_frames_into_blocks(frames, zone=VIENNA).values()
    assert [block.ambiguous for block in blocks] == [False, True, False]


def test_one_doubtful_frame_makes_the_block_doubtful() -> None:
    when = datetime(2026, 10, 25, 2, 16)
    frames = [frame(when, fold=0), frame(when + timedelta(seconds=30))]
    (block,) = group_frames_into_blocks(frames, zone=VIENNA).values()
    assert block.frame_count == 2
    assert block.ambiguous


def test_an_hours_block_in_a_zone_that_repeats_half_an_hour() -> None:
    """Lord Howe goes from 02:00 back to 01:30: 01:00 itself comes once, 01:45 twice."""
    when = datetime(2026, 4, 5, 1, 45)
    blocks = group_frames_into_blocks(
        [frame(when, fold=0), frame(when, fold=1)], block_minutes=60, zone=LORD_HOWE
    )
    spans = [(block.block_start.astimezone(UTC), block.frame_count) for block in blocks.values()]
    day = datetime(2026, 4, 4, tzinfo=UTC)
    assert spans == [
        (day + timedelta(hours=14), 1), (day + timedelta(hours=14, minutes=30), 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "local", "twice"),
    [
        (VIENNA, datetime(2026, 10, 25, 2, 0), True),
        (VIENNA, datetime(2026, 10, 25, 2, 59, 59), True),
        (VIENNA, datetime(2026, 10, 25, 3, 0), False),
        (VIENNA, datetime(2026, 10, 25, 1, 59, 59), False),
        (VIENNA, datetime(2026, 3, 29, 2, 30), False),
        (LORD_HOWE, datetime(2026, 4, 5, 1, 30), True),
        (LORD_HOWE, datetime(2026, 4, 5, 1, 29), False),
        (UTC, datetime(2026, 10, 25, 2, 0), False),
    ],
)
def test_is_ambiguous(zone: ZoneInfo, local: datetime, twice: bool) -> None:
    assert is_ambiguous(local, zone) is twice


@pytest.mark.parametrize(("utc_hour", "fold"), [(0, 0), (1, 1)])
def test_date_obs_decides_the_pass(utc_hour: int, fold: int) -> None:
    one = frame(datetime(2026, 10, 25, 2, 16, 30))
    date_obs = datetime(2026, 10, 25, utc_hour, 16, 8, 751879, tzinfo=UTC)
    decided = with_fold_from(one, date_obs, VIENNA)
    assert decided.fold == fold
    assert one.fold is None
    (block,) = group_frames_into_blocks([decided], zone=VIENNA).values()
    assert not block.ambiguous
    assert block.block_start <= date_obs < block.block_end


@pytest.mark.parametrize("minutes", [0, 7, 45, 90, 120, -15, 15.0, True, "15", None])
def test_lengths_that_are_refused(minutes: int) -> None:
    with pytest.raises(UsageError, match="not possible") as caught:
        check_block_minutes(minutes)
    assert caught.value.why
    with pytest.raises(UsageError):
        group_frames_into_blocks([], block_minutes=minutes)


@pytest.mark.parametrize("minutes", DIVISORS)
def test_lengths_that_divide_an_hour(minutes: int) -> None:
    check_block_minutes(minutes)
    frames = [frame(datetime(2026, 2, 27, 22) + timedelta(minutes=m)) for m in range(60)]
    blocks = group_frames_into_blocks(frames, block_minutes=minutes)
    assert [block.frame_count for block in blocks.values()] == [minutes] * (60 // minutes)


@pytest.mark.parametrize("minutes", DIVISORS)
def test_lengths_that_chunk_keys_can_keep_apart(minutes: int) -> None:
    if minutes in {15, 30, 60}:
        check_block_minutes(minutes, for_keys=True)
    else:
        with pytest.raises(UsageError, match="15-minute slot"):
            check_block_minutes(minutes, for_keys=True)
