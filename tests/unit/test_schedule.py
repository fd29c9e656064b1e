"""The schedule of a night: constraints with figure and limit, factors, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.plan.night_request import usual_scopes, with_filters
from crowdsky_tui.scheduling.constraints import moon_limit_deg, phase_at
from crowdsky_tui.scheduling.messages import (
    CLOSED,
    EMPTY,
    SLOT,
    Candidate,
    Closed,
    Given,
    PhaseWindow,
    PlanRequest,
    Rules,
    Schedule,
    ScopeFacts,
    Skip,
    Weights,
    Window,
)
from crowdsky_tui.scheduling.planner import plan_night
from crowdsky_tui.scheduling.sky_grid import moon_age_d
from crowdsky_tui.scheduling.urgency import urgency

BEGINS = datetime(2026, 11, 28, 10, 54, 31, tzinfo=UTC)
SS_CYG, CH_CYG, M_42 = (325.67846, 43.58624), (291.13779, 50.24142), (83.822, -5.391)
AT_19 = datetime(2026, 11, 28, 19, tzinfo=UTC)


def candidate(name: str, at: tuple[float, float] = SS_CYG, **more: Any) -> Candidate:
    return Candidate(uid=f"uid-{name}", name=name, ra_deg=at[0], dec_deg=at[1], **more)


def planned(*candidates: Candidate, scopes: Any = ("S50",), **more: Any) -> Schedule:
    facts = [each if isinstance(each, ScopeFacts) else ScopeFacts(name=each) for each in scopes]
    usual: dict[str, Any] = {"begins": BEGINS, "now": BEGINS}
    return plan_night(
        PlanRequest(
            latitude_deg=48.2082, longitude_deg=16.3738, candidates=list(candidates), scopes=facts,
            **(usual | more),
        )
    )  # fmt: skip


def veto_at(schedule: Schedule, when: datetime, target: int = 0) -> str:
    found = schedule.veto(target, schedule.slots.index(when))
    if found is None:
        return ""
    return f"{found[0].name}: {found[0].words.format(figure=found[1], limit=found[2])}"


def test_the_slots_are_the_clocks_quarters_that_lie_wholly_in_the_dark() -> None:
    """Vienna, 2026-11-28: Sun below -12° from 16:18:50 to 05:06:47 UTC (skyfield, DE421)."""
    slots = planned(candidate("SS Cyg")).slots
    assert slots[0] == datetime(2026, 11, 28, 16, 30, tzinfo=UTC)
    assert slots[-1] + SLOT == datetime(2026, 11, 29, 5, 0, tzinfo=UTC)
    darker = planned(candidate("SS Cyg", sun_alt_deg=-18.0)).slots
    assert darker[0] == datetime(2026, 11, 28, 17, 0, tzinfo=UTC)
    assert darker[-1] + SLOT == datetime(2026, 11, 29, 4, 15, tzinfo=UTC)


def test_each_target_has_its_own_twilight() -> None:
    schedule = planned(candidate("bright"), candidate("faint", CH_CYG, sun_alt_deg=-18.0))
    faint = [name for _, name in schedule.targets].index("faint")
    assert veto_at(schedule, schedule.slots[0], faint).startswith("twilight: Sun at -13.")


def test_an_empty_list_leaves_every_slot_empty() -> None:
    schedule = planned(scopes=("a", "b"))
    assert len(schedule.slots) == 50 and schedule.runs == []
    assert {schedule.target_at(m, k) for m in (0, 1) for k in range(50)} == {EMPTY}


def test_what_has_happened_tonight_counts_to_what_is_wanted_tonight() -> None:
    wanted = candidate("SS Cyg", blocks=4, most=4)
    slots = planned(wanted).slots
    given = tuple(Given("S50", slots[at], wanted.uid) for at in (2, 3))
    schedule = planned(wanted, given=given, now=slots[6])
    held = [at for at in range(len(slots)) if schedule.target_at(0, at) == 0]
    assert held[:2] == [2, 3] and len(held) == 4 and held[2] >= 6


def test_a_night_without_darkness_has_no_slots_and_no_runs() -> None:
    polar = plan_night(
        PlanRequest(
            latitude_deg=69.6492, longitude_deg=18.9553, candidates=[candidate("SS Cyg")],
            begins=datetime(2026, 6, 21, 11, tzinfo=UTC), now=BEGINS,
            scopes=[ScopeFacts(name="S50")],
        )
    )  # fmt: skip
    assert polar.slots == [] and polar.runs == []


def test_the_least_altitude_of_a_slot_counts_with_figure_and_limit() -> None:
    """M 42 stands at 5.790° at 19:00 UTC (skyfield)."""
    schedule = planned(candidate("M 42", M_42))
    assert veto_at(schedule, AT_19) == "altitude: 5.8° high, needs 30.0°"
    assert schedule.altitude_deg(0, schedule.slots.index(AT_19)) == pytest.approx(5.790, abs=0.02)
    later = datetime(2026, 11, 28, 23, tzinfo=UTC)
    assert "altitude" not in veto_at(schedule, later)


def test_the_horizon_counts_with_its_margin_where_it_is_higher() -> None:
    wall = tuple(50.0 if 250 <= azimuth <= 310 else 10.0 for azimuth in range(361))
    schedule = planned(candidate("SS Cyg"), rules=Rules(horizon=wall))
    late = datetime(2026, 11, 28, 20, tzinfo=UTC)
    assert veto_at(schedule, late).endswith("needs 52.0°")


def test_the_zenith_and_the_turning_field_are_out_for_an_altazimuth_mount_only() -> None:
    high = candidate("high", (SS_CYG[0], 47.0), max_alt_deg=90.0, exposure_s=60)
    schedule = planned(high)
    assert any("field rotation" in veto_at(schedule, at) for at in schedule.slots)
    on_wedge = planned(high, scopes=[ScopeFacts(name="S50", altaz=False)])
    assert not any("field rotation" in veto_at(on_wedge, at) for at in on_wedge.slots)
    limited = planned(candidate("high", (SS_CYG[0], 47.0), max_alt_deg=70.0))
    assert any(veto_at(limited, at).startswith("zenith") for at in limited.slots)


def test_the_moons_distance_by_age_altitude_and_filter() -> None:
    """D 120, W 14, age 10: 107.5° (Target Scheduler's tests)."""
    [limit] = moon_limit_deg(120, 14, 10, np.array([40.0]))
    assert limit == pytest.approx(107.5, abs=0.1)
    relaxed = moon_limit_deg(60, 7, 14.77, np.array([-20.0, -15.0, -5.0, 5.0, 30.0]), (-15, 5, 2))
    assert relaxed.tolist() == pytest.approx([0, 0, 40, 60, 60], abs=0.1)


def test_the_moon_is_a_veto_with_its_numbers_and_one_near_it_always() -> None:
    """The Moon is 49.97° from M 42 at 19:00 UTC (skyfield)."""
    near = candidate("M 42", M_42, moon_distance_deg=120.0, min_alt_deg=-5.0)
    schedule = planned(near)
    late = datetime(2026, 11, 29, 0, tzinfo=UTC)
    assert veto_at(schedule, late).endswith("needs 120°")
    assert veto_at(planned(candidate("M 42", M_42, moon_down=True, min_alt_deg=0.0)), late)


def test_the_moons_age() -> None:
    """USNO: first quarter 2018-09-16 23:15, full 2018-09-25 02:52."""
    assert moon_age_d(datetime(2018, 9, 16, 23, 15, tzinfo=UTC)) == pytest.approx(7.38, abs=0.02)
    assert moon_age_d(datetime(2018, 9, 25, 2, 52, tzinfo=UTC)) == pytest.approx(14.77, abs=0.02)


def test_a_target_is_in_its_windows_only_and_before_its_end() -> None:
    begin, end = AT_19, AT_19 + timedelta(hours=1)
    schedule = planned(candidate("SS Cyg", windows=(Window(begin, end),), fixed=True))
    [run] = schedule.runs
    assert (run.start, run.end) == (begin, end)
    assert veto_at(schedule, begin - SLOT) == "time: 0.2 h outside its time"
    early = planned(candidate("SS Cyg", before=end))
    assert max(run.end for run in early.runs) == end


def test_the_phase_of_t_crb() -> None:
    """JD 2461373.0: 0.36402 (VSX's elements)."""
    elements = PhaseWindow(0.3, 0.4, 227.5528, 2455828.9, scale="JD")
    moment = np.array([(2461373.0 - 2440587.5) * 86400])
    assert phase_at(elements, moment, 239.87567, 25.92017) == pytest.approx([0.36402], abs=5e-6)
    seen_from_sun = PhaseWindow(0.3, 0.4, 1.0, 2455828.9)
    there = (2459653.448 - 2440587.5) * 86400
    late = phase_at(seen_from_sun, np.array([there]), 239.87567, 25.92017)[0] - (
        (2459653.448 - 2455828.9) % 1
    )
    assert late * 86400 == pytest.approx(194.9, abs=0.5)


@pytest.mark.parametrize(("first", "last"), [(0.2, 0.5), (0.9, 0.2)])
def test_a_phase_window_may_go_over_one(first: float, last: float) -> None:
    epoch = AT_19.timestamp() / 86400 + 2440587.5
    window = PhaseWindow(first, last, 0.2, epoch, scale="JD")
    schedule = planned(candidate("SS Cyg", phases=(window,)))
    width = (last - first) % 1
    for at, start in enumerate(schedule.slots):
        past = ((start - AT_19) / timedelta(days=0.2) - first) % 1
        inside = past + 1 / 19.2 <= width + 1e-9
        veto = schedule.veto(0, at)
        if inside:
            assert veto is None or veto[0].name != "phase"
        else:
            assert veto is not None


def test_what_is_closed_is_closed_with_its_reason_and_a_full_disk_too() -> None:
    shut = Closed("the shutter is closed", AT_19, AT_19 + timedelta(hours=1))
    schedule = planned(
        candidate("SS Cyg"), scopes=[ScopeFacts(name="S50", closed=(shut,), free_slots=8)]
    )
    reasons = {slot: words for _, slot, words in schedule.closed}
    at = schedule.slots.index(AT_19)
    assert [reasons[at + number] for number in range(4)] == ["the shutter is closed"] * 4
    assert schedule.target_at(0, at) == CLOSED
    assert reasons[len(schedule.slots) - 1] == "disk or battery last for 8 blocks"
    assert sum(run.slots for run in schedule.runs) <= 8


def test_a_dark_enough_sky_is_asked_for_only_where_it_is_known() -> None:
    bright = planned(candidate("SS Cyg"), now=AT_19, rules=Rules(sky_mag=18.0, least_sky=19.5))
    assert "sky brightness" in veto_at(bright, AT_19)
    assert "sky brightness" in veto_at(bright, AT_19 + SLOT), "the next block is decided by it"
    assert [run.start for run in bright.runs] == [AT_19 + 2 * SLOT], "later ones may be darker"
    unknown = planned(candidate("SS Cyg"), rules=Rules(least_sky=19.5))
    assert unknown.runs
    known = planned(candidate("SS Cyg"))
    moon = {name: value for name, _, value in known.parts(0, 0)}["moon"]
    halved = {name: value for name, _, value in unknown.parts(0, 0)}["moon"]
    assert halved == pytest.approx(moon / 2, abs=1e-4)


def test_what_is_up_too_short_is_not_begun() -> None:
    schedule = planned(candidate("SS Cyg", min_run=40, blocks=40))
    assert schedule.runs == [] and "time left" in veto_at(schedule, AT_19)


def test_scopes_filters_and_exposures_bar_a_pair() -> None:
    schedule = planned(
        candidate("SS Cyg", scopes=("S30",), filter="LP", exposure_s=60),
        scopes=[ScopeFacts(name="S50"), ScopeFacts(name="S30", exposures_s=(10, 20))],
    )
    assert {reason for _, _, reason in schedule.barred} == {"wants S30", "cannot expose 60 s"}
    assert schedule.runs == []


def test_a_wheel_of_a_rig_has_filters_of_its_own() -> None:
    settings = Settings(
        scopes=(ScopeSettings(host="127.0.0.1", name="S50"),),
        instruments=(InstrumentSettings(name="hut"), InstrumentSettings(name="bare")),
        devices=tuple(
            DeviceSettings(instrument=name, role=role, address="127.0.0.1:9", unique_id=role)  # type: ignore[arg-type]
            for name, roles in (
                ("hut", ("mount", "camera", "wheel")),
                ("bare", ("mount", "camera")),
            )
            for role in roles
        ),
    )
    scopes = with_filters(usual_scopes(settings), {"hut": ("L", "Ha"), "bare": ()})
    schedule = planned(candidate("SS Cyg", filter="ha", exposure_s=60), scopes=scopes)
    assert {schedule.scopes[m]: reason for _, m, reason in schedule.barred} == {
        "S50": "has no filter ha", "bare": "has no filter ha",
    }  # fmt: skip
    assert {run.scope for run in schedule.runs} == {"hut"}


def test_the_airmass_and_the_meridian_where_a_target_limits_them() -> None:
    thick = planned(candidate("SS Cyg", max_airmass=1.2))
    assert any(veto_at(thick, at).startswith("airmass") for at in thick.slots)
    west = planned(candidate("SS Cyg", meridian_limit_h=1.0))
    assert veto_at(west, AT_19).startswith("meridian: 3.1 h")


# Factors and merit


def test_the_merit_is_the_sum_of_what_is_shown() -> None:
    schedule = planned(candidate("SS Cyg", priority=3, urgency=1.0, coverage=0.5))
    at = schedule.slots.index(AT_19)
    parts = {name: (weight, value) for name, weight, value in schedule.parts(0, at)}
    assert parts["priority"] == pytest.approx((0.30, 0.5))
    assert parts["urgency"] == pytest.approx((0.25, 1.0))
    assert parts["coverage"] == pytest.approx((0.05, 0.5))
    assert schedule.score(0, at) == sum(weight * value for weight, value in parts.values())
    assert sum(weight for weight, _ in parts.values()) + schedule.continuity == pytest.approx(1.0)


def test_weights_are_normalised() -> None:
    schedule = planned(candidate("SS Cyg"), weights=Weights(3, 2.5, 1, 1, 1, 1, 0.5))
    assert next(weight for _, weight, _ in schedule.parts(0, 0)) == pytest.approx(0.30)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 0.2),
        ({"cadence_d": 3.0}, 0.75),
        ({"cadence_d": 3.0, "since_d": 3.0}, 0.5),
        ({"cadence_d": 3.0, "since_d": 60.0}, 1.0),
        ({"cadence_d": 3.0, "since_d": -1.0}, 0.0),
        ({"nights_left": 0}, 1.0),
        ({"nights_left": 3}, 0.25),
        ({"alert_h": 0.0}, 1.0),
        ({"alert_h": 24.0}, 0.5),
        ({"alert_h": 100.0}, 0.2),
    ],
)
def test_urgency(fields: dict[str, float], expected: float) -> None:
    assert urgency(**fields) == pytest.approx(expected)  # type: ignore[arg-type]


