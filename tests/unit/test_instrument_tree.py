"""Nodes of the site's tree: any instrument and any sensor, each value with its age."""

from datetime import UTC, datetime, timedelta

import pytest

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.instruments.interface import InstrumentFacts
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.watch import SensorState
from crowdsky_tui.instruments.state import Activity, InstrumentState, Readings
from crowdsky_tui.night.instrument_tree import (
    InstrumentTree,
    Node,
    Value,
    from_record,
    instrument_node,
    sensor_node,
)
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow
from crowdsky_tui.store.store import ScopeState
from crowdsky_tui.tui.format.instruments import age_words, node_lines, value_lines, verdict_lines

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def text(lines: list[list[tuple[str, str]]]) -> str:
    return "\n".join("".join(part for part, _ in line) for line in lines)


def test_every_dated_field_of_an_instrument_has_its_words_and_its_age() -> None:
    readings = Readings(StoppedClock(NOW))
    told: dict[str, object] = {
        "about": "stacking", "used_by_others": "the phone", "target": "M 31",
        "position": PositionJNow(5.575, -5.39), "parked": False, "moving": False,
        "tracking": True, "frames_kept": 12, "frames_dropped": 3, "filter": "LP",
        "exposure_s": 10.0, "gain": 80, "heater_percent": 40, "focus_step": 1580,
        "temperature_c": 12.5, "battery_percent": 83, "charging": True,
        "free_bytes": 36_500_000_000, "signal_dbm": -61, "activity": Activity.TAKING,
    }  # fmt: skip
    readings.note(**told)
    state = readings.state(ScopeState.READY, "", "")
    node = instrument_node("rig", InstrumentFacts("alpaca", "rig"), state)
    words = {value.label: value.words for value in node.values}
    assert len(node.values) == len(told) - 1, "the activity is told by about"
    assert all(value.age_s is not None and value.age_s < 60 for value in node.values)
    assert words["at"] == "05h34.5m -05°23′"
    assert words["free space"] == "36.5 GB" and words["Wi-Fi"] == "-61 dBm"
    assert words["temperature"] == "12.5 °C" and words["tracking"] == "yes"
    assert (node.kind, node.state, node.fine) == ("alpaca", "stacking", True)
    assert set(InstrumentState.__struct_fields__) >= told.keys()


def test_a_place_of_j2000_says_so_and_none_passes_over_24_hours() -> None:
    readings = Readings(StoppedClock(NOW))
    readings.note(position=PositionJ2000(359.9999, 41.27))
    node = instrument_node(
        "rig", InstrumentFacts("indi", "rig"), readings.state(ScopeState.READY, "", "")
    )
    assert node.values[0].words == "00h00.0m +41°16′ J2000"


def test_an_instrument_out_of_reach_says_why_and_keeps_its_old_values() -> None:
    clock = StoppedClock(NOW)
    readings = Readings(clock)
    readings.note(temperature_c=3.0)
    state = readings.state(ScopeState.STALLED, "no answer", "")
    node = instrument_node("S50", InstrumentFacts("seestar", "S50"), state)
    assert not node.fine and node.trouble == "no answer" and node.values


def reading(**more: object) -> Reading:
    values = {"ambient_temperature_c": 8.0, "sky_quality_mag_arcsec2": 21.04}
    told: dict[str, object] = {
        "measured_at": NOW - timedelta(seconds=12), "is_safe": True, "values": values,
        "conditions": {"rain": "dry", "cloud": "unknown"},
    }  # fmt: skip
    return Reading("roof", **{**told, **more})  # type: ignore[arg-type]


def test_a_sensors_values_have_unit_and_age() -> None:
    node = sensor_node("json", SensorState("roof", reading(), 0.0), NOW, 5.0, decides_safety=True)
    assert node.values == (
        Value("sky", "21.04 mag/arcsec²", 12.0),
        Value("air", "8.0 °C", 12.0),
        Value("conditions", "dry", 12.0),
        Value("it says", "safe", 12.0),
    )


@pytest.mark.parametrize(
    ("measured_at", "words"),
    [
        (None, "undated"),
        (NOW + timedelta(days=3000), "its clock is ahead"),
        (NOW - timedelta(hours=5), "5 h ago"),
    ],
)
def test_an_odd_clock_of_a_sensor_is_told(measured_at: datetime | None, words: str) -> None:
    state = SensorState("roof", reading(measured_at=measured_at), 0.0)
    node = sensor_node("json", state, NOW, 5.0, decides_safety=True)
    assert age_words(node.values[0].age_s) == words


def test_what_was_known_before_a_restart_comes_with_its_age_and_never_hides_a_fresh_value() -> None:
    bare = Node("S50", "telescope", fine=False)
    data = {
        "temperature_c": 12.5, "free_mb": 36500, "activity": "idle", "battery_percent": True,
        "stacked": {"x": 1}, "focus_step": "many",
    }  # fmt: skip
    old = from_record(bare, data, 7200.0)
    words = {value.label: value.words for value in old.values}
    assert words["temperature"] == "12.5 °C" and words["free space"] == "36.5 GB"
    assert "battery" not in words and "frames kept" not in words
    assert "focus" not in words  # a text is no number of steps
    assert old.remembered and {value.age_s for value in old.values} == {7200.0}
    fresh = Node("S50", "telescope", values=(Value("temperature", "3.0 °C", 1.0),))
    assert from_record(fresh, data, 7200.0) == fresh
    assert from_record(bare, ["nothing"], 1.0) == bare


def test_reasons_are_a_line_each_and_no_sensor_says_that_nothing_is_held_back() -> None:
    site = Node("garden", "site")
    assert "No sensor decides" in text(verdict_lines(InstrumentTree(site), 80))
    reasons = ("roof: wet 12 s ago", "cloud: its last reading is 4 min old")
    told = text(verdict_lines(InstrumentTree(site, (), "unsafe", "", reasons), 80))
    assert "NOT SAFE" in told and all(reason in told for reason in reasons)
    waiting = InstrumentTree(site, (), "unsafe", "safe again, waiting 3 min more")
    assert "waiting 3 min" in text(verdict_lines(waiting, 80))


@pytest.mark.parametrize("width", [60, 80, 100, 160, 200])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    values = tuple(Value("label " * 9, "words " * 9, 99.0) for _ in range(23))
    node = Node("n" * 90, "sensor", "k" * 90, "s" * 90, "t" * 300, values=values)
    tree = InstrumentTree(Node("garden", "site"), (node,) * 30, "unsafe", "", ("r" * 500,))
    for lines in (
        node_lines(tree, 17, width, 8),
        value_lines(node, width, 6),
        verdict_lines(tree, width),
    ):
        assert all(len("".join(part for part, _ in line)) <= width for line in lines)
