"""What must hold of any names and frames, in any zone."""

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowdsky_tui.blocks import (
    LightFrame,
    chunk_start,
    chunk_str,
    filter_covered_blocks,
    format_chunk_key,
    format_crowdsky_name,
    format_light_filename,
    group_frames_into_blocks,
    local_dt_to_chunk_str,
    parse_chunk_key,
    parse_coverage_from_filenames,
    parse_crowdsky_name,
    parse_dso_name,
    parse_light_filename,
    with_fold_from,
)

ZONES = (
    "UTC", "Europe/Vienna", "Europe/London", "Europe/Lisbon", "Atlantic/Azores",
    "America/St_Johns", "America/Halifax", "America/New_York", "America/Denver",
    "America/Phoenix", "America/Los_Angeles", "America/Havana", "America/Santiago",
    "Pacific/Honolulu", "Africa/Cairo", "Africa/Casablanca", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Tokyo", "Asia/Beirut", "Australia/Adelaide", "Australia/Lord_Howe",
    "Pacific/Chatham", "Pacific/Auckland",
)  # fmt: skip
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = 3 * 366 * 24
HOUR = timedelta(hours=1)
DIVISORS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)

many = settings(max_examples=100, derandomize=True)
few = settings(max_examples=10, derandomize=True)

targets = st.one_of(
    st.sampled_from(
        ["M 81", "mosaic_IC 5070", "M 31_11", "Barnard's Star", "NGC-7000 (x)", "a_10.0s_LP", "_",
         "x_20.0s_LP_20260227-225203.fit", "3C 273", "仙女座", "Größe ½", "é", '"', "٣"]
    ),
    st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=80),
)  # fmt: skip
exposures = st.sampled_from(["10.0s", "20.0s", "30.0s", "0.5s", "120.0s"])
filters = st.sampled_from(["LP", "IRCUT"])
wall_times = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)).map(
    lambda when: when.replace(microsecond=0)
)
counts = st.integers(1, 999_999)
pixels = st.integers(0, 12 * 128 * 128 - 1)


@cache
def clock_changes(zone_name: str) -> list[datetime]:
    """The UTC moments at which the zone's offset changes, to the hour; none changes twice a day."""
    zone = ZoneInfo(zone_name)

    def offset(hour: int) -> timedelta | None:
        return (FIRST + hour * HOUR).astimezone(zone).utcoffset()

    days = [(day, day + 24) for day in range(0, HOURS - 24, 24) if offset(day) != offset(day + 24)]
    return [
        FIRST + (hour + 1) * HOUR
        for first, last in days
        for hour in range(first, last)
        if offset(hour) != offset(hour + 1)
    ]


def moments(zone_name: str) -> st.SearchStrategy[datetime]:
    """UTC instants, half of them within three hours of a clock change."""
    anywhere = st.integers(0, HOURS * 3600).map(lambda second: FIRST + timedelta(seconds=second))
    changes = clock_changes(zone_name)
    if not changes:
        return anywhere
    near = st.tuples(st.sampled_from(changes), st.integers(-3 * 3600, 3 * 3600)).map(
        lambda pair: pair[0] + timedelta(seconds=pair[1])
    )
    return st.one_of(near, anywhere)


def as_the_scope_names_it(moment: datetime, zone: ZoneInfo, number: int) -> LightFrame:
    """The frame of a true instant; its file name is a number that leads back to the truth."""
    local = moment.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0)
    return LightFrame("M 81", "20.0s", "LP", wall, f"{number:04d}", local.fold)


@many
@given(targets, exposures, filters, wall_times)
def test_light_names_come_back(target: str, exposure: str, filter: str, when: datetime) -> None:
    name = format_light_filename(target, exposure, filter, when)
    frame = parse_light_filename(name)
    assert frame == LightFrame(target, exposure, filter, when, name)
    again = format_light_filename(frame.target, frame.exposure, frame.filter, frame.datetime)
    assert again == name


