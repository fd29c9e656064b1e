"""Sensors on real lines: a TCP port, a pseudo-terminal, the web, a file; and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import cast

import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.instruments.sensors import watch as watch_module
from crowdsky_tui.instruments.sensors.kinds import KINDS
from crowdsky_tui.instruments.sensors.sensor import Sensor
from crowdsky_tui.instruments.sensors.watch import SensorState, SensorWatch
from crowdsky_tui.simulator.sensors.kinds import STREAMS, WEB, SensorKind
from crowdsky_tui.simulator.sensors.stand_in import SensorStandIn

CLOCK = Clock()
QUICK_S = 1.0  # the shortest period there is
OVER_ALPACA = {"alpaca_safety", "alpaca_weather", "indi_weather", "mqtt"}
"""Measured in test_alpaca_sensors, test_indi_weather and test_house."""
MEASURING = [kind for kind in (*STREAMS, *WEB, "boltwood") if kind in KINDS]


class SensorRig:
    """A stand-in, the watch on it, and every state that it told."""

    def __init__(self, stand_in: SensorStandIn, watch: SensorWatch, states: list[SensorState]):
        self.stand_in = stand_in
        self.watch = watch
        self.states = states
        self.changed = asyncio.Event()

    async def until(self, wanted: Callable[[SensorState], bool]) -> SensorState:
        async with asyncio.timeout(60):
            while not wanted(self.watch.state):
                self.changed.clear()
                await self.changed.wait()
        return self.watch.state


@pytest.fixture(autouse=True)
def quick_reconnection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "FIRST_PAUSE_S", 0.05)


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    kept = Supervisor()
    yield kept
    await kept.close()


async def watched(
    kind: str, how: str, tmp_path: Path, supervisor: Supervisor, **more: object
) -> SensorRig:
    stand_in = SensorStandIn(cast("SensorKind", kind), CLOCK, period_s=0.05)
    if how == "tcp":
        address = await stand_in.start_tcp()
    elif how == "pty":
        address = await stand_in.start_pty()
    else:
        address = await stand_in.start_file(tmp_path / "boltwood.txt")
    for name, value in more.items():
        setattr(stand_in.faults, name, value)
    states: list[SensorState] = []
    rig: list[SensorRig] = []

    def tell(state: SensorState) -> None:
        states.append(state)
        if rig:
            rig[0].changed.set()

    sensor = Sensor("roof", address, period_s=QUICK_S, zone=UTC)
    watch = SensorWatch(sensor, KINDS[kind], CLOCK, tell)
    rig.append(SensorRig(stand_in, watch, states))
    supervisor.keep("sensor", watch.run)
    return rig[0]


def has_reading(state: SensorState) -> bool:
    return state.reading is not None and not state.trouble


WAYS = [
    *[(kind, "tcp") for kind in ("json", "sqm", "cloudwatcher", *WEB)],
    *[(kind, "pty") for kind in ("json", "sqm", "cloudwatcher")],
    ("boltwood", "file"),
]


@pytest.mark.parametrize(("kind", "how"), WAYS)
async def test_every_kind_is_read_over_its_real_line(
    kind: str, how: str, tmp_path: Path, supervisor: Supervisor
) -> None:
    rig = await watched(kind, how, tmp_path, supervisor)
    try:
        state = await rig.until(has_reading)
        reading = state.reading
        assert reading is not None
        weather = rig.stand_in.weather
        if kind == "sqm":
            assert reading.values["sky_quality_mag_arcsec2"] == weather.sky_quality_mag_arcsec2
            assert reading.is_safe is None
        else:
            difference = weather.sky_c - weather.ambient_c
            assert reading.values["sky_minus_ambient_c"] == pytest.approx(difference)
            assert reading.values["ambient_temperature_c"] == pytest.approx(weather.ambient_c)
            assert reading.is_safe is True
        age = state.age_s(CLOCK.now(), CLOCK.steady())
        assert age is not None
        assert 0 <= age < 10
    finally:
        await rig.stand_in.stop()


@pytest.mark.parametrize(("kind", "how"), [way for way in WAYS if way[0] != "sqm"])
async def test_rain_is_told_at_the_next_reading(
    kind: str, how: str, tmp_path: Path, supervisor: Supervisor
) -> None:
    rig = await watched(kind, how, tmp_path, supervisor)
    try:
        await rig.until(has_reading)
        rig.stand_in.weather.rain_frequency = 1500
        state = await rig.until(lambda it: it.reading is not None and it.reading.is_safe is False)
        assert state.reading is not None
        assert state.reading.conditions["rain"] in ("rain", "wet")
    finally:
        await rig.stand_in.stop()


@pytest.mark.parametrize(("kind", "how"), [way for way in WAYS if way[1] in ("tcp", "pty")])
async def test_answers_in_fragments_are_put_together(
    kind: str, how: str, tmp_path: Path, supervisor: Supervisor
) -> None:
    if kind in WEB:
        return
    rig = await watched(kind, how, tmp_path, supervisor, pieces=7)
    try:
        await rig.until(has_reading)
        assert not any(state.trouble for state in rig.states)
    finally:
        await rig.stand_in.stop()


@pytest.mark.parametrize(("kind", "how"), WAYS)
async def test_garbage_is_said_and_what_comes_after_it_is_read_again(
    kind: str, how: str, tmp_path: Path, supervisor: Supervisor
) -> None:
    garbage = b"\xff\x00\x1b[2J garbage\r\n" + b"!\x11" + b" " * 12 + b"0"
    rig = await watched(kind, how, tmp_path, supervisor, garbage=garbage)
    try:
        state = await rig.until(lambda it: bool(it.trouble))
        assert state.trouble.isprintable()
        rig.stand_in.faults.garbage = b""
        await rig.until(has_reading)
    finally:
        await rig.stand_in.stop()


async def test_a_wrong_speed_is_named_after_five_lines_in_a_row(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    rig = await watched("json", "tcp", tmp_path, supervisor, garbage=b"~\x80\x81\r\n")
    try:
        state = await rig.until(lambda it: bool(it.trouble))
        assert "baud" in state.trouble
    finally:
        await rig.stand_in.stop()


@pytest.mark.parametrize(
    ("kind", "how"), [("json", "tcp"), ("json", "pty"), ("cloudwatcher", "pty")]
)
async def test_unplugged_is_said_and_the_last_reading_only_grows_older(
    kind: str, how: str, tmp_path: Path, supervisor: Supervisor
) -> None:
    rig = await watched(kind, how, tmp_path, supervisor)
    before = await rig.until(has_reading)
    rig.stand_in.unplug()
    after = await rig.until(lambda it: bool(it.trouble))
    await rig.stand_in.stop()
    assert after.reading is not None
    assert before.reading is not None
    assert after.reading.measured_at is not None
    assert before.reading.measured_at is not None
    assert after.reading.measured_at >= before.reading.measured_at
    later = CLOCK.now() + timedelta(minutes=5)
    age = after.age_s(later, CLOCK.steady())
    assert age is not None
    assert age > 290


async def test_plugged_in_again_it_is_read_again(tmp_path: Path, supervisor: Supervisor) -> None:
    rig = await watched("json", "tcp", tmp_path, supervisor)
    await rig.until(has_reading)
    port = int(rig.stand_in.address.rpartition(":")[2])
    await rig.stand_in.stop()
    await rig.until(lambda it: bool(it.trouble))
    again = SensorStandIn("json", CLOCK, period_s=0.05)
    await again.start_tcp(port=port)
    try:
        await rig.until(has_reading)
    finally:
        await again.stop()


async def test_a_silent_sensor_is_left_and_said(
    tmp_path: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crowdsky_tui.instruments.sensors.kinds.SILENCE_S", 0.3)
    rig = await watched("json", "tcp", tmp_path, supervisor)
    try:
        await rig.until(has_reading)
        rig.stand_in.faults.silent = True
        state = await rig.until(lambda it: bool(it.trouble))
        assert "silent" in state.trouble
    finally:
        await rig.stand_in.stop()


async def test_a_frozen_board_gives_no_new_reading(tmp_path: Path, supervisor: Supervisor) -> None:
    rig = await watched("json", "tcp", tmp_path, supervisor)
    try:
        await rig.until(has_reading)
        rig.stand_in.faults.frozen = True
        await asyncio.sleep(0.2)
        told = len(rig.states)
        await asyncio.sleep(0.5)
        assert len(rig.states) == told
    finally:
        await rig.stand_in.stop()


async def test_a_line_that_never_ends_is_refused_and_not_kept(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    rig = await watched("json", "tcp", tmp_path, supervisor, garbage=b"x" * 10_000_000)
    try:
        state = await rig.until(lambda it: bool(it.trouble))
        assert "without end" in state.trouble
    finally:
        await rig.stand_in.stop()


async def test_a_page_is_no_weather(tmp_path: Path, supervisor: Supervisor) -> None:
    for kind in WEB:
        rig = await watched(kind, "tcp", tmp_path, supervisor, page=True)
        try:
            state = await rig.until(lambda it: bool(it.trouble))
            assert state.reading is None
        finally:
            await rig.stand_in.stop()


async def test_a_clock_ahead_gives_a_negative_age(tmp_path: Path, supervisor: Supervisor) -> None:
    ten_years_s = 10 * 365 * 86400.0
    rig = await watched("json", "tcp", tmp_path, supervisor, clock_ahead_s=ten_years_s)
    try:
        state = await rig.until(has_reading)
        age = state.age_s(CLOCK.now(), CLOCK.steady())
        assert age is not None
        assert age < -1000
    finally:
        await rig.stand_in.stop()


async def test_the_age_is_the_older_of_its_time_and_when_it_came(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    rig = await watched("json", "tcp", tmp_path, supervisor)
    try:
        state = await rig.until(has_reading)
        assert state.reading is not None
        assert state.reading.measured_at is not None
        at = state.reading.measured_at
        assert state.age_s(at + timedelta(seconds=90), state.received_s) == 90
        assert state.age_s(at + timedelta(seconds=1), state.received_s + 300) == 300
        undated = replace(state, reading=replace(state.reading, measured_at=None))
        assert undated.age_s(at, 0.0) is None
    finally:
        await rig.stand_in.stop()


async def test_what_cannot_be_opened_says_what_to_look_at(supervisor: Supervisor) -> None:
    for address in ("/dev/no-such-port", "127.0.0.1:1", "nonsense", "127.0.0.1:99999999"):
        told: list[SensorState] = []
        heard = asyncio.Event()

        def tell(
            state: SensorState, told: list[SensorState] = told, heard: asyncio.Event = heard
        ) -> None:
            told.append(state)
            heard.set()

        watch = SensorWatch(Sensor("roof", address), KINDS["json"], CLOCK, tell)
        task = supervisor.keep("sensor", watch.run)
        async with asyncio.timeout(60):
            await heard.wait()
        await supervisor.stop(task)
        assert "roof" in told[0].name
        assert "cannot be opened" in told[0].trouble


def test_every_kind_that_has_a_stand_in_measures() -> None:
    assert set(MEASURING) | OVER_ALPACA == set(KINDS)
