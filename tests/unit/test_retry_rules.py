"""How often and how long a job is tried again: each number and each branch by itself."""

import math
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.base.errors import (
    CommandRefused,
    CrowdSkyError,
    RateLimited,
    ScopeUnreachable,
    ServerUnavailable,
)
from crowdsky_tui.jobs.engine import retry
from crowdsky_tui.jobs.engine.retry import bounded, budget_end, is_over, next_pause

VIENNA = ZoneInfo("Europe/Vienna")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY_S = 86_400.0


class Retryable(CrowdSkyError):
    """Worth another try, and no outage."""

    retryable = True
    outage = False


class Outage(CrowdSkyError):
    """Somebody is away, which may last."""

    retryable = True
    outage = True


class Final(CrowdSkyError):
    """Never worth another try."""

    retryable = False
    outage = False


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance always says the middle."""
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)


@pytest.mark.usefixtures("steady")
def test_each_pause_is_twice_the_one_before_until_five_minutes() -> None:
    pauses = [next_pause(Retryable("x"), attempts) for attempts in range(1, 13)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert next_pause(Retryable("x"), 10**9) == 300  # and no number too large on the way


def test_jobs_never_come_back_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def earliest(low: float, high: float) -> float:
        asked[:] = [low, high]
        return low

    monkeypatch.setattr(random, "uniform", earliest)
    assert next_pause(Retryable("x"), 10) == pytest.approx(270)
    assert asked == pytest.approx([0.9, 1.1])


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize(("wanted", "pause"), [(None, 4.0), (3.0, 4.0), (0.0, 4.0), (900.0, 900.0)])
def test_never_sooner_than_a_server_that_is_asked_too_often_wants_it(
    wanted: float | None, pause: float
) -> None:
    assert next_pause(RateLimited("slow down", retry_after=wanted), 3) == pause


@pytest.mark.parametrize(
    ("asked", "rest"),
    [
        (-1.0, 0.0),
        (0.0, 0.0),
        (299.5, 299.5),
        (DAY_S, DAY_S),
        (DAY_S + 1, DAY_S),
        (math.inf, DAY_S),
        (-math.inf, 0.0),
        (math.nan, 300.0),
    ],
)
def test_a_rest_is_at_most_a_day_whatever_was_asked_for(asked: float, rest: float) -> None:
    assert bounded(asked) == rest


@pytest.mark.parametrize("attempts", [1, 7, 8, 9])
def test_what_is_no_outage_is_over_after_eight_attempts_whatever_the_hour(attempts: int) -> None:
    for now in (NOON - timedelta(days=9), NOON, NOON + timedelta(days=9)):
        assert is_over(Retryable("x"), attempts, NOON, now, DAY_S) is (attempts >= 8)


@pytest.mark.parametrize("error", [Final("x"), CommandRefused("x")])
def test_what_is_not_worth_another_try_is_over_at_once(error: CrowdSkyError) -> None:
    assert is_over(error, 1, NOON, NOON - timedelta(days=1), 0.0)


@pytest.mark.parametrize("error", [Outage("x"), ScopeUnreachable("x"), ServerUnavailable("x")])
def test_an_outage_is_over_at_its_budgets_end_however_often_it_was_tried(
    error: CrowdSkyError,
) -> None:
    second = timedelta(seconds=1)
    assert not is_over(error, 10_000, NOON, NOON - second, DAY_S)
    assert is_over(error, 1, NOON, NOON, DAY_S)
    assert is_over(error, 1, NOON, NOON + second, DAY_S)


@pytest.mark.parametrize(
    ("held_h", "after_the_end", "over"),
    [
        (5.99, True, False),  # the wall clock was set on: it is tried for six hours all the same
        (6.0, True, True),
        (6.0, False, False),
        (30.99, False, False),  # set back: not for ever
        (31.0, False, True),
        (1e30, False, True),
    ],
)
def test_a_clock_that_is_set_neither_cuts_an_outage_short_nor_makes_it_last_for_ever(
    held_h: float, after_the_end: bool, over: bool
) -> None:
    now = NOON + timedelta(days=1 if after_the_end else -1)
    assert is_over(Outage("x"), 1, NOON, now, held_h * 3600) is over


@pytest.mark.parametrize(
    ("asked_at", "end"),
    [  # on the clock of Vienna
        (datetime(2026, 2, 27, 22, 0, tzinfo=VIENNA), datetime(2026, 2, 28, 12, tzinfo=VIENNA)),
        (datetime(2026, 2, 28, 5, 59, tzinfo=VIENNA), datetime(2026, 2, 28, 12, tzinfo=VIENNA)),
        (datetime(2026, 2, 28, 5, 59, 30, 7, VIENNA), datetime(2026, 2, 28, 12, tzinfo=VIENNA)),
        (datetime(2026, 2, 28, 6, 0, tzinfo=VIENNA), datetime(2026, 2, 28, 12, tzinfo=VIENNA)),
        (datetime(2026, 2, 28, 6, 1, tzinfo=VIENNA), datetime(2026, 3, 1, 12, tzinfo=VIENNA)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=VIENNA), datetime(2026, 3, 29, 12, tzinfo=VIENNA)),
    ],
)
def test_it_ends_at_the_first_noon_that_is_six_hours_away(
    asked_at: datetime, end: datetime
) -> None:
    found = budget_end(asked_at.astimezone(UTC), VIENNA)
    assert found == end and found.utcoffset() == timedelta(0)
    assert budget_end(NOON, None) > NOON


@pytest.mark.parametrize("hour", range(24))
def test_a_budget_is_never_shorter_than_six_hours_nor_longer_than_thirty_one(hour: int) -> None:
    for day in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        asked_at = day + timedelta(hours=hour, minutes=7, seconds=13)
        left = budget_end(asked_at, VIENNA) - asked_at
        assert retry.SHORTEST_BUDGET <= left <= retry.LONGEST_BUDGET