# What is given


def test_the_order_of_the_targets_decides_nothing() -> None:
    every = [candidate(f"T{n}", (n * 37.0 % 360, 20.0 + n)) for n in range(12)]
    one = planned(*every, scopes=["A", "B"])
    other = planned(*reversed(every), scopes=["B", "A"])
    assert one == other


def test_what_has_begun_stays_and_what_is_over_is_not_decided() -> None:
    now = AT_19 + timedelta(minutes=5)
    given = (Given("S50", AT_19, "uid-CH Cyg"), Given("S50", AT_19 - SLOT))
    schedule = planned(
        candidate("SS Cyg", priority=5), candidate("CH Cyg", CH_CYG), now=now, given=given
    )
    begun = [run for run in schedule.runs if run.begun]
    assert [(run.name, run.start) for run in begun] == [("CH Cyg", AT_19)]
    assert all(run.start >= AT_19 for run in schedule.runs)


def test_a_pin_stays_where_nothing_forbids_it_and_is_told_else() -> None:
    pins = (
        Given("S50", AT_19, "uid-CH Cyg", pinned=True),
        Given("S50", AT_19 + 4 * SLOT, "uid-M 42", pinned=True),
    )
    schedule = planned(
        candidate("SS Cyg", priority=5), candidate("CH Cyg", CH_CYG), candidate("M 42", M_42),
        given=pins,
    )  # fmt: skip
    names = [name for _, name in schedule.targets]
    at = schedule.slots.index(AT_19)
    assert names[schedule.target_at(0, at)] == "CH Cyg"
    assert any(run.pinned for run in schedule.runs)
    assert names[schedule.target_at(0, at + 4)] != "M 42"
    assert any("M 42 is pinned" in note for note in schedule.notes)


def test_what_is_skipped_is_left_out_of_that_slot_or_of_the_night() -> None:
    schedule = planned(candidate("SS Cyg"), skips=(Skip("uid-SS Cyg", AT_19),))
    assert schedule.target_at(0, schedule.slots.index(AT_19)) < 0
    assert schedule.runs
    assert planned(candidate("SS Cyg"), skips=(Skip("uid-SS Cyg"),)).runs == []


def test_what_is_not_wanted_now_has_no_slot() -> None:
    schedule = planned(candidate("SS Cyg", not_now="paused"))
    assert schedule.runs == [] and schedule.not_now == {0: "paused"}


# A user's own
