"""What is done with telescopes that must not go on, and how often: no sensor, no telescope."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from telling_scope import HandClock

from crowdsky_tui.base.errors import ScopeTimeout
from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.watch import SensorState
from crowdsky_tui.night.background.conditions import (
    ACT_AGAIN_S,
    ConditionsWatch,
    counts_for_safety,
    sources_of,
    unsafe_words,
)
from crowdsky_tui.safety.verdict import Reason, Safety, Verdict
from crowdsky_tui.store.store import ConditionsView, ScopeState, ScopeView, Severity, Store

RAIN = Verdict(Safety.UNSAFE, (Reason("station", "rain"),))
WAITS = Verdict(Safety.UNSAFE, (), 600.0)
DRY = Verdict(Safety.SAFE)


class NightInRain:
    """Telescopes `a` (observing) and `b` (idle); `told` is what was asked of them."""

    def __init__(self, action: Any = "park", *, others: Any = "leave", read_only: bool = False):
        safety = SafetySettings(on_unsafe=action, others=others)
        self.settings = Settings(safety=safety, read_only=read_only)
        self.clock, self.store = HandClock(), Store()
        self.sessions = self
        self.told: list[tuple[str, str]] = []
        self.proofs: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.trouble: Exception | None = None
        self.noted: list[tuple[str, dict[str, Any], str]] = []
        self.records = SimpleNamespace(records=SimpleNamespace(insert=self._insert))
        for name, observing in (("a", True), ("b", False)):
            self.set(name, observing=observing)
        self.conditions = SimpleNamespace(states=lambda: ())
        at_hand: Any = self
        self.watch = ConditionsWatch(at_hand, Faults(lambda _text: None))

    @property
    def shown(self) -> ConditionsView:
        return self.store.conditions

    def set(self, name: str, state: ScopeState = ScopeState.READY, *, observing: bool) -> None:
        self.store.set_scope(ScopeView(name, state=state, observing=observing))

    def _insert(self, kind: str, data: dict[str, Any], name: str) -> None:
        self.noted.append((kind, data, name))

    def proved(self, name: str) -> str:
        return self.proofs.get(name, "")

    async def interrupt(self, name: str) -> None:
        """Nothing is under way."""

    async def used_by_others(self, name: str) -> str:
        return self.users.get(name, "")

    async def do(self, name: str, action: str) -> str:
        self.told.append((name, action))
        if self.trouble is not None:
            raise self.trouble
        return f"{name} is parked"

    @property
    def lines(self) -> list[str]:
        return [line.text for line in self.store.log]

    async def act(self, verdict: Verdict = RAIN, seconds: float | None = None) -> list[Any]:
        """One look at this many seconds; what was told to the telescopes."""
        if seconds is not None:
            self.clock.seconds = seconds
        before = len(self.told)
        await self.watch._act(verdict)
        return self.told[before:]


@pytest.mark.parametrize(
    ("action", "told"),
    [("tell", []), ("stop", [("a", "stop")]), ("park", [("a", "park"), ("b", "park")])],
)
async def test_only_what_observes_is_stopped_and_all_are_parked(action: str, told: Any) -> None:
    assert await NightInRain(action).act() == told


async def test_a_night_that_only_looks_touches_no_telescope() -> None:
    assert await NightInRain(read_only=True).act() == []


@pytest.mark.parametrize("verdict", [DRY, Verdict(Safety.OFF)])
async def test_while_it_is_safe_no_telescope_is_touched(verdict: Verdict) -> None:
    assert await NightInRain().act(verdict) == []


async def test_until_it_counts_as_safe_again_telescopes_stay_parked() -> None:
    assert await NightInRain().act(WAITS) == [("a", "park"), ("b", "park")]


async def test_a_telescope_that_is_away_is_told_as_soon_as_it_is_back() -> None:
    night = NightInRain()
    night.set("a", ScopeState.OFF, observing=True)
    assert await night.act(seconds=0) == [("b", "park")]
    night.set("a", observing=True)
    assert await night.act(seconds=2) == [("a", "park")]


async def test_what_is_not_proved_is_told_again_every_five_minutes_and_no_oftener() -> None:
    night = NightInRain()
    assert len(await night.act(seconds=0)) == 2
    night.proofs["b"] = "park"
    assert await night.act(seconds=ACT_AGAIN_S - 1) == []
    assert await night.act(seconds=300) == [("a", "park")]
    assert night.shown.unproved == ("a did not park, told 2 times",)
    night.set("a", observing=False)
    night.proofs["a"] = "park"
    assert await night.act(seconds=700) == []
    assert not night.shown.unproved


async def test_an_idle_telescope_is_told_again_until_its_park_is_proved() -> None:
    night = NightInRain()
    night.set("a", observing=False)
    await night.act(seconds=0)
    assert night.lines == ["not safe: a is parked", "not safe: b is parked"]
    assert {line.severity for line in night.store.log} == {Severity.WARNING}
    night.proofs["a"] = "park"
    assert await night.act(seconds=300) == [("b", "park")]


async def test_one_that_was_told_once_is_not_called_unproved_yet() -> None:
    night = NightInRain()
    await night.act()
    assert not night.shown.unproved


async def test_a_telescope_that_observes_again_is_told_again_though_it_was_proved() -> None:
    night = NightInRain()
    await night.act(seconds=0)
    night.proofs = {"a": "park", "b": "park"}
    night.set("b", observing=True)
    night.set("a", observing=False)
    assert await night.act(seconds=400) == [("b", "park")]


async def test_when_it_was_safe_meanwhile_all_begins_anew() -> None:
    night = NightInRain()
    await night.act(seconds=0)
    night.proofs = {"a": "park", "b": "park"}
    night.set("a", observing=False)
    assert await night.act(DRY, seconds=10) == []
    assert await night.act(seconds=12) == [("a", "park"), ("b", "park")]


@pytest.mark.parametrize("others", ["leave", "take"])
async def test_what_somebody_else_drives_is_left_to_him_unless_told_otherwise(
    others: str,
) -> None:
    night = NightInRain(others=others)
    night.users["a"] = "the phone"
    told = await night.act()
    if others == "take":
        assert ("a", "park") in told and night.shown.left_alone == ()
        return
    assert told == [("b", "park")] and night.shown.left_alone == ("a: the phone",)
    assert "not safe, and a goes on: somebody else drives it (the phone)" in night.lines
    night.users.clear()
    night.proofs["b"] = "park"
    assert await night.act(seconds=300) == [("a", "park")]
    assert not night.shown.left_alone


async def test_who_was_left_alone_is_forgotten_when_it_is_safe() -> None:
    night = NightInRain()
    night.users["a"] = "the phone"
    await night.act()
    assert night.shown.left_alone
    await night.act(DRY)
    night.watch._show(DRY)
    assert not night.shown.left_alone


async def test_what_cannot_be_told_is_said_with_its_reason_and_costs_no_other() -> None:
    night = NightInRain()
    night.trouble = ScopeTimeout("it does not answer")
    assert len(await night.act()) == 2
    assert night.lines == [
        f"not safe, and {name} did not park: it does not answer" for name in ("a", "b")
    ]
    assert {line.severity for line in night.store.log} == {Severity.ERROR}


async def test_a_slow_telescope_keeps_no_other_from_being_parked() -> None:
    night = NightInRain()
    both = asyncio.Event()

    async def do(name: str, action: str) -> str:
        night.told.append((name, action))
        if len(night.told) == 2:
            both.set()
        async with asyncio.timeout(20):
            await both.wait()  # each comes to its end only when the other was told, too
        return f"{name} is parked"

    night.do = do  # type: ignore[method-assign]
    assert len(await night.act()) == 2


async def test_a_fault_of_ours_at_one_telescope_is_raised_when_all_were_told() -> None:
    night = NightInRain()
    night.trouble = KeyError("a bug")
    with pytest.raises(KeyError):
        await night.act()
    assert len(night.told) == 2


async def test_a_change_is_told_once_and_that_it_is_safe_at_the_start_is_none() -> None:
    night = NightInRain()
    for verdict in (DRY, DRY, RAIN, RAIN, WAITS, DRY):
        await night.watch._tell_change(verdict)
    assert night.lines == ["not safe: station: rain", "safe to observe again"]
    assert [line.severity for line in night.store.log] == [Severity.ERROR, Severity.GOOD]
    assert night.noted == [
        ("safety", {"safety": "unsafe", "reasons": ["station: rain"]}, ""),
        ("safety", {"safety": "safe", "reasons": []}, ""),
    ]
    night = NightInRain()
    await night.watch._tell_change(RAIN)
    assert night.lines == ["not safe: station: rain"]


def sensor(kind: Any = "sqm", safety: Any = "auto", limit: float = 180.0) -> SensorSettings:
    return SensorSettings(kind=kind, safety=safety, limit=limit)


@pytest.mark.parametrize(
    ("kind", "safety", "decides"),
    [
        ("cloudwatcher", "auto", True), ("sqm", "auto", False), ("sqm", "yes", True),
        ("cloudwatcher", "no", False),
    ],
)  # fmt: skip
def test_a_sensor_decides_if_it_tells_safety_or_the_settings_say_so(
    kind: str, safety: str, decides: bool
) -> None:
    one = sensor(kind, safety)
    state: Any = SimpleNamespace()
    assert counts_for_safety(one) is decides
    assert len(sources_of([(one, state)])) == decides


@pytest.mark.parametrize(
    ("reading", "trouble", "waited_s", "spoken"),
    [
        (None, "", 180.0, False), (None, "", 181.0, True), (None, "gone", 0.0, True),
        (object(), "", 0.0, True),
    ],
)  # fmt: skip
def test_nothing_is_told_until_all_that_decide_have_spoken_or_had_their_time(
    reading: Any, trouble: str, waited_s: float, spoken: bool
) -> None:
    night = NightInRain()
    state = SimpleNamespace(reading=reading, trouble=trouble)
    silent = SimpleNamespace(reading=None, trouble="")
    decides, only_measures = sensor("cloudwatcher"), sensor("sqm", "no")
    watches: Any = [
        (decides, SimpleNamespace(state=state)), (only_measures, SimpleNamespace(state=silent)),
    ]  # fmt: skip
    night.watch._watches = watches
    night.watch._began_s = night.clock.steady()
    night.clock.seconds += waited_s
    assert night.watch._spoken() is spoken


def test_one_that_has_spoken_does_not_speak_for_another() -> None:
    night = NightInRain()
    states = [SimpleNamespace(reading=each, trouble="") for each in (object(), None)]
    watches: Any = [(sensor("cloudwatcher"), SimpleNamespace(state=each)) for each in states]
    night.watch._watches = watches
    night.watch._began_s = night.clock.steady()
    assert not night.watch._spoken()


class Looked(Exception):
    """One look is over."""


async def look_once(night: NightInRain, monkeypatch: pytest.MonkeyPatch, *safe: bool | None) -> Any:
    """One look of the judge at stations that say this just now; None for one that is silent."""

    async def stop(_seconds: float) -> None:
        raise Looked

    now, steady = night.clock.now(), night.clock.steady()
    watches: Any = [
        (sensor("cloudwatcher"), SimpleNamespace(state=SensorState(name, reading, steady)))
        for name, each in zip("pq", safe, strict=False)
        for reading in [None if each is None else Reading(name, now, is_safe=each)]
    ]
    night.watch._watches = watches
    with monkeypatch.context() as patched, pytest.raises(Looked):
        patched.setattr("crowdsky_tui.night.background.conditions.asyncio.sleep", stop)
        await night.watch._judge()
    return night.shown.safety


async def test_rain_at_one_sensor_waits_for_no_other_that_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = NightInRain()
    night.watch._began_s = night.clock.steady()
    assert await look_once(night, monkeypatch, True, None) == "unsafe"
    assert night.told == [] and night.lines == [], "the silent one may be about to speak"
    assert await look_once(night, monkeypatch, False, None) == "unsafe"
    assert night.told == [("a", "park"), ("b", "park")]


async def test_a_judge_that_is_begun_anew_still_waits_after_rain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = NightInRain("tell")
    assert await look_once(night, monkeypatch, False) == "unsafe"
    night.clock.seconds += 60
    assert await look_once(night, monkeypatch, True) == "unsafe", "14 of 15 minutes are to go"
    night.clock.seconds += 850
    assert await look_once(night, monkeypatch, True) == "safe"


@pytest.mark.parametrize(
    ("safety", "sensors", "why"),
    [
        ("unsafe", [], "rain"), ("safe", [sensor("cloudwatcher")], ""), ("no sensor", [], ""),
        ("no sensor", [sensor("sqm")], ""),
        ("no sensor", [sensor("sqm"), sensor("cloudwatcher")],
         "the sensors have not been read yet"),
    ],
)  # fmt: skip
def test_until_sensors_that_decide_were_read_nothing_new_may_be_observed(
    safety: str, sensors: list[SensorSettings], why: str
) -> None:
    night = NightInRain()
    night.settings = replace(night.settings, sensors=tuple(sensors))
    night.store.set_conditions(ConditionsView(safety, "rain"))
    at_hand: Any = night
    assert unsafe_words(at_hand) == why


def test_a_reading_is_kept_at_most_once_a_minute_for_each_sensor_and_never_with_a_trouble() -> None:
    night = NightInRain()

    def note(name: str, seconds: float, trouble: str = "", *, read: bool = True) -> None:
        night.clock.seconds = seconds
        reading = SimpleNamespace(values={"sky_c": -20.0}, conditions={"rain": "dry"}, is_safe=True)
        state: Any = SimpleNamespace(name=name, trouble=trouble, reading=reading if read else None)
        night.watch._note(state)

    for seconds in (0, 59, 60):
        note("one", seconds)
    note("two", 60)
    note("two", 130, trouble="gone")
    note("two", 130, read=False)
    assert [name for _, _, name in night.noted] == ["one", "one", "two"]
    assert night.noted[0] == (
        "weather", {"sky_c": -20.0, "rain": "dry", "is_safe": True}, "one",
    )  # fmt: skip


async def test_without_any_sensor_nothing_runs() -> None:
    night = NightInRain()
    night.watch.start()
    assert list(night.watch._supervisor) == [] and night.watch.states() == []
