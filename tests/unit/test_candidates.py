"""Targets of the list as the planner wants them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crowdsky_tui.plan.candidates import candidates_of
from crowdsky_tui.plan.proved import ProvedBefore
from crowdsky_tui.plan.target import Constraints, Kind, Target, new_target
from crowdsky_tui.plan.timeliness import Before, Between, Every, Phase, Tonight, With
from crowdsky_tui.scheduling.messages import MOST_SLOTS, Candidate

BEFORE = ProvedBefore()
NOW = datetime(2026, 11, 28, 11, tzinfo=UTC)


def target(name: str = "M 81", **more: Any) -> Target:
    return new_target(name, 148.888, 69.065, **more)


def candidate(**more: Any) -> Candidate:
    return candidates_of([target(**more)], BEFORE, NOW, NOW)[0]


@pytest.mark.parametrize(
    ("more", "most", "apart"),
    [
        ({}, MOST_SLOTS, 0),
        ({"kind": Kind.MONITOR}, 1, 0),
        ({"timeliness": (Every(1.0),), "blocks_per_visit": 4}, 4, 0),
        ({"timeliness": (Every(1 / 12),), "blocks_per_visit": 2}, 12, 6),
        ({"max_visits": 2, "blocks_per_visit": 3}, 6, 0),
    ],
)
def test_how_many_blocks_it_may_have_tonight(more: dict[str, Any], most: int, apart: int) -> None:
    found = candidate(**more)
    assert (found.most, found.apart) == (most, apart)


def test_done_visits_count() -> None:
    wanted = target(max_visits=3, blocks_per_visit=2)
    [found] = candidates_of([wanted], BEFORE, NOW, NOW, {wanted.uid: 2})
    assert found.most == 2 and not found.not_now
    [found] = candidates_of([wanted], BEFORE, NOW, NOW, {wanted.uid: 3})
    assert found.not_now == "all 3 visits are done"


def test_proved_blocks_count_and_what_is_left_is_wanted() -> None:
    """Blocks wanted less those that are proved, whatever was attempted."""
    wanted = target(max_visits=3, blocks_per_visit=4)
    for proved, visits, most in ((0, 0, 12), (5, 0, 7), (5, 2, 4), (9, 2, 3), (11, 0, 1)):
        before = ProvedBefore({"m81": NOW - timedelta(days=9)}, {"m81": proved})
        [found] = candidates_of([wanted], before, NOW, NOW, {wanted.uid: visits})
        assert (found.most, found.not_now) == (most, "")
    before = ProvedBefore({"m81": NOW - timedelta(days=9)}, {"m81": 12})
    [found] = candidates_of([wanted], before, NOW, NOW)
    assert found.not_now == "all 3 visits are done"


@pytest.mark.parametrize(
    ("cadence", "slack", "hours_ago", "wanted"),
    [
        (1.0, 0.0, 7, True),
        (1.0, 0.0, 23, True),
        (3.0, 0.0, 30, False),
        (3.0, 0.0, 48.1, True),
        (3.0, 1.0, 30, True),
        (2.0, 0.0, 20, False),
        (0.25, 0.0, 20, True),
    ],
)
def test_a_cadence_of_days_counts_nights(
    cadence: float, slack: float, hours_ago: float, wanted: bool
) -> None:
    """By the noon before tonight; nights ago: 7 h and 23 h are one, 48.1 h three."""
    last = NOW - timedelta(hours=hours_ago)
    given = target(timeliness=(Every(cadence, slack),))
    [found] = candidates_of([given], ProvedBefore({"m81": last}), NOW, NOW)
    assert (found.not_now == "") is wanted, found.not_now


def test_what_is_not_due_says_why() -> None:
    wanted = target(kind=Kind.MONITOR)
    last = NOW - timedelta(days=1)
    [found] = candidates_of([wanted], ProvedBefore({"m81": last}), NOW, NOW)
    assert found.not_now == "1.0 d ago, again in 2.0 d"
    assert found.last == last
    assert candidate(state="paused").not_now == "paused"
    assert candidate().not_now == ""


@pytest.mark.parametrize(
    ("when", "fixed"),
    [
        (Tonight(), True),
        (Before(NOW + timedelta(hours=20)), True),
        (Before(NOW + timedelta(days=5)), False),
        (Between(NOW + timedelta(hours=8), NOW + timedelta(hours=9)), True),
        (Phase(0.9, 0.1, 3.0, 2455828.9), True),
        (Every(3.0), False),
    ],
)
def test_what_is_bound_to_a_time_of_this_night(when: Any, fixed: bool) -> None:
    assert candidate(timeliness=(when,)).fixed is fixed


def test_urgency_by_cadence_deadline_and_alert() -> None:
    proved = ProvedBefore({"m81": NOW - timedelta(days=3)})
    assert candidates_of([target(kind=Kind.MONITOR)], proved, NOW, NOW)[0].urgency == 0.5
    assert candidate(timeliness=(Before(NOW + timedelta(days=3, hours=1)),)).urgency == 0.25
    assert candidate(timeliness=(Tonight(),)).urgency == 1.0
    day_old = candidate(kind=Kind.ALERT, created=NOW - timedelta(hours=24))
    assert day_old.urgency == 0.5
    assert candidate().urgency == 0.2


def test_scopes_any_every_named_and_with() -> None:
    assert (candidate().scopes, candidate().every) == ((), False)
    assert (candidate(scopes="every").scopes, candidate(scopes="every").every) == ((), True)
    named = candidate(scopes="S30, S50")
    assert (named.scopes, named.every) == (("S30", "S50"), False)
    along = candidate(scopes="S30", timeliness=(With("S50"),))
    assert (along.scopes, along.every) == (("S30", "S50"), True)


def test_with_another_target_names_its_uid() -> None:
    one, other = target(), new_target("M 82", 148.97, 69.68, timeliness=(With("Messier 81"),))
    found = {each.name: each for each in candidates_of([one, other], BEFORE, NOW, NOW)}
    assert found["M 82"].partner == one.uid and not found["M 82"].every


def test_its_own_limits_count() -> None:
    limits = Constraints(40.0, 70.0, -18.0, 90.0, True)
    found = candidate(constraints=limits)
    assert (found.min_alt_deg, found.max_alt_deg, found.sun_alt_deg) == (40.0, 70.0, -18.0)
    assert (found.moon_distance_deg, found.moon_down) == (90.0, True)
    assert candidate(kind=Kind.ALERT).min_alt_deg == 20.0
