"""Decisions about a plan and visits, over both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.database.database import FILE, Database
from crowdsky_tui.plan.decisions import (
    COPY,
    Decision,
    DecisionKind,
    Decisions,
    pins_of,
    skips_of,
    with_pauses,
)
from crowdsky_tui.plan.visits import Visit, Visits, VisitState, judged, moved
from crowdsky_tui.scheduling.messages import Closed, Given, ScopeFacts, Skip

pytest_plugins = ("database_kit",)

Make = Callable[[], tuple[Database, list[str]]]
NIGHT = "2026-11-28"
START = datetime(2026, 11, 28, 20, tzinfo=UTC)
CLOCK = StoppedClock(START)
PIN = Decision(night=NIGHT, kind=DecisionKind.PIN, target="t1", scope="S50", start=START)
SKIP = Decision(night=NIGHT, kind=DecisionKind.SKIP, target="t2")
OTHER = Decision(night="2026-11-29", kind=DecisionKind.PAUSE, scope="S30", start=START)
VISIT = Visit(uid="v1", night=NIGHT, target="t1", name="M 81", scope="S50", start=START, blocks=4)


async def test_decisions_are_kept_by_night_and_taken_back(opened_database: Make) -> None:
    decisions = Decisions(opened_database()[0], CLOCK)
    await decisions.add([PIN, OTHER])
    await decisions.add([SKIP, PIN])
    again = Decisions(opened_database()[0], CLOCK)
    assert set(await again.of_night(NIGHT)) == {PIN, SKIP}
    await again.remove([PIN.uid])
    assert await decisions.of_night(NIGHT) == (SKIP,)
    assert await decisions.of_night("2026-11-29") == (OTHER,)


async def test_decisions_come_back_from_their_copy(tmp_path: Path) -> None:
    database = Database(tmp_path)
    await Decisions(database, CLOCK).add([PIN, SKIP])
    await database.close()
    assert len((tmp_path / COPY).read_text().splitlines()) == 2
    (tmp_path / FILE).unlink()
    told: list[str] = []
    again = Database(tmp_path)
    await Decisions(again, CLOCK, told.append).add([OTHER])
    assert set(await Decisions(again, CLOCK).of_night(NIGHT)) == {PIN, SKIP}
    assert COPY in told[0]
    await again.close()


def test_decisions_as_the_planner_wants_them() -> None:
    later = Decision(night=NIGHT, kind=DecisionKind.PIN, target="t9", scope="S50", start=START)
    assert pins_of([PIN, SKIP, later]) == (Given("S50", START, "t9", pinned=True),)
    assert skips_of([PIN, SKIP]) == (Skip("t2"),)
    one, other = with_pauses([ScopeFacts(name="S50"), ScopeFacts(name="S30")], [OTHER])
    assert one.closed == () and other.closed == (Closed("paused by you", START),)


async def test_visits_are_kept_and_counted_when_done(opened_database: Make) -> None:
    visits = Visits(opened_database()[0], CLOCK)
    running = moved(VISIT, VisitState.RUNNING)
    await visits.save([running])
    assert await visits.of_night(NIGHT) == (running,)
    assert await visits.done(before="2026-11-29") == {}
    twin = Visit(**{name: getattr(VISIT, name) for name in ("night", "target", "name", "start")},
                 uid="v2", scope="S30", blocks=4, state=VisitState.DONE)  # fmt: skip
    await visits.save([judged(running, 4), twin])
    assert await visits.done(before="2026-11-29") == {"t1": 1}, "two scopes at once are one visit"
    assert await visits.done(before=NIGHT) == {}, "this night's are not among those before it"
    assert await visits.of_night("2026-11-29") == ()


def test_a_visit_is_done_short_or_missed_by_what_is_proved() -> None:
    running = moved(VISIT, VisitState.RUNNING)
    assert judged(running, 4).state is VisitState.DONE
    assert (judged(running, 2).state, judged(running, 2).reason) == ("short", "2 of 4 blocks")
    missed = judged(running, 0)
    assert (missed.state, missed.reason) == ("missed", "no block is proved")
    assert judged(missed, 4).state is VisitState.DONE, "proved after all"


@pytest.mark.parametrize(
    ("state", "reason"), [(VisitState.DONE, ""), (VisitState.SHORT, ""), (VisitState.MISSED, "")]
)
def test_a_visit_that_never_ran_is_not_done_and_none_is_missed_without_a_reason(
    state: VisitState, reason: str
) -> None:
    with pytest.raises(ValueError):
        moved(VISIT, state, reason)
    assert moved(VISIT, VisitState.MISSED, "clouds").start + timedelta(0) == START
