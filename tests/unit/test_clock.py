"""The clock that one night shares."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.base.clock import Clock, zone_named

ORIGIN = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def test_the_real_clock() -> None:
    clock = Clock()
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC
    assert not clock.simulated
    assert clock.real_seconds(30) == 30


def test_a_fast_clock_counts_from_its_origin() -> None:
    since = datetime.now(UTC) - timedelta(seconds=10)
    clock = Clock(ORIGIN, since, speed=60)
    passed = (clock.now() - ORIGIN).total_seconds()
    assert 600 <= passed < 900
    assert clock.simulated
    assert clock.real_seconds(60) == 1


def test_clocks_with_the_same_values_agree() -> None:
    since = datetime.now(UTC)
    one, other = Clock(ORIGIN, since, 100), Clock(ORIGIN, since, 100)
    assert abs((one.now() - other.now()).total_seconds()) < 60


def test_an_origin_in_another_zone_is_told_in_utc() -> None:
    local = ORIGIN.astimezone(ZoneInfo("Asia/Kathmandu"))
    now = Clock(local, datetime.now(UTC)).now()
    assert now.tzinfo is UTC
    assert abs((now - ORIGIN).total_seconds()) < 5


async def test_sleeping_takes_simulated_time() -> None:
    clock = Clock(ORIGIN, datetime.now(UTC), speed=1000)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await clock.sleep(60)
    assert 0.05 < loop.time() - began < 2


async def test_a_fast_demo_never_becomes_a_busy_loop() -> None:
    clock = Clock(ORIGIN, datetime.now(UTC), speed=1e6)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(3):
        await clock.sleep(0)
    assert loop.time() - began > 0.05


@pytest.mark.parametrize(
    "values",
    [
        {"speed": 0},
        {"speed": -1},
        {"origin": ORIGIN},
        {"since": ORIGIN},
        {"origin": ORIGIN.replace(tzinfo=None), "since": ORIGIN},
        {"origin": ORIGIN, "since": ORIGIN.replace(tzinfo=None)},
    ],
)
def test_impossible_clocks(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Clock(**values)


def test_zones_by_name() -> None:
    assert zone_named("Europe/Vienna") == ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "a\x00b"])
def test_zones_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_named(name)