@many
@given(counts, targets, exposures, filters, wall_times, pixels)
def test_crowdsky_names_come_back(
    count: int, target: str, exposure: str, filter: str, when: datetime, pixel: int
) -> None:
    chunk = chunk_str(when.replace(tzinfo=UTC))
    name = format_crowdsky_name(count, target, exposure, filter, format_chunk_key(chunk, pixel))
    parsed = parse_crowdsky_name(name)
    assert parsed is not None
    assert (parsed.frames, parsed.target) == (count, target)
    assert (parsed.exposure, parsed.filter) == (exposure, filter)
    assert (parsed.chunk, parsed.pixel) == (chunk, pixel)
    assert parsed.chunk_key == (f"{chunk}_HP{pixel:06d}" if pixel else None)


@many
@given(counts, targets, exposures, wall_times)
def test_batch_stack_names_come_back(
    count: int, target: str, exposure: str, when: datetime
) -> None:
    dso = parse_dso_name(f"DSO_Stacked_{count}_{target}_{exposure}_{when:%Y%m%d_%H%M%S}.fit")
    assert dso is not None
    assert (dso.frames, dso.target, dso.exposure, dso.datetime) == (count, target, exposure, when)


@many
@given(st.text(max_size=120) | st.from_regex(r"(Light|DSO_Stacked|CrowdSky)_.{0,40}\.fit"))
def test_no_name_breaks_a_parser(name: str) -> None:
    light = parse_light_filename(name)
    assert light is None or name.startswith("Light_")
    assert parse_dso_name(name) is None or name.startswith("DSO_Stacked_")
    assert parse_crowdsky_name(name) is None or name.startswith("CrowdSky_")


@many
@given(wall_times, pixels)
def test_chunk_keys_come_back(when: datetime, pixel: int) -> None:
    moment = when.replace(tzinfo=UTC)
    chunk = chunk_str(moment)
    assert parse_chunk_key(format_chunk_key(chunk, pixel)) == (chunk, pixel)
    assert chunk_start(chunk) <= moment < chunk_start(chunk) + timedelta(minutes=15)


@many
@given(
    st.lists(st.tuples(wall_times, exposures, filters), max_size=40, unique=True),
    st.sampled_from(DIVISORS),
    st.randoms(use_true_random=False),
)
def test_every_frame_lands_in_one_block_whatever_the_order(
    shots: list[tuple[datetime, str, str]], minutes: int, random: Random
) -> None:
    frames = [
        LightFrame("M 81", exposure, filter, when, f"{when:%j%H%M%S}{exposure}{filter}{i}")
        for i, (when, exposure, filter) in enumerate(shots)
    ]
    blocks = group_frames_into_blocks(frames, minutes)
    assert sorted(name for block in blocks.values() for name in block.files) == sorted(
        frame.filename for frame in frames
    )
    for frame in frames:
        (home,) = [block for block in blocks.values() if frame.filename in block.files]
        assert home.block_start <= frame.datetime < home.block_end
        assert (home.exposure, home.filter) == (frame.exposure, frame.filter)
        assert home.block_start.minute % minutes == 0
    random.shuffle(frames)
    shuffled = group_frames_into_blocks(frames, minutes)
    assert list(shuffled.items()) == list(blocks.items())


@pytest.mark.parametrize("zone_name", ZONES)
@few
@given(st.data())
def test_true_time_lies_in_the_block(zone_name: str, data: st.DataObject) -> None:
    """With the pass known, no two hours merge: each frame's UTC instant is in its block's span."""
    zone = ZoneInfo(zone_name)
    truth = data.draw(st.lists(moments(zone_name), min_size=1, max_size=30))
    minutes = data.draw(st.sampled_from(DIVISORS))
    frames = [as_the_scope_names_it(moment, zone, i) for i, moment in enumerate(truth)]
    blocks = group_frames_into_blocks(frames, minutes, zone)
    assert sum(block.frame_count for block in blocks.values()) == len(truth)
    for block in blocks.values():
        assert not block.ambiguous
        assert block.frame_count == len(block.files)
        for name in block.files:
            assert block.block_start <= truth[int(name)] < block.block_end
            if minutes <= 15 and 15 % minutes == 0:
                assert block.chunk == chunk_str(truth[int(name)])
    backwards = group_frames_into_blocks(reversed(frames), minutes, zone)
    assert list(backwards.items()) == list(blocks.items())


