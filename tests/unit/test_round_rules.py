"""One round of the automatic night: what it does when, what it says once, and how it ends."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from test_automatic_rounds import NIGHT, automatic_of, by_hand, lines

from crowdsky_tui.base.errors import CrowdSkyError, ScienceUnavailable
from crowdsky_tui.night.automatic import runner
from crowdsky_tui.night.automatic.daylight import LOOK_EVERY, Daylight, is_time
from crowdsky_tui.night.automatic.runner import Automatic
from crowdsky_tui.site.place import Place
from crowdsky_tui.store.store import ScopeState, ScopeView

VIENNA = ZoneInfo("Europe/Vienna")


class Rounds:
    """An automatic night whose parts are written down instead of done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, when: str = "idle") -> None:
        self.night: Any = by_hand("a")
        self.automatic: Automatic = automatic_of(self.night)
        self.night.settings = SimpleNamespace(automatic=SimpleNamespace(when=when, enabled=False))
        self.done: list[str] = []
        self.light = self.observes = False
        self.troubles: dict[str, Exception] = {}
        at_hand: Any = self.automatic
        monkeypatch.setattr(at_hand._daylight, "look", self._is_light)
        monkeypatch.setattr(at_hand._execution, "look", lambda: self._do("plan"))
        monkeypatch.setattr(at_hand._execution, "settle", lambda _night: self._do("visits"))
        monkeypatch.setattr(at_hand, "_ask", lambda: self._do("ask"))
        monkeypatch.setattr(runner, "keep_room", lambda _night: self._room())
        monkeypatch.setattr(at_hand, "_report_when_due", lambda _at, light: self._do("report"))
        monkeypatch.setattr(at_hand._notice_watch, "look", lambda _at, light: self._do("notices"))

    async def _is_light(self, _local: datetime) -> bool:
        return self.light

    async def _do(self, part: str) -> bool:
        self.done.append(part)
        if part in self.troubles:
            raise self.troubles[part]
        return self.observes

    async def _room(self) -> list[Path]:
        await self._do("room")
        return [Path("/somewhere/1.fit")]

    async def round(self) -> str:
        """One round; how the automatic night calls itself after it."""
        self.done.clear()
        await self.automatic._round()
        said: str = self.night.store.automatic
        return said


AFTER = ["room", "visits", "report", "notices"]


async def test_a_round_asks_only_when_it_is_time_and_does_the_rest_in_any_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = Rounds(monkeypatch, "dawn")
    assert await rounds.round() == "on, waits for dawn" and rounds.done == ["plan", *AFTER]
    rounds.light = True
    assert await rounds.round() == "on" and rounds.done == ["plan", "ask", *AFTER]
    rounds.observes = True  # its telescopes are at the plan: nothing is stacked on them
    assert await rounds.round() == "on, observes the plan" and rounds.done == ["plan", *AFTER]


async def test_what_was_removed_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(monkeypatch)
    await rounds.round()
    assert lines(rounds.night) == ["removed here, proved on the server: 1.fit"]


async def test_a_trouble_is_told_once_and_anew_only_when_it_was_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = Rounds(monkeypatch)
    for trouble in ("no room", "no room", "", "no room", "no way"):
        rounds.troubles = {"ask": CrowdSkyError(trouble)} if trouble else {}
        await rounds.round()
        assert rounds.done == ["plan", "ask", *AFTER]
    told = [line for line in lines(rounds.night) if "automatic night" in line]
    assert told == [f"automatic night: {each}" for each in ("no room", "no room", "no way")]


async def test_a_clock_that_was_wrong_twice_is_told_of_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = Rounds(monkeypatch)
    for _ in range(2):
        rounds.automatic._complain("clock", "it is 1970")
        rounds.automatic._complain("clock", "it is 1970")
        await rounds.round()
    assert lines(rounds.night).count("automatic night: it is 1970") == 2


async def test_a_round_is_made_once_a_minute_of_the_nights_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds, slept = Rounds(monkeypatch), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise SystemExit

    monkeypatch.setattr(rounds.night.clock, "sleep", sleep)
    with pytest.raises(SystemExit):
        await rounds.automatic._run()
    assert slept == [60.0] * 2 and rounds.done.count("plan") == 2


