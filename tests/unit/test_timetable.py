"""Upload limits by the time of day: reading them, and keeping to them."""

import asyncio
import time
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from server_raw import RECEIPT, RawRequest, RawServer, reply, sparse_fits

from crowdsky_tui.config.rate_schedule import parse_timetable
from crowdsky_tui.jobs.meter import Meter
from crowdsky_tui.services.http.rate import Pace


@pytest.mark.parametrize(
    ("text", "hour", "rate"),
    [
        ("", 12, None),
        ("512k", 3, 512 * 1024),
        ("1.5M", 3, 1536 * 1024),
        ("2048", 3, 2048),
        ("off", 3, None),
        ("08:00 512k, 23:00 off", 7, None),
        ("08:00 512k, 23:00 off", 8, 512 * 1024),
        ("08:00 512k, 23:00 off", 22, 512 * 1024),
        ("08:00 512k, 23:00 off", 23, None),
        (" 23:00  off ,8:00 1M ", 0, None),
        ("22:00 1M", 3, 1024 * 1024),
    ],
)
def test_what_holds_at_an_hour(text: str, hour: int, rate: int | None) -> None:
    assert parse_timetable(text).rate_at(clock_time(hour)) == rate


@pytest.mark.parametrize(
    "text",
    [
        *("fast", "08:00", "25:00 1M", "8 512k", "-1k", "0", "100", "1G", "512K", "512kb", "1e3k"),
        *("08:00 1M, 2M", "08:00 1M, 08:00 2M", "08:00 1M,", "08:00 1M; 09:00 off", "٣k"),
    ],
)
def test_what_is_no_timetable(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_timetable(text)


def test_the_zone_decides_the_hour() -> None:
    limits = parse_timetable("08:00 512k, 23:00 off")
    noon = datetime(2026, 7, 24, 22, 30, tzinfo=UTC)
    assert Pace(limits, UTC, lambda: noon).rate == 512 * 1024
    assert Pace(limits, ZoneInfo("Europe/Vienna"), lambda: noon).rate is None


async def test_uploads_together_keep_to_the_limit(tmp_path: Path) -> None:
    pace = Pace(parse_timetable("400k"))
    begun = time.monotonic()
    await asyncio.gather(*(pace.admit(50 * 1024) for _ in range(5)))
    assert 0.4 <= time.monotonic() - begun < 0.9
    assert pace.piece(1 << 20) == 100 * 1024
    assert Pace().piece(1 << 20) == 1 << 20


async def test_a_limited_upload_takes_its_time_and_stops_at_once(tmp_path: Path) -> None:
    path = sparse_fits(tmp_path / "stack.fit", 300_000)
    seen: list[int] = []
    async with RawServer(reply(200, RECEIPT)) as raw:
        client = raw.client(pace=Pace(parse_timetable("500k")))
        begun = time.monotonic()
        receipt = await client.upload_stack(path, progress=lambda sent, total: seen.append(sent))
        assert receipt.ok
        assert 0.3 <= time.monotonic() - begun < 1.5
        assert len(seen) >= 3
        assert len(raw.asked[0].body) == int(raw.asked[0].headers["content-length"])
    large = sparse_fits(tmp_path / "large.fit", 30_000_000)

    async def take(asked: RawRequest) -> None:
        await asked.read_body()

    async with RawServer(take) as raw:
        client = raw.client(pace=Pace(parse_timetable("16k")))
        task = asyncio.create_task(client.upload_stack(large))
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begun < 0.5


def test_rate_and_time_left_in_words() -> None:
    now = [0.0]
    meter = Meter(lambda: now[0])
    assert meter.text(0, 12_400_000) == "0.0 of 12.4 MB"
    now[0] = 2.0
    assert meter.text(960_000, 12_400_000) == "1.0 of 12.4 MB, 480 kB/s, 24 s left"
    now[0] = 4.0
    assert meter.text(12_400_000, 12_400_000) == "12.4 of 12.4 MB, 3.1 MB/s, 0 s left"
    now[0] = 20.0
    assert "left" not in meter.text(12_400_000, 12_400_000)
