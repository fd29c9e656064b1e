"""Chunk strings, pixels and keys, against published check values."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.blocks import (
    chunk_start,
    chunk_str,
    compute_chunk_key,
    format_chunk_key,
    healpix_pixel,
    local_dt_to_chunk_str,
    parse_chunk_key,
)

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.fixture
def host_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Set this process's zone, for one test."""

    def move_to(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move_to
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("ra", "dec", "pixel"),
    [
        (0, 90, 0),
        (45, 90, 0),
        (0, -90, 196604),
        (0, 0, 97536),
        (360, 0, 97536),
        (83.82, -5.39, 107383),
        (83.822, -5.391, 107383),
        (85.25, -2.46, 102265),
        (201.0, 54.9, 18072),
        (148.888, 69.065, 6478),
        (250.4235, 36.4613, 40036),
        (350, 30, 49393),
        (40, -60, 183032),
        (0, 45, 28560),
        (83.633, 22.014, 61302),
        (6.0224, -72.0814, 191711),
        (10.684, 41.269, 33039),
        (186.6821, 81.474, 1059),
    ],
)
def test_published_pixels(ra: float, dec: float, pixel: int) -> None:
    assert healpix_pixel(ra, dec) == pixel


@pytest.mark.parametrize("ra", [0, 123.4, 200, 359])
def test_four_pixels_touch_a_pole(ra: float) -> None:
    """At the pole itself, RA picks one of them; "any RA gives 0" holds below 90°."""
    assert healpix_pixel(ra, 90) == ra // 90
    assert healpix_pixel(ra, -90) == 196604 + ra // 90


def test_right_ascension_goes_round() -> None:
    assert healpix_pixel(-10, 30) == healpix_pixel(350, 30) == healpix_pixel(710, 30)
    assert healpix_pixel(-1e-20, 0) == 97536
    assert healpix_pixel(-360, 0) == healpix_pixel(720, 0) == 97536


@pytest.mark.parametrize(
    ("ra", "dec"),
    [
        (0, 90.01),
        (0, -91),
        (float("nan"), 0),
        (0, float("nan")),
        (float("inf"), 0),
        (720.5, 0),
        (-360.5, 0),
    ],
)
def test_off_the_sphere(ra: float, dec: float) -> None:
    with pytest.raises(ValueError, match="not a position"):
        healpix_pixel(ra, dec)


@pytest.mark.parametrize(
    ("text", "chunk"),
    [
        ("2025-01-15T19:30:00+00:00", "20250115.78"),
        ("2025-01-15T19:29:59.999999+00:00", "20250115.77"),
        ("2025-01-15T19:30:59+00:00", "20250115.78"),
        ("2025-01-15T19:30:00+01:00", "20250115.74"),
        ("2025-01-15T23:59:59.9+00:00", "20250115.95"),
        ("2025-01-15T00:00:00+00:00", "20250115.00"),
        ("2025-01-01T00:10:00+00:45", "20241231.93"),
    ],
)
def test_published_slots(text: str, chunk: str) -> None:
    assert chunk_str(datetime.fromisoformat(text)) == chunk


def test_a_naive_moment_has_no_chunk() -> None:
    with pytest.raises(ValueError, match="aware"):
        chunk_str(datetime(2025, 1, 15))


@pytest.mark.parametrize(
    ("local", "chunk"),
    [
        (datetime(2026, 2, 27, 22, 45), "20260227.87"),
        (datetime(2026, 2, 28, 0, 30), "20260227.94"),
        (datetime(2026, 7, 1, 1, 0), "20260630.92"),
        (datetime(2026, 10, 25, 2, 15), "20261025.01"),
        (datetime(2026, 10, 25, 2, 15, fold=1), "20261025.05"),
    ],
)
def test_vienna(local: datetime, chunk: str) -> None:
    assert local_dt_to_chunk_str(local, VIENNA) == chunk


@pytest.mark.parametrize(
    ("zone", "chunk"),
    [
        ("Asia/Kathmandu", "20260101.73"),
        ("Pacific/Chatham", "20260101.41"),
        ("America/St_Johns", "20260102.14"),
        ("Australia/Lord_Howe", "20260101.52"),
    ],
)
def test_zones_off_the_hour(zone: str, chunk: str) -> None:
    assert local_dt_to_chunk_str(datetime(2026, 1, 2, 0, 0), ZoneInfo(zone)) == chunk