async def test_it_is_on_until_it_is_switched_off_and_off_it_does_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = Rounds(monkeypatch)
    automatic = rounds.automatic
    automatic.begin()
    task: Any = automatic._task
    assert automatic.on and automatic._begun_at > 0
    await automatic.switch(on=False)
    assert task.done() and not automatic.on
    automatic.begin()
    task = automatic._task
    await automatic.close()
    assert task.done() and not automatic.on


async def test_an_agent_attends_until_it_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    attending = asyncio.ensure_future(Rounds(monkeypatch).automatic.attend())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not attending.done()
    attending.cancel()
    await asyncio.gather(attending, return_exceptions=True)


async def test_closing_ends_the_notices_too_whatever_one_of_both_raises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds, closed = Rounds(monkeypatch), list[str]()
    at_hand: Any = rounds.automatic

    async def supervisor() -> None:
        closed.append("supervisor")
        raise RuntimeError

    async def notices() -> None:
        closed.append("notices")

    monkeypatch.setattr(at_hand._supervisor, "close", supervisor)
    monkeypatch.setattr(at_hand._notice_watch, "close", notices)
    with pytest.raises(RuntimeError):
        await rounds.automatic.close()
    assert closed == ["supervisor", "notices"]


async def test_one_telescope_that_can_be_used_is_somebody() -> None:
    night = by_hand("a", "b")
    night.store.set_scope(ScopeView("b", state=ScopeState.OFF))
    automatic = automatic_of(night)
    for minutes in (0, 20):
        night.clock.moment = NIGHT + timedelta(minutes=minutes)
        automatic._look_for_somebody()
    assert lines(night) == []


# when it is day


class Sun:
    """A night at a place where the Sun stands as high as a test says; `asked` counts."""

    def __init__(self, place: Place | None, altitude: float | None) -> None:
        self.settings = SimpleNamespace(automatic=SimpleNamespace(sun_altitude=-12.0))
        self.altitude, self.asked = altitude, 0
        self.science: Any = self
        at_hand: Any = self
        self.daylight = Daylight(at_hand)
        observatory: Any = self.daylight._observatory
        observatory.find_place = self._find_place
        self._place = place

    async def _find_place(self) -> Place | None:
        return self._place

    async def sun_altitude(self, _place: Place, _local: datetime) -> float:
        self.asked += 1
        if self.altitude is None:
            raise ScienceUnavailable("no child")
        return self.altitude


HERE = Place(16.4, 48.2)


@pytest.mark.parametrize(("altitude", "light"), [(-12.1, False), (-12.0, False), (-11.9, True)])
async def test_it_is_day_above_the_altitude_of_dawn(altitude: float, light: bool) -> None:
    sun = Sun(HERE, altitude)
    assert await sun.daylight.look(NIGHT) is light and sun.daylight.place_known


@pytest.mark.parametrize(("hour", "light"), [(6, False), (7, True), (17, True), (18, False)])
@pytest.mark.parametrize("place", [None, HERE])
async def test_where_place_or_sun_are_not_known_the_scopes_hours_stand_for_them(
    hour: int, light: bool, place: Place | None
) -> None:
    sun = Sun(place, None)
    local = datetime(2026, 2, 28, hour, tzinfo=VIENNA)
    assert await sun.daylight.look(local) is light
    assert sun.daylight.place_known is (place is not None)


async def test_the_sun_is_worked_out_every_five_minutes_and_no_oftener() -> None:
    sun = Sun(HERE, 5.0)
    for after in (timedelta(), LOOK_EVERY - timedelta(seconds=1)):
        assert await sun.daylight.look(NIGHT + after)
    assert sun.asked == 1
    sun.altitude = -20.0
    assert not await sun.daylight.look(NIGHT + LOOK_EVERY) and sun.asked == 2
    await sun.daylight.look(NIGHT)  # a clock that was set back
    assert sun.asked == 3 and timedelta(minutes=5) == LOOK_EVERY


@pytest.mark.parametrize(
    ("clock", "works"),
    [("06:29:59", False), ("06:30:00", True), ("18:29:59", True), ("18:30:00", False)],
)
def test_from_its_minute_on_it_works_for_half_a_day(clock: str, works: bool) -> None:
    local = datetime.fromisoformat(f"2026-02-28 {clock}").replace(tzinfo=VIENNA)
    assert is_time("06:30", local, light=False) is works
