"""Values and their ages: an old one never passes for a new one."""

from datetime import UTC, datetime

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.instruments.state import Dated, InstrumentState, Readings
from crowdsky_tui.night.telescope_session import reading
from crowdsky_tui.sky.coordinates import PositionJNow
from crowdsky_tui.store.store import ScopeState


class HandClock(Clock):
    """A steady clock that the test moves."""

    at = 1000.0

    def steady(self) -> float:
        return self.at

    def now(self) -> datetime:
        return datetime(2026, 11, 28, 22, 0, tzinfo=UTC)


def test_each_value_has_an_age_of_its_own() -> None:
    clock = HandClock()
    readings = Readings(clock)
    readings.note(gain=80, filter="LP")
    clock.at += 7.5
    readings.note(filter="IRCUT")
    state = readings.state(ScopeState.READY, "", "parking")
    assert state.gain == Dated(80, 7.5)
    assert state.filter == Dated("IRCUT", 0.0)
    assert state.position == Dated[PositionJNow](None, None)
    assert (state.link, state.doing) == (ScopeState.READY, "parking")


def test_what_was_not_told_leaves_the_old_value_ageing() -> None:
    clock = HandClock()
    readings = Readings(clock)
    readings.note(battery_percent=80)
    clock.at += 300
    readings.note(battery_percent=None)
    assert readings.state(ScopeState.OFF, "gone", "").battery_percent == Dated(80, 300.0)


def test_zero_and_no_are_values() -> None:
    readings = Readings(HandClock())
    readings.note(heater_percent=0, parked=False, used_by_others="")
    state = readings.state(ScopeState.READY, "", "")
    assert (state.heater_percent.value, state.parked.value) == (0, False)
    assert state.used_by_others.value == ""


def test_a_reading_in_words_tells_what_is_old_and_leaves_out_what_is_not_known() -> None:
    state = InstrumentState(
        ScopeState.READY,
        battery_percent=Dated(80, 59.0),
        charging=Dated(True, 1.0),
        temperature_c=Dated(31.4, 125.0),
        parked=Dated(True, 0.0),
        moving=Dated(False, 0.0),
    )
    assert dict(reading(state, "7.75", None)) == {
        "Battery": "80 %, charging",
        "Temperature": "31 °C (125 s ago)",
        "Arm": "closed",
        "Firmware": "7.75",
    }
