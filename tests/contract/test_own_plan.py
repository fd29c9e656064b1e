"""A plan handed over to a telescope: sent, read back and proved, refused, forgotten, ended."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from control_kit import Rig, rig
from device_kit import until
from plan_kit import HIGH, commands
from seestar_kit import client_of

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    NotProved,
    OperationAborted,
    OperationFailed,
    ScopeBusy,
    UsageError,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.own_plan import HandedRow, PlanState
from crowdsky_tui.instruments.seestar.control.own_plan import difference, plan_in, rows_of
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.sky.catalog import to_jnow
from crowdsky_tui.sky.coordinates import SkyTarget

NAME = "crowdsky 2026-02-27 2200"
SENT = "set_view_plan"


def row(now: datetime, after: float = 0, length: float = 10, **more: Any) -> HandedRow:
    name = more.pop("name", f"star {after:.0f}")
    sky = SkyTarget(name, HIGH, to_jnow(HIGH, now), "test")
    start = now + timedelta(minutes=after)
    given = {"number": 100_001_000 + round(after), "filter": "LP", **more}
    return HandedRow(target=sky, start=start, end=start + timedelta(minutes=length), **given)


async def order(it: Rig, *spans: tuple[float, float], **more: Any) -> told.RunPlan:
    now = it.scope.time.now()
    local = now.astimezone(await it.service.scope_zone())
    rows = tuple(row(now, *span) for span in spans)
    return told.RunPlan(NAME, local.date(), rows, **more)


async def error_of(it: Rig, plan: told.RunPlan) -> CrowdSkyError:
    with pytest.raises(CrowdSkyError) as raised:
        await it.control.instrument.operate(plan)
    return raised.value


async def test_it_is_sent_once_and_proved_by_reading_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        plan = await order(it, (0, 10), (10, 20))
        proof = await it.control.instrument.operate(plan)
        assert proof.done.state == "handed over" and "2 rows" in proof.done.text
        found = await it.control.instrument.own_plan()
        assert found.name == NAME and found.working and len(found.rows) == 2
        await until(lambda: it.view.stacked > 0, 60)
        assert await it.control.instrument.used_by_others() == "", "what it observes is ours"
        again = told.RunPlan(NAME, plan.evening, plan.rows, resume=True)
        await it.control.instrument.operate(again)
        assert commands(it.scope, SENT) == 1, "it is not sent again"


async def test_a_stop_ends_it_with_what_it_observes(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.control.instrument.operate(await order(it, (0, 30)))
        await until(lambda: it.view.working, 60)
        await it.control.instrument.operate(told.Stop())
        assert not it.scope.session.plan.working and not it.view.working
        assert (await it.control.instrument.own_plan()).state is PlanState.CANCEL


@pytest.mark.parametrize("instruction", [told.Stop(), told.Park()])
async def test_between_two_rows_it_is_ended_too(
    tmp_path: Path, instruction: told.Instruction
) -> None:
    async with rig(tmp_path) as it:
        await it.control.instrument.operate(await order(it, (60, 30)))
        await it.control.instrument.operate(instruction)
        assert not it.scope.session.plan.working


FAULTS: dict[str, tuple[Faults, type[CrowdSkyError], str]] = {
    "refused": (Faults(refuse={SENT: (207, "fail to operate")}), OperationFailed, "207"),
    "not known": (Faults(refuse={SENT: (103, "method not found")}), OperationFailed, "103"),
    "forgotten": (Faults(plan_forgotten=True), NotProved, "does not tell of the plan"),
    "differs": (Faults(plan_differs=True), NotProved, "duration_min of star 0 is another one"),
}


@pytest.mark.parametrize("what", FAULTS)
async def test_what_is_not_proved_is_no_plan(tmp_path: Path, what: str) -> None:
    faults, kind, words = FAULTS[what]
    async with rig(tmp_path, faults=faults) as it:
        error = await error_of(it, await order(it, (0, 10)))
        assert isinstance(error, kind) and words in str(error), error
        assert not it.scope.session.plan.working, "one that differs is stopped"
        assert commands(it.scope, SENT) == 1


async def test_a_lost_answer_is_looked_after_and_not_sent_again(tmp_path: Path) -> None:
    async with rig(tmp_path, faults=Faults(drop_on={SENT})) as it:
        error = await error_of(it, await order(it, (0, 10)))
        assert isinstance(error, NotProved) and commands(it.scope, SENT) == 1


async def test_one_of_the_phone_is_never_replaced_nor_stopped(tmp_path: Path) -> None:
    async with rig(tmp_path) as it, client_of(it.scope) as phone:
        theirs = rows_of(await order(it, (30, 60)), await it.service.scope_zone())
        day = it.scope.time.now().astimezone(await it.service.scope_zone())
        sent = {"plan_name": "Evening", "update_time_seestar": f"{day:%Y.%m.%d}", "list": theirs}
        await phone.result(SENT, sent)
        assert isinstance(await error_of(it, await order(it, (0, 10))), ScopeBusy)
        with pytest.raises(ScopeBusy):
            await it.control.instrument.operate(told.Stop())
        assert (await it.control.instrument.own_plan()).name == "Evening"


async def test_one_that_the_phone_has_cancelled_is_not_begun_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it, client_of(it.scope) as phone:
        plan = await order(it, (0, 30))
        await it.control.instrument.operate(plan)
        await phone.result("stop_func", {"name": "ViewPlan"})
        again = told.RunPlan(NAME, plan.evening, plan.rows, resume=True)
        assert isinstance(await error_of(it, again), OperationAborted)
        assert commands(it.scope, SENT) == 1


async def test_what_is_over_is_not_sent(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.control.instrument.operate(await order(it, (-40, 10), (-10, 60)))
        found = await it.control.instrument.own_plan()
        assert [each.name for each in found.rows] == ["star -10"]
        assert isinstance(await error_of(it, await order(it, (-40, 10))), UsageError)


ZONE = ZoneInfo("Europe/Vienna")


def plan_at(start: datetime, length: float = 30, evening: date | None = None) -> told.RunPlan:
    first = row(start, 0, length)
    return told.RunPlan(NAME, evening or start.astimezone(ZONE).date(), (first,))


def test_minutes_count_from_the_midnight_of_its_own_zone() -> None:
    early = rows_of(plan_at(datetime(2026, 11, 28, 17, 15, tzinfo=UTC)), ZONE)
    assert (early[0]["start_min"], early[0]["duration_min"]) == (1095, 30)
    late = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)
    assert rows_of(plan_at(late, evening=date(2026, 11, 28)), ZONE)[0]["start_min"] == 1560


@pytest.mark.parametrize("start", [(2026, 10, 25, 0, 45), (2026, 3, 29, 0, 45)])
def test_no_row_over_the_change_of_its_clock(start: tuple[int, ...]) -> None:
    begin = datetime(*start, tzinfo=UTC)  # type: ignore[misc,arg-type]
    evening = begin.date() - timedelta(days=1)
    with pytest.raises(UsageError, match="changed"):
        rows_of(plan_at(begin, 30, evening), ZONE)
    assert rows_of(plan_at(begin, 10, evening), ZONE)


def test_rows_of_another_night_are_none() -> None:
    with pytest.raises(UsageError, match="another night"):
        rows_of(plan_at(datetime(2026, 11, 28, 20, tzinfo=UTC), evening=date(2026, 11, 29)), ZONE)


def test_places_are_of_the_equinox_of_date_unless_said_otherwise() -> None:
    plan = plan_at(datetime(2026, 11, 28, 20, tzinfo=UTC))
    sky = plan.rows[0].target
    [of_date] = rows_of(plan, ZONE)
    place = [sky.jnow.ra_hours_jnow, sky.jnow.dec_deg_jnow]
    assert of_date["target_ra_dec"] == pytest.approx(place, abs=1e-6)
    [old] = rows_of(told.RunPlan(NAME, plan.evening, plan.rows, j2000=True), ZONE)
    assert old["target_ra_dec"] == pytest.approx([HIGH.ra_deg_j2000 / 15, HIGH.dec_deg_j2000])


def state_of(*rows: Any) -> dict[str, Any]:
    return {"ViewPlan": {"state": "working", "plan": {"plan_name": NAME, "list": list(rows)}}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"alias_name": "x"}, ""),
        ({"target_ra_dec": [9.9, 69.0]}, "target_ra_dec"),
        ({"target_ra_dec": None}, "target_ra_dec"),
        ({"target_name": "other"}, "target_name"),
        ({"lp_filter": False}, "lp_filter"),
        ({"start_min": 1}, "start_min"),
        ({"target_id": 7}, "not sent"),
    ],
)
def test_each_field_that_differs_is_named(change: dict[str, Any], words: str) -> None:
    sent = rows_of(plan_at(datetime(2026, 11, 28, 20, tzinfo=UTC)), ZONE)
    told_back = difference(sent, {100_001_000}, state_of(sent[0] | {"state": "idle"} | change))
    assert (words in told_back) if words else told_back == ""
    assert "missing" in difference(sent, {100_001_000}, state_of())


@pytest.mark.parametrize("odd", [None, [], {"ViewPlan": 3}, {"ViewPlan": {"plan": {"list": [1]}}}])
def test_odd_replies_are_no_plan(odd: Any) -> None:
    found = plan_in(odd)
    assert not found.working and found.name == "" and found.row(7) is None
