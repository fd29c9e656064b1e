"""What the settings of the plan ask of the planner: weights, and how dark the sky has to be."""

from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from crowdsky_tui.config.automatic_settings import PlanSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.sensor_settings import SensorSettings
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.watch import SensorState
from crowdsky_tui.night.background.conditions import ConditionsWatch
from crowdsky_tui.plan.night_request import night_request
from crowdsky_tui.plan.planning import NightPlanning
from crowdsky_tui.plan.proved import ProvedBefore
from crowdsky_tui.plan.target import new_target
from crowdsky_tui.scheduling.messages import Weights
from crowdsky_tui.site.place import Place

NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
VIENNA = Place(latitude_deg=48.2, longitude_deg=16.4, elevation_m=170.0)


def request(plan: PlanSettings) -> Any:
    return night_request(Settings(plan=plan), VIENNA, NOW, (), ProvedBefore(), NOW)


def test_the_weights_are_those_of_the_settings_and_by_default_the_planners() -> None:
    assert request(PlanSettings()).weights == Weights()
    heavy = request(PlanSettings(weight_priority=1.0, weight_moon=0.0)).weights
    assert (heavy.priority, heavy.moon, heavy.urgency) == (1.0, 0.0, Weights().urgency)


def test_how_dark_the_sky_has_to_be_is_asked_only_where_it_is_set() -> None:
    assert request(PlanSettings()).rules.least_sky is None
    assert request(PlanSettings(min_sky=20.5)).rules.least_sky == 20.5


@pytest.mark.parametrize(
    ("measured", "least", "bright"),
    [(None, 20.5, False), (20.4, 20.5, True), (20.5, 20.5, False), (18.0, 0.0, False)],
)
def test_only_a_sky_that_is_measured_is_too_bright(
    measured: float | None, least: float, bright: bool
) -> None:
    nothing: Any = SimpleNamespace(folder=None, shared=True)
    settings = Settings(plan=PlanSettings(min_sky=least))
    clock: Any = SimpleNamespace(now=lambda: NOW)
    found = NightPlanning(settings, nothing, nothing, clock, sky_mag=lambda: measured)
    assert found.too_bright is bright


def test_of_several_sensors_the_newest_fresh_reading_of_the_sky_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock: Any = SimpleNamespace(now=lambda: NOW, steady=lambda: 1000.0)
    night: Any = SimpleNamespace(clock=clock)
    watch = ConditionsWatch(night, None)  # type: ignore[arg-type]

    def sensor(age_s: float, sky_mag: float | None = None, trouble: str = "") -> Any:
        values = {} if sky_mag is None else {"sky_quality_mag_arcsec2": sky_mag}
        reading = Reading(source="mast", values=values, measured_at=NOW - timedelta(seconds=age_s))
        state = SensorState("mast", reading, 1000.0 - age_s, trouble)
        return SensorSettings(name="mast", kind="json", address="x", limit=120.0), state

    cases: list[tuple[list[Any], float | None]] = [
        ([], None),
        ([sensor(5)], None),
        ([sensor(60, 20.1), sensor(5, 20.9)], 20.9),
        ([sensor(500, 20.1)], None),
        ([sensor(5, 20.1, "it is silent")], None),
    ]
    for states, expected in cases:
        monkeypatch.setattr(watch, "states", partial(list, states))
        assert watch.sky_mag() == expected, states


@pytest.mark.parametrize(
    ("latitude", "dec", "words"),
    [
        (48.2, -89.5, "never from here: it never rises, needs 32°"),
        (48.2, -20.0, "never from here: at most 22° high, needs 32°"),
        (48.2, -9.0, ""),
        (-31.3, 89.5, "never from here: it never rises, needs 32°"),
        (-31.3, -89.5, ""),
        (90.0, 40.0, ""),
    ],
)
def test_what_is_never_high_enough_is_said_once(latitude: float, dec: float, words: str) -> None:
    star = new_target("star", 10.0, dec)
    place = Place(latitude_deg=latitude, longitude_deg=16.4, elevation_m=0.0)
    asked = night_request(Settings(), place, NOW, (star,), ProvedBefore(), NOW)
    assert [each.not_now for each in asked.candidates] == [words]
