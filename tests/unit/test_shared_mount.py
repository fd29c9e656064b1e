"""Moves wait until all cameras are between exposures; no exposure begins before they are done."""

import asyncio
import gc
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import NotProved, OperationAborted, OperationTimeout
from crowdsky_tui.config.instrument_settings import DeviceSettings
from crowdsky_tui.instruments.rig.operation import Operation, Stops
from crowdsky_tui.instruments.rig.shared import (
    Exposures,
    Gate,
    shared_focuser,
    shared_mount,
)


class StepClock:
    """A clock that goes on by what is slept, without waiting."""

    speed = 0.001

    def __init__(self) -> None:
        self.now_s = 0.0

    def steady(self) -> float:
        return self.now_s

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        ends = self.now_s + seconds
        while self.now_s < ends:
            await asyncio.sleep(0)
            self.now_s += 0.25


def made_clock() -> Clock:
    return cast("Clock", StepClock())


def operation(clock: Clock, stops: Stops | None = None) -> Operation:
    return Operation("moving", clock, 0.0, stops or Stops())


def check_order(events: list[tuple[str, int]]) -> None:
    """No exposure while something moves, none begun while a move waits, one move at a time."""
    exposing: set[int] = set()
    moving: set[int] = set()
    asked: set[int] = set()
    for event, number in events:
        match event:
            case "begin":
                assert not moving
                assert not asked, "an exposure began though a move waited"
                exposing.add(number)
            case "end":
                exposing.discard(number)
            case "asked":
                asked.add(number)
            case "move":
                assert not exposing
                assert not moving
                moving.add(number)
            case "moved":
                moving.discard(number)
                asked.discard(number)


@settings(max_examples=60, deadline=None)
@given(
    cameras=st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=6), min_size=1, max_size=4),
    moves=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=5),
)
def test_no_exposure_and_no_move_overlap_and_all_come_to_their_end(
    cameras: list[list[int]], moves: list[tuple[int, int]]
) -> None:
    events: list[tuple[str, int]] = []

    async def run() -> None:
        clock, gate = made_clock(), Gate()

        async def camera(number: int, exposures: list[int]) -> None:
            behind = Exposures(object(), [gate], clock)
            for seconds in exposures:
                await behind.begin(seconds)
                events.append(("begin", number))
                await clock.sleep(seconds)
                events.append(("end", number))
                behind.end()

        async def move(number: int, after: int, seconds: int) -> None:
            await clock.sleep(after)
            events.append(("asked", number))
            async with gate.moving(object(), operation(clock)):
                events.append(("move", number))
                await clock.sleep(seconds)
                events.append(("moved", number))

        work: list[Any] = [camera(at, each) for at, each in enumerate(cameras)]
        work += [move(at, *each) for at, each in enumerate(moves)]
        async with asyncio.timeout(20):
            await asyncio.gather(*work)
        assert not gate.is_closed
        assert not gate.exposing
        assert gate.moves == len(moves)

    asyncio.run(run())
    check_order(events)
    assert len([each for each, _ in events if each == "end"]) == sum(map(len, cameras))


async def test_a_move_is_given_up_where_an_exposure_has_no_end_and_lets_the_others_go_on() -> None:
    clock, gate = made_clock(), Gate()
    stuck = Exposures(object(), [gate], clock)
    await stuck.begin(10)
    with pytest.raises(NotProved, match="moving"):
        async with gate.moving(object(), operation(clock)):
            pass
    assert 130 <= clock.steady() < 135
    assert not gate.is_closed
    assert gate.moves == 0


async def test_a_move_waits_for_no_exposure_of_its_own_and_ends_with_a_stop() -> None:
    clock, gate, stops, me = made_clock(), Gate(), Stops(), object()
    await Exposures(me, [gate], clock).begin(10)
    async with gate.moving(me, operation(clock)):
        assert clock.steady() == 0
    await Exposures(object(), [gate], clock).begin(10)
    waiting = operation(clock, stops)
    stops.tell()
    with pytest.raises(OperationAborted):
        async with gate.moving(me, waiting):
            pass
    assert not gate.is_closed


async def test_an_exposure_waits_half_an_hour_at_most() -> None:
    clock, gate = made_clock(), Gate()
    async with gate.moving(object(), operation(clock)):
        with pytest.raises(OperationTimeout, match="no exposure"):
            await Exposures(object(), [gate], clock).begin(10)
    assert not gate.exposing


async def test_a_move_that_is_cancelled_leaves_the_gate_open() -> None:
    clock, gate = made_clock(), Gate()
    await Exposures(object(), [gate], clock).begin(1000)

    async def move() -> None:
        async with gate.moving(object(), operation(clock)):
            pass

    going = asyncio.create_task(move())
    await asyncio.sleep(0)
    assert gate.is_closed
    going.cancel()
    await asyncio.wait([going])
    assert not gate.is_closed


def device(**values: Any) -> DeviceSettings:
    return DeviceSettings(instrument="a", **{"address": "Host:1", "number": 0, **values})


def test_rigs_with_the_same_device_share_it_and_no_others() -> None:
    one = shared_mount(device())
    assert shared_mount(device(address="host:1")) is one
    others = [device(number=1), device(address="host:2"), device(unique_id="m")]
    assert all(shared_mount(each) is not one for each in others)
    assert shared_mount(None) is not shared_mount(None)
    gate = shared_focuser(device(role="focuser"))
    assert shared_focuser(device(role="focuser")) is gate
    assert shared_focuser(device(role="focuser", number=1)) is not gate
    one.moved_by_us = True
    del one
    gc.collect()
    assert not shared_mount(device()).moved_by_us, "what nobody holds is forgotten"


def test_a_stop_for_everybody_counts_for_each_and_ones_own_for_oneself() -> None:
    everybody = Stops()
    one, other = Stops(everybody), Stops(everybody)
    one.tell()
    assert (one.count, other.count) == (1, 0)
    everybody.tell()
    assert (one.count, other.count) == (2, 1)