def test_without_a_zone_the_hosts_is_taken(host_zone: Callable[[str], None]) -> None:
    local = datetime(2026, 2, 27, 22, 45)
    host_zone("Europe/Vienna")
    assert local_dt_to_chunk_str(local) == "20260227.87"
    host_zone("America/New_York")
    assert local_dt_to_chunk_str(local) == "20260228.15"
    host_zone("UTC")
    assert local_dt_to_chunk_str(local) == "20260227.91"


def test_with_a_zone_the_hosts_is_never_taken(host_zone: Callable[[str], None]) -> None:
    local = datetime(2026, 2, 27, 22, 45)
    for name in ("America/New_York", "Asia/Kathmandu", "UTC"):
        host_zone(name)
        assert local_dt_to_chunk_str(local, VIENNA) == "20260227.87"
        assert local_dt_to_chunk_str(local, UTC) == "20260227.91"
        assert local_dt_to_chunk_str(local.replace(tzinfo=VIENNA)) == "20260227.87"
        assert chunk_str(local.replace(tzinfo=VIENNA)) == "20260227.87"


def test_the_hosts_zone_in_a_fresh_process() -> None:
    code = (
        "from datetime import datetime; from crowdsky_tui.blocks import local_dt_to_chunk_str as f;"
        "print(f(datetime(2026, 10, 25, 2, 15)), f(datetime(2026, 10, 25, 2, 15, fold=1)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TZ": "Europe/Vienna"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["20261025.01", "20261025.05"]


def test_an_aware_start_ignores_the_zone_argument() -> None:
    start = datetime(2026, 2, 27, 22, 45, tzinfo=timezone(timedelta(hours=1)))
    assert local_dt_to_chunk_str(start, ZoneInfo("Asia/Tokyo")) == "20260227.87"


def test_a_chunk_key() -> None:
    key = compute_chunk_key(datetime(2026, 2, 27, 22, 45), 148.888, 69.065, VIENNA)
    assert key == "20260227.87_HP006478"
    assert key == format_chunk_key("20260227.87", 6478)
    assert parse_chunk_key(key) == ("20260227.87", 6478)


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("20250115.78_HP049152", ("20250115.78", 49152)),
        ("20250115.78", ("20250115.78", None)),
        ("20250115.7", ("20250115.07", None)),
        ("20250115.78_HP000000", ("20250115.78", 0)),
        ("20250115.96_HP049152", None),
        ("20250115.78_HP196608", None),
        ("20250230.78_HP049152", None),
        ("99999999.00", None),
        ("20250115-78", None),
        ("20250115.78_120.5_+12.5", None),
        ("20250115.78_HP49152", None),
        ("20250115.78_HP049152\n", None),
        ("20250115.٧٨", None),
        ("", None),
    ],
)
def test_parse_chunk_key(key: str, parts: tuple[str, int | None] | None) -> None:
    assert parse_chunk_key(key) == parts


def test_a_chunk_begins_on_the_quarter_hour() -> None:
    assert chunk_start("20250115.78") == datetime(2025, 1, 15, 19, 30, tzinfo=UTC)
    assert chunk_start("20250115.00") == datetime(2025, 1, 15, tzinfo=UTC)
    assert chunk_start("20250115.95") == datetime(2025, 1, 15, 23, 45, tzinfo=UTC)


@pytest.mark.parametrize("text", ["20250115.96", "2025011. 5", "20250115", "20250230.01", "x"])
def test_what_is_no_chunk(text: str) -> None:
    with pytest.raises(ValueError):
        chunk_start(text)


@pytest.mark.parametrize("day", ["20250230", "20251301", "20250000", "20230229", "00000101"])
def test_a_day_that_never_was_has_no_chunk(day: str) -> None:
    assert parse_chunk_key(f"{day}.78_HP049152") is None
    with pytest.raises(ValueError):
        chunk_start(f"{day}.78")


@pytest.mark.parametrize("index", ["96", "99", "100", "-1"])
def test_an_index_above_95_is_never_a_chunk_keys(index: str) -> None:
    assert parse_chunk_key(f"20250115.{index}_HP049152") is None
