"""The automatic night's rounds, on a night made by hand: clock, absent telescopes, switch."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.automatic.runner import Automatic
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import BlockState, ScopeState, ScopeView, Store

NIGHT = datetime(2026, 2, 28, 2, tzinfo=UTC)


class StillClock(Clock):
    """Stands; its sleep is short."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def steady(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.01)


def by_hand(*scopes: str, moment: datetime = NIGHT) -> Any:
    night = SimpleNamespace(
        clock=StillClock(moment),
        store=Store(),
        settings=Settings(),
        watches={},
        asked=[],
        listing=SimpleNamespace(state=None),
        situations=list,
    )

    async def stack_orders(orders: Sequence[Order], *, goal: str) -> None:
        night.asked.append((goal, {order.block_key.chunk for order in orders}))

    night.stack_orders = stack_orders
    for name in scopes:
        night.store.set_scope(ScopeView(name, state=ScopeState.READY))
        night.store.targets[TargetKey(name, "M 81")] = None
    return night


def automatic_of(night: Any) -> Automatic:
    return Automatic(cast(Night, night))


def lines(night: Any) -> list[str]:
    return [line.text for line in night.store.log]


async def test_a_clock_that_was_never_set_makes_it_wait_and_say_so() -> None:
    night = by_hand("a", moment=datetime(1970, 1, 1, 0, 3, tzinfo=UTC))
    automatic = automatic_of(night)
    automatic.begin()
    await asyncio.sleep(0.05)
    assert night.store.automatic == "waits for the clock"
    assert night.asked == [] and "1970-01-01" in lines(night)[0]
    assert "already" in await automatic.switch(on=True)
    assert "off" in await automatic.switch(on=False) and night.store.automatic == "off"
    await automatic.close()


async def test_a_run_without_a_telescope_is_told_once() -> None:
    night = by_hand()
    night.store.set_scope(ScopeView("a", state=ScopeState.OFF, reason="it does not answer"))
    automatic = automatic_of(night)
    for minute in (0, 5, 11, 12):
        night.clock.moment = NIGHT.replace(minute=minute)
        await automatic._ask()
    [line] = lines(night)
    assert "no telescope can be used: a: it does not answer" in line
    await automatic.close()


async def test_no_fault_of_our_own_ends_it() -> None:
    night = by_hand("a")
    told: list[Any] = []
    automatic = Automatic(cast(Night, night), Faults(told.append))
    automatic._supervisor._first_pause_s = 0.01
    settings, night.settings = night.settings, None  # what a bug would do
    automatic.begin()
    async with asyncio.timeout(60):
        while not told:
            await asyncio.sleep(0.01)
        assert automatic.on and "the automatic night" in told[0]
        night.settings = settings
        while not night.asked:
            await asyncio.sleep(0.01)
    await automatic.close()


async def test_whatever_goes_wrong_in_one_part_of_a_round_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = by_hand("a")
    told: list[Any] = []
    night.stack_orders = None  # asking meets a fault of ours
    looked: list[str] = []
    automatic = Automatic(cast(Night, night), Faults(told.append))

    async def part(name: str) -> None:
        looked.append(name)

    monkeypatch.setattr(automatic, "_keep_room", lambda: part("room"))
    monkeypatch.setattr(automatic, "_report_when_due", lambda local, light: part("report"))
    monkeypatch.setattr(automatic._notice_watch, "look", lambda local, light: part("notices"))
    for _ in range(3):
        await automatic._round()
    assert looked == ["room", "report", "notices"] * 3
    assert len(told) == 1 and "asking" in told[0]  # said once, not once a minute
    assert sum("a fault of this program" in line for line in lines(night)) == 1
    await automatic.close()


def seen(chunk: str, state: BlockState) -> Any:
    order = Order("a", "1", "S50_1", "M 81", "M 81", chunk, "10.0s", "LP", NIGHT, NIGHT)
    block = SimpleNamespace(state=state)
    return SimpleNamespace(order=order, block=block, row=None, to_stack=True)


async def test_what_failed_is_asked_for_again_after_an_hour_and_the_others_at_once() -> None:
    night = by_hand("a")
    states = {"good": BlockState.READY, "bad": BlockState.FAILED}
    night.situations = lambda: [seen(*each) for each in states.items()]
    automatic = automatic_of(night)
    automatic.undecided = cast(Any, SimpleNamespace(note=noted))
    asked = []
    for minute in (0, 1, 59, 60, 61, 119, 120):  # it fails again at once whenever it is asked for
        night.clock.moment = NIGHT + timedelta(minutes=minute)
        await automatic._ask()
        asked += [minute] if "bad" in night.asked[-1][1] else []
        assert "good" in night.asked[-1][1]
    assert asked == [60, 120]
    states["bad"] = BlockState.READY  # a person has seen to it
    await automatic._ask()
    assert "bad" in night.asked[-1][1]
    states["bad"] = BlockState.FAILED
    await automatic._ask()
    assert "bad" not in night.asked[-1][1]
    await automatic.close()


async def noted() -> None:
    """Nothing is left undecided."""