@pytest.mark.parametrize("zone_name", ZONES)
@few
@given(st.data())
def test_date_obs_restores_the_pass(zone_name: str, data: st.DataObject) -> None:
    """A name's time is up to half a minute after DATE-OBS; that decides between the passes."""
    zone = ZoneInfo(zone_name)
    moment = data.draw(moments(zone_name))
    date_obs = moment - timedelta(seconds=data.draw(st.integers(0, 30)))
    known = as_the_scope_names_it(moment, zone, 0)
    unknown = LightFrame("M 81", "20.0s", "LP", known.datetime, "0000")
    decided = with_fold_from(unknown, date_obs, zone)
    (block,) = group_frames_into_blocks([decided], 15, zone).values()
    assert block.block_start <= moment < block.block_end
    assert not block.ambiguous


@pytest.mark.parametrize("zone_name", ZONES)
@few
@given(st.data())
def test_without_the_pass_a_block_is_right_or_says_that_it_may_not_be(
    zone_name: str, data: st.DataObject
) -> None:
    zone = ZoneInfo(zone_name)
    moment = data.draw(moments(zone_name))
    known = as_the_scope_names_it(moment, zone, 0)
    frame = LightFrame("M 81", "20.0s", "LP", known.datetime, "0000")
    (block,) = group_frames_into_blocks([frame], 15, zone).values()
    assert block.ambiguous or block.block_start <= moment < block.block_end


@pytest.mark.parametrize("zone_name", ZONES)
def test_both_clock_changes_second_by_quarter_minute(zone_name: str) -> None:
    """A night of frames around each change: as many blocks as true quarter-hours, none merged."""
    zone = ZoneInfo(zone_name)
    for change in clock_changes(zone_name) or [FIRST + 80 * 24 * HOUR]:
        truth = [change + timedelta(seconds=15 * step) for step in range(-720, 720)]
        frames = [as_the_scope_names_it(moment, zone, i) for i, moment in enumerate(truth)]
        blocks = group_frames_into_blocks(frames, 15, zone)
        assert [block.frame_count for block in blocks.values()] == [60] * 24
        assert len({block.chunk for block in blocks.values()}) == 24


def test_the_zones_have_both_clock_changes() -> None:
    assert len(ZONES) == len(set(ZONES)) == 24
    changing = [name for name in ZONES if len(clock_changes(name)) >= 6]
    assert len(changing) >= 16
    assert {"Europe/Vienna", "Pacific/Chatham", "Australia/Lord_Howe"} <= set(changing)


@pytest.mark.parametrize("zone_name", ZONES)
@few
@given(st.data())
def test_what_a_block_is_named_covers_it(zone_name: str, data: st.DataObject) -> None:
    zone = ZoneInfo(zone_name)
    truth = data.draw(st.lists(moments(zone_name), min_size=1, max_size=12))
    frames = [as_the_scope_names_it(moment, zone, i) for i, moment in enumerate(truth)]
    blocks = group_frames_into_blocks(frames, 15, zone)
    first, *others = blocks.values()
    done = format_crowdsky_name(9, "M 81", "20.0s", "LP", format_chunk_key(first.chunk, 6478))
    assert filter_covered_blocks(blocks, parse_coverage_from_filenames([done])) == others


@pytest.mark.parametrize("zone_name", ZONES)
@few
@given(st.data())
def test_local_times_lead_to_the_chunk_of_their_instant(
    zone_name: str, data: st.DataObject
) -> None:
    zone = ZoneInfo(zone_name)
    moment = data.draw(moments(zone_name))
    local = moment.astimezone(zone)
    assert local_dt_to_chunk_str(local.replace(tzinfo=None), zone) == chunk_str(moment)
    assert local_dt_to_chunk_str(local) == chunk_str(moment)
